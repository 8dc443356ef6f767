"""Baselines that give every emoji a score, and the best of these scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from emojit.baselines.base import Baseline

if TYPE_CHECKING:
    import numpy as np

MOST = 24
"""Best emoji of a text that are handed on (count): the sum of what comes behind them is noise."""
_LEAST = 0.01
"""Lowest score that is handed on."""


@runtime_checkable
class ScoredBaseline(Baseline, Protocol):
    """A baseline that scores all its emoji."""

    @property
    def labels(self) -> Sequence[str]:
        """The emoji that are scored, in the order of the columns."""
        ...

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Return (texts, emoji) float32, higher for emoji that fit better; about 0 to 1, a fit to answers of zeros and ones."""
        ...


def best_scores(baseline: ScoredBaseline, texts: Sequence[str]) -> list[dict[str, float]]:
    """Return for each text its best emoji, at most 24, with scores in (0, 1], the best first; those below 0.01 are noise and left out.

    Args:
        baseline: a fitted one.
        texts: a few hundred at most: the scores of all emoji are in memory at once.
    """
    import numpy as np

    scores = baseline.scores(texts)
    count = min(MOST, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    best = np.take_along_axis(scores, order, axis=1).clip(max=1)
    labels = baseline.labels
    return [
        {
            labels[column]: round(float(value), 4)
            for column, value in zip(columns, values, strict=True)
            if value >= _LEAST
        }
        for columns, values in zip(order, best, strict=True)
    ]
