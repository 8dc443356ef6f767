"""Spearman's correlation over answers, and intervals that draw texts: the answers to one text stay together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
RESAMPLES = 500
"""Resamples of the texts (count)."""

Key = tuple[str, str]
"""An answer: (text, system)."""
Column = npt.NDArray[np.float64]
"""One value for each answer; shape (answers,)."""
Rows = npt.NDArray[np.int64]
"""Places in a column."""
Figured = Callable[[Rows], float | None]
"""A figure of some rows; None where it does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval over texts; the ends are None where it cannot be had."""

    value: float
    low: float | None
    high: float | None


def spearman(a: Column, b: Column) -> float | None:
    """Return Spearman's rank correlation; None where one side has one value alone."""
    if len(a) == 0:
        return None
    mine, theirs = _ranks(a), _ranks(b)
    spread = float(np.sqrt((mine @ mine) * (theirs @ theirs)))
    return None if spread == 0 else float(mine @ theirs) / spread


def _ranks(values: Column) -> Column:
    """Return the ranks, the mean one for equal values, minus their mean; `scipy.stats.rankdata` gives the same and takes ten times as long for 100 values."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Column = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks - (len(values) + 1) / 2


def interval(keys: Sequence[Key], figure: Figured, seed: int) -> Interval | None:
    """Return a figure with its percentile bootstrap interval; None where it does not exist at all.

    Args:
        keys: the answers, in the order of the columns.
        figure: computes it from places in the columns.
        seed: of the drawing.
    """
    value = figure(np.arange(len(keys)))
    if value is None:
        return None
    of_text: dict[str, list[int]] = defaultdict(list)
    for row, (text, _) in enumerate(keys):
        of_text[text].append(row)
    texts = [np.array(rows) for rows in of_text.values()]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES if len(texts) > 1 else 0):
        again = figure(np.concatenate([texts[place] for place in rng.integers(len(texts), size=len(texts))]))
        if again is not None:
            drawn.append(again)
    if len(drawn) < max(1, RESAMPLES / 2):
        return Interval(value=value, low=None, high=None)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(value=value, low=float(low), high=float(high))
