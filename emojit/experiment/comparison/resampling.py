"""The bootstrap of a whole table at once: every column of row scores meets the same draws of rows.

What is a row here may be an article, with the sums over its rows. Not `scipy.stats.bootstrap`, which draws anew for every statistic: here all variants, baselines and seeds of a table are one matrix product per block of draws,
so that fifty runs cost little more than one, and what is compared is paired by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES = 10_000
"""Bootstrap resamples (count): the smallest p-value is then 0.0002, which Holm's correction over a hundred comparisons still leaves below 0.05."""
SEED = 0
"""Seed of the drawing."""

_BLOCK = 2_000_000
"""Rows drawn at once (count): bounds the memory to about 50 MB."""


def resampled_sums(columns: Array, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Return the sums of every column over rows drawn with replacement.

    Args:
        columns: row scores, any unit; shape (N, K), in an order of the rows that does not depend on their files.
        resamples: how often N rows are drawn (count), B.
        seed: of the drawing; the same N and seed draw the same rows.

    Returns:
        Shape (B, K); divided by N they are the means.

    Source: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13.
    """
    rows = len(columns)
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // rows)
    sums = []
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        drawn = rng.integers(rows, size=(count, rows))
        drawn += np.arange(count)[:, None] * rows
        weights = np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows)
        sums.append(weights.astype(np.float64) @ columns)
    return np.concatenate(sums)


def interval(draws: Array, *, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of a bootstrap, by order statistics: its ends are values that were drawn.

    Args:
        draws: B bootstrap values, shape (B,), in [-1, 1].
        confidence: share of them that lies inside, in (0, 1).

    Returns:
        (low, high): the K-th smallest and the K-th largest, K the whole part of (1 - confidence) (B + 1) / 2. It excludes zero exactly where `p_value` is
        at most 1 - confidence. Where B is too small for that confidence (K = 0), nothing is known: (-1, 1).
    """
    place = _place(len(draws), 1 - confidence)
    if place == 0:
        return -1.0, 1.0
    ordered = np.sort(draws)
    return tidy(ordered[place - 1]), tidy(ordered[-place])


def p_value(draws: Array) -> float:
    """Return how likely a difference that far from zero is without one: twice the smaller share of the draws on the other side of zero, at most 1.

    Args:
        draws: B bootstrap values of a difference, shape (B,).

    The draws count one more than they are, so that no p-value is 0: Davison & Hinkley (1997), "Bootstrap Methods and their Application", section 4.2.
    """
    rounded = np.round(draws, _DIGITS)  # sums that are zero on paper
    fewer = min(int((rounded <= 0).sum()), int((rounded >= 0).sum()))
    return min(1.0, 2 * (fewer + 1) / (len(draws) + 1))


_DIGITS = 9
"""Places that are kept: the last bits of a sum depend on the order in which a linear algebra library adds."""


def _place(resamples: int, alpha: float) -> int:
    return int(alpha * (resamples + 1) / 2 + 1e-9)


def tidy(value: float) -> float:
    """Return a value without the bits that depend on the machine; a mean and its interval are cut alike, so that the one lies in the other."""
    return float(round(value, _DIGITS)) + 0.0  # no minus before zero
