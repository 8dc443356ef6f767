"""Means and shares over texts with intervals, bootstrap ones mostly. Texts are what is drawn: all that was judged about one text stays together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emojit.evaluation.report import Interval
from emojit.evaluation.same_value import CONFIDENCE, same_value_ends
from emojit.metrics import bootstrap_interval

RESAMPLES = 2000
"""Bootstrap resamples (count)."""
SEED = 0
"""Seed of the bootstrap."""


def mean_by_text(values: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return the mean of the values of each text, in the order in which the texts come first."""
    found: dict[str, list[float]] = {}
    for text, value in values:
        found.setdefault(text, []).append(value)
    return {text: sum(of) / len(of) for text, of in found.items()}


def mean_interval(by_text: Mapping[str, float], *, lowest: float, highest: float) -> Interval | None:
    """Return the mean over texts with its interval, or None without a text.

    Args:
        by_text: one value per text. Where all are the same, resampling cannot tell how far that can be trusted; then the ends are exact ones
            for so many texts (`emojit.evaluation.same_value`).
        lowest: the least value that a text can have.
        highest: the greatest.
    """
    if not by_text:
        return None
    values = list(by_text.values())
    if min(values) == max(values):
        ends = same_value_ends(values[0], len(values), lowest=lowest, highest=highest)
        return Interval(mean=values[0], low=ends.low, high=ends.high)
    low, high = bootstrap_interval(values, confidence=CONFIDENCE, resamples=RESAMPLES, seed=SEED)
    return Interval(mean=sum(values) / len(values), low=low, high=high)


def rate_interval(by_text: Mapping[str, float]) -> Interval | None:
    """Return the mean of values in [0, 1] over texts with its interval, or None without a text.

    Where every text is a yes or a no, the interval is the exact one (Clopper & Pearson 1934): a bootstrap of one case in sixty is far too sure that there
    are not six. Where a text has a fraction, for the judge was asked several times, as `mean_interval`.
    """
    values = list(by_text.values())
    if not values or not set(values) <= {0.0, 1.0}:
        return mean_interval(by_text, lowest=0.0, highest=1.0)
    from scipy.stats import binomtest

    cases = round(sum(values))
    found = binomtest(cases, len(values)).proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return Interval(mean=cases / len(values), low=float(found.low), high=float(found.high))


def deviation(by_text: Mapping[str, float]) -> float | None:
    """Return the standard deviation over texts with n in the denominator, or None without a text."""
    return float(np.std(list(by_text.values()))) if by_text else None


def share_interval(hits: Sequence[float], of: Sequence[float]) -> Interval | None:
    """Return sum(hits) / sum(of) with its interval, or None where nothing was counted.

    Args:
        hits: one count per text.
        of: the count per text that it is a share of.
    """
    above, below = np.asarray(hits, dtype=np.float64), np.asarray(of, dtype=np.float64)  # (N,)
    if not below.sum():
        return None
    if above.sum() in (0.0, below.sum()):
        counted = {str(text): float(bool(above.sum())) for text, n in enumerate(of) if n}
        return rate_interval(counted)
    weights = resampled(len(hits), RESAMPLES)
    drawn = weights @ below  # (R,)
    shares = (weights @ above)[drawn > 0] / drawn[drawn > 0]
    low, high = tails(shares)
    return Interval(mean=float(above.sum() / below.sum()), low=low, high=high)


def resampled(texts: int, resamples: int) -> NDArray[np.float64]:
    """Return how often each text stands in each resample; shape (resamples, texts)."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(texts, np.full(texts, 1 / texts), size=resamples).astype(np.float64)


def tails(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the percentile interval; shape of `values` (R,)."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
