"""From scores to an answer: calibrated probabilities, and the number of emoji with the highest expected Jaccard index.

Scores of held-out rows and whether the emoji was right give an isotonic curve from score to probability. With probabilities p₁ ≥ p₂ ≥ … that are taken as
independent, and the lengths that answers have in the training rows, the expected Jaccard index of the k best emoji is
Σ_c P(c of the k are right) Σ_L P(L | L ≥ c) · c / (k + L − c). The k with the highest one is given; no other set of k emoji can be expected to do better.

Sources: Zadrozny & Elkan (2002), "Transforming classifier scores into accurate multiclass probability estimates"; Waegeman et al. (2014), "On the
Bayes-optimality of F-measure maximizers", for answers that maximise an expected set score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emojit.baselines.base import MAX_EMOJIS

if TYPE_CHECKING:
    import numpy as np

CANDIDATES = 12
"""Best emoji of a text that the curve is learned from (count)."""
_FEWEST = 30
"""With fewer held-out rows the scores are taken as the probabilities (count)."""


class Chooser:
    """Turns the scores of the best emoji into an answer."""

    def __init__(self) -> None:
        self.curve: tuple[list[float], list[float]] = ([0.0, 1.0], [0.0, 1.0])
        """Scores, and the probability at each; straight lines in between."""
        self.lengths: list[float] = [1.0] + [0.0] * (MAX_EMOJIS - 1)
        """Shares of answers of one to five emoji."""

    def fit_lengths(self, emojis: Sequence[Sequence[str]]) -> None:
        """Learn how long answers are."""
        counts = [0] * MAX_EMOJIS
        for row in emojis:
            counts[min(len(row), MAX_EMOJIS) - 1] += 1
        self.lengths = [count / len(emojis) for count in counts]

    def fit_curve(self, scores: np.ndarray, right: np.ndarray) -> None:
        """Learn what a score means, from rows that the scores were not learned from.

        Args:
            scores: (N, candidates), best first.
            right: (N, candidates), whether the emoji is in the row's answer.
        """
        if len(scores) < _FEWEST or not right.any():
            return
        from sklearn.isotonic import IsotonicRegression

        curve = IsotonicRegression(y_min=0.0, y_max=1.0).fit(scores.ravel(), right.ravel().astype(float))
        self.curve = (curve.X_thresholds_.tolist(), curve.y_thresholds_.tolist())

    def counts(self, scores: np.ndarray) -> np.ndarray:
        """Return how many of the best emoji are given (N,), 1 to 5.

        Args:
            scores: (N, at least one), best first.
        """
        import numpy as np

        scores = scores[:, :MAX_EMOJIS].astype(np.float64)
        chances = np.interp(scores, *self.curve)  # (N, K)
        rewards = _rewards(self.lengths)
        hits = np.zeros((len(scores), MAX_EMOJIS + 1))  # (N, c): chance that c of the first k are right
        hits[:, 0] = 1
        expected = np.zeros_like(chances)
        for k in range(scores.shape[1]):
            p = chances[:, k : k + 1]
            hits[:, 1:] = hits[:, 1:] * (1 - p) + hits[:, :-1] * p
            hits[:, 0] *= 1 - p[:, 0]
            expected[:, k] = hits @ rewards[k]
        # Ties, for example where nothing is expected of any answer, go to the shorter one; noise in the last bits is no difference.
        counts: np.ndarray = (np.round(expected, 9)).argmax(axis=1) + 1
        return counts

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"scores": self.curve[0], "chances": self.curve[1], "lengths": self.lengths}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Chooser:
        """Return the chooser that `as_dict` describes."""
        chooser = cls()
        chooser.curve, chooser.lengths = (table["scores"], table["chances"]), table["lengths"]
        return chooser


def _rewards(lengths: Sequence[float]) -> np.ndarray:
    """Return the expected Jaccard index (k, c) of k emoji of which c are right."""
    import numpy as np

    rewards = np.zeros((MAX_EMOJIS, MAX_EMOJIS + 1))
    for k in range(1, MAX_EMOJIS + 1):
        for c in range(1, k + 1):
            possible = [(length, share) for length, share in enumerate(lengths, start=1) if length >= c and share > 0]
            total = sum(share for _, share in possible)
            # No answer of the training rows is so long: then this one is exactly c long.
            rewards[k - 1, c] = sum(s / total * c / (k + n - c) for n, s in possible) if total else c / k
    return rewards
