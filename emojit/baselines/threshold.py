"""The usual way from probabilities to an answer: every emoji from a threshold on, the best one in any case, five at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emojit.baselines.base import MAX_EMOJIS

if TYPE_CHECKING:
    import numpy as np

_TRIED = 200
"""Thresholds that are compared (count): quantiles of the scores of the best emoji."""


class Threshold:
    """Gives the emoji whose score reaches a threshold."""

    def __init__(self, value: float = 0.5) -> None:
        self.value = value
        """Score from which an emoji is given."""

    def fit(self, scores: np.ndarray, right: np.ndarray, sizes: np.ndarray) -> None:
        """Take the threshold with the highest mean Jaccard index on rows that the scores were not learned from; of equal ones the highest.

        Args:
            scores: (N, candidates), best first.
            right: (N, candidates), whether the emoji is in the row's answer.
            sizes: (N,), emoji of the row's answer, those that are no label included (count).
        """
        import numpy as np

        if not len(scores):
            return
        best = scores[:, :MAX_EMOJIS]
        hits = right[:, :MAX_EMOJIS].cumsum(axis=1)  # (N, k): right ones among the k best
        found = []
        for value in np.unique(np.quantile(best, np.linspace(0, 1, _TRIED))):
            counts = _counts(best, float(value))
            common = hits[np.arange(len(best)), counts - 1]
            found.append((float((common / (sizes + counts - common)).mean()), float(value)))
        self.value = max(found)[1]

    def counts(self, scores: np.ndarray) -> np.ndarray:
        """Return how many of the best emoji are given (N,), 1 to 5.

        Args:
            scores: (N, at least one), best first.
        """
        return _counts(scores[:, :MAX_EMOJIS], self.value)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"threshold": self.value}


def _counts(best: np.ndarray, value: float) -> np.ndarray:
    import numpy as np

    counts: np.ndarray = np.maximum(1, (best >= value).sum(axis=1))
    return counts
