"""The bootstrap of many figures at once: all of them meet the same draws of rows, as weights, so that a hundred cost little more than one.

The draws are those of `emojit.metrics.bootstrap_interval` with the same seed: the interval of a mean is the same whichever way it was worked out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from emojit.evaluation.interval import Ends, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""Share of the bootstrap values inside an interval."""
RESAMPLES = 2000
"""Bootstrap resamples (count): the ends of a 95 % interval then vary by about 3 % of its width between seeds."""
SEED = 0
"""Seed of the bootstrap."""

_BLOCK = 4_000_000
"""Rows drawn at once (count): bounds the memory to about 100 MB."""
_DIGITS = 9
"""Places that are kept: the last bits of a sum depend on the order in which a linear algebra library adds."""


def weights(rows: int) -> Iterator[Array]:
    """Yield blocks of draws, shape (B, N): how often each row was drawn; `RESAMPLES` draws in all.

    Args:
        rows: N (count, at least 1).
    """
    rng = np.random.default_rng(SEED)
    step = max(1, _BLOCK // rows)
    for start in range(0, RESAMPLES, step):
        count = min(step, RESAMPLES - start)
        drawn = rng.integers(rows, size=(count, rows))
        drawn += np.arange(count)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)


def ratio_intervals(parts: Array, wholes: Array) -> list[Interval]:
    """Return ratios of sums over rows, such as means over some of the rows, with their intervals.

    Args:
        parts: N rows of K numerators, shape (N, K).
        wholes: their denominators, shape (N, K); a column that is 0 in every row gives 0.

    Returns:
        K intervals. A draw without any of the rows of a column tells nothing about it and is passed over.
    """
    drawn = np.concatenate([_ratio(block @ parts, block @ wholes) for block in weights(len(parts))])  # (R, K)
    values = np.nan_to_num(_ratio(parts.sum(axis=0), wholes.sum(axis=0)))
    return [
        Interval(mean=tidy(value), low=found.low, high=found.high)
        for value, found in ((value, ends(drawn[:, place], value)) for place, value in enumerate(values.tolist()))
    ]


def ends(drawn: Array, value: float) -> Ends:
    """Return the percentile interval of bootstrap values.

    Args:
        drawn: shape (R,); those that are no number are passed over.
        value: the figure itself, which is both ends where no draw tells anything.
    """
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Ends(low=tidy(value), high=tidy(value))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Ends(low=tidy(float(low)), high=tidy(float(high)))


def tidy(value: float) -> float:
    """Return a value without the bits that depend on the machine, and without a minus before zero."""
    return round(value, _DIGITS) + 0.0 if math.isfinite(value) else 0.0


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole != 0)
