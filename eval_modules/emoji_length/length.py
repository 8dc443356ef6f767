# Generated from emojit/metrics/length.py by scripts/build_eval_modules.py; do not edit.
"""How many emoji predictions hold, beside the references: means, spread, agreement row by row and as distributions.

An emoji counts as often as it was written. A student that always writes five emoji shows here: spread 0, no correlation, a Kolmogorov–Smirnov
statistic near the share of the references that are shorter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .inputs import check_aligned


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Lengths of predictions beside those of the references; in emoji per text unless stated."""

    mean: float
    """Mean number of emoji of a prediction."""
    sd: float
    """Standard deviation of that number over the predictions, with N in the denominator."""
    longest: int
    """Largest number of emoji of a prediction (count)."""
    reference_mean: float
    """Mean number of emoji of a reference."""
    reference_sd: float
    """Standard deviation over the references, with N in the denominator."""
    reference_longest: int
    """Largest number of emoji of a reference (count)."""
    absolute_error: float
    """Mean absolute difference of the two numbers of a row."""
    same: float
    """Share of the rows where the two numbers are equal, in [0, 1]."""
    correlation: float | None
    """Pearson's correlation of the two numbers over the rows, in [-1, 1]; None where one side has the same number in every row."""
    ks_statistic: float
    """Kolmogorov–Smirnov: the largest difference of the two cumulative distributions, in [0, 1]; 0.0 where they are equal."""
    ks_p_value: float
    """How often two samples of one distribution differ as much or more, in [0, 1]; far too large for numbers as few as these, see `length`."""


def length(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> Length:
    """Compare the lengths of predictions and references.

    Args:
        predictions: N sequences of emoji.
        references: N sequences of emoji, aligned with `predictions`.

    Raises:
        MetricInputError: the lengths of the two lists differ, there is no row, or a row is a string.

    Source: Smirnov (1948), "Table for estimating the goodness of fit of empirical distributions", for the statistic and its limit,
    P(D > d) = 2 sum_k (-1)^(k-1) exp(-2 k² λ²), λ = d sqrt(N M / (N + M)). It holds for continuous values and independent samples. The numbers of emoji
    have ties, and both sides answer the same texts, so the true probability is smaller: a small value is believed, a large one says nothing. Not
    `scipy.stats.ks_2samp`, which does the same with another approximation: the metric modules bring no scipy.

    Example:
        >>> found = length([["🎉"], ["🎉", "😊"]], [["🎉", "📚"], ["😊", "📚"]])
        >>> found.mean, found.sd, found.absolute_error, found.correlation, found.ks_statistic
        (1.5, 0.5, 0.5, None, 0.5)
    """
    check_aligned(predictions, references)
    ours, theirs = [len(row) for row in predictions], [len(row) for row in references]
    n = len(ours)
    statistic = _largest_gap(Counter(ours), Counter(theirs), n)
    return Length(
        mean=sum(ours) / n,
        sd=math.sqrt(_n2_covariance(ours, ours)) / n,
        longest=max(ours),
        reference_mean=sum(theirs) / n,
        reference_sd=math.sqrt(_n2_covariance(theirs, theirs)) / n,
        reference_longest=max(theirs),
        absolute_error=sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / n,
        same=sum(a == b for a, b in zip(ours, theirs, strict=True)) / n,
        correlation=_correlation(ours, theirs),
        ks_statistic=statistic,
        ks_p_value=kolmogorov_tail(statistic * math.sqrt(n / 2)),
    )


def kolmogorov_tail(value: float) -> float:
    """Return the probability that Kolmogorov's limiting distribution exceeds a value, in [0, 1].

    Args:
        value: λ, at least 0.

    Source: Smirnov (1948) for large λ; for small ones, where that series hardly converges, its transform by theta functions,
    1 - sqrt(2π) / λ sum_k exp(-(2k - 1)² π² / (8 λ²)).
    """
    if value < 0.1:  # 1 - 1e-50
        return 1.0
    if value < 1.0:
        terms = (math.exp(-(((2 * k - 1) * math.pi / value) ** 2) / 8) for k in range(1, 6))
        return 1.0 - math.sqrt(2 * math.pi) / value * sum(terms)
    return 2 * sum((1 if k % 2 else -1) * math.exp(-2 * (k * value) ** 2) for k in range(1, 9))


def _largest_gap(first: Mapping[int, int], second: Mapping[int, int], n: int) -> float:
    gap = largest = 0
    for value in sorted(first.keys() | second.keys()):
        gap += first.get(value, 0) - second.get(value, 0)
        largest = max(largest, abs(gap))
    return largest / n


def _n2_covariance(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the covariance times N², exactly, because everything is a whole number."""
    return len(first) * sum(a * b for a, b in zip(first, second, strict=True)) - sum(first) * sum(second)


def _correlation(first: Sequence[int], second: Sequence[int]) -> float | None:
    spread = _n2_covariance(first, first) * _n2_covariance(second, second)
    return _n2_covariance(first, second) / math.sqrt(spread) if spread else None
