"""How far a mean over a few hundred rows can be trusted: percentile bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emojit.errors import MetricInputError

_BLOCK = 4_000_000
"""Row indices drawn at once (count): bounds the memory to about 64 MB whatever the number of rows."""


def bootstrap_interval(
    values: Sequence[float], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of `values`.

    Two systems scored on the same rows are compared by the interval of their *differences* row by row, which is far
    narrower than what the two single intervals suggest.

    Args:
        values: N scores, one per row, any unit; shape (N,).
        confidence: share of the resampled means that lie inside, in (0, 1).
        resamples: how often N rows are drawn with replacement (count).
        seed: of the drawing; the same values and seed give the same interval.

    Returns:
        (low, high) in the unit of `values`.

    Raises:
        MetricInputError: no value, or `confidence` or `resamples` out of range.

    Source: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13. Not `scipy.stats.bootstrap`: it
    would make scipy a dependency of every installation that trains.
    """
    if len(values) == 0:
        raise MetricInputError("nothing to score: no value to bootstrap", hint="give at least one row")
    if not 0 < confidence < 1:
        raise MetricInputError(f"confidence must be in (0, 1), got {confidence}")
    if resamples < 1:
        raise MetricInputError(f"resamples must be >= 1, got {resamples}")
    scores = np.asarray(values, dtype=np.float64)  # (N,)
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // len(scores))
    means = np.concatenate(
        [
            scores[rng.integers(len(scores), size=(min(step, resamples - start), len(scores)))].mean(axis=1)
            for start in range(0, resamples, step)
        ]
    )  # (resamples,)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
