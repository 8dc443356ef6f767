"""A linear model on character n-grams: the strongest of the trivial answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.baselines.base import MAX_EMOJIS, not_fitted, usable_rows
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.features import vectorizer
from emojit.metrics import jaccard_scores

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

_MAX_FEATURES = 8000
"""Most frequent n-grams kept (count): bounds the normal equations to 8,000 × 8,000 however many rows there are. On
3,600 rows 5,000, 10,000 and all 118,000 n-grams scored within 0.02 of each other."""
_ALPHA = 0.5
"""Strength of the L2 penalty. On 3,600 rows 0.3 and 1.0 scored within 0.01 of each other, 3.0 lower."""
_FOLDS = 5
"""Parts of which one at a time is held out to choose the threshold (count)."""
_ENOUGH_ROWS = 1000
"""No further fold is held out once so many rows have been predicted (count): with fewer the choice is noisy."""
_MIN_ROWS_TO_CHOOSE = 50
"""With fewer rows nothing can be held out, and the threshold is `_DEFAULT_THRESHOLD`."""
_THRESHOLDS = tuple(step / 40 for step in range(1, 21))
"""Candidates for the score from which an emoji is given: 0.025 to 0.5."""
_DEFAULT_THRESHOLD = 0.25
_BLOCK = 1024
"""Texts scored at once (count)."""


class Linear:
    """Ridge regression from character TF-IDF to one score per emoji.

    The answer is every emoji whose score reaches a threshold, at least one and at most five.

    The threshold is the one with the best mean Jaccard index on training rows that were held out, a fifth at a time;
    then the model is fitted on all rows. Validation and test rows are never seen. All emoji share one solution of the
    normal equations, so 1,900 of them cost little more than one.

    Source: Hoerl & Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems".
    """

    name = "linear"

    def __init__(self) -> None:
        self.threshold = _DEFAULT_THRESHOLD
        self._model: _Scores | None = None

    def fit(self, texts: Sequence[str], emojis: Sequence[Sequence[str]]) -> None:
        """Choose the threshold, then fit on all rows; see `Baseline.fit`."""
        require_evaluate_extra()
        kept, rows = usable_rows(texts, emojis)
        self.threshold = _choose_threshold(kept, rows) if len(kept) >= _MIN_ROWS_TO_CHOOSE else _DEFAULT_THRESHOLD
        self._model = _Scores(kept, rows)

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji whose score reaches the threshold; see `Baseline.predict`."""
        if self._model is None:
            raise not_fitted(self.name)
        return _above(self._model.best(texts), self.threshold)


class _Scores:
    """A fitted ridge regression with one output per emoji."""

    def __init__(self, texts: list[str], emojis: list[list[str]]) -> None:
        import numpy as np
        from sklearn.linear_model import Ridge

        self.labels = sorted({emoji for row in emojis for emoji in row})
        column = {emoji: index for index, emoji in enumerate(self.labels)}
        targets = np.zeros(
            (len(texts), len(self.labels)), dtype=np.float32
        )  # (rows, emoji), 1 where the row has the emoji
        for index, row in enumerate(emojis):
            targets[index, [column[emoji] for emoji in row]] = 1
        self.vectorizer: TfidfVectorizer = vectorizer(_MAX_FEATURES)
        # The share of each emoji is taken off by hand: scikit-learn's intercept would need a dense matrix. A text
        # without a known n-gram gets the most frequent emoji.
        self.shares = targets.mean(axis=0)  # (emoji,)
        self.ridge: Ridge = Ridge(alpha=_ALPHA, solver="cholesky", fit_intercept=False)
        self.ridge.fit(self.vectorizer.fit_transform(texts), targets - self.shares)

    def best(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """Return the five best emoji of each text with their scores, best first."""
        best: list[list[tuple[str, float]]] = []
        for start in range(0, len(texts), _BLOCK):
            vectors = self.vectorizer.transform(texts[start : start + _BLOCK])
            scores = self.ridge.predict(vectors).reshape(vectors.shape[0], -1) + self.shares  # (block, emoji)
            order = (-scores).argsort(axis=1, kind="stable")[
                :, :MAX_EMOJIS
            ]  # stable: equal scores in the order of the labels
            best += [[(self.labels[i], float(row[i])) for i in top] for row, top in zip(scores, order, strict=True)]
        return best


def _choose_threshold(texts: list[str], emojis: list[list[str]]) -> float:
    best: list[list[tuple[str, float]]] = []
    expected: list[list[str]] = []
    for fold in range(_FOLDS):
        kept = [index for index in range(len(texts)) if index % _FOLDS != fold]
        learned = _Scores([texts[index] for index in kept], [emojis[index] for index in kept])
        best += learned.best(texts[fold::_FOLDS])
        expected += emojis[fold::_FOLDS]
        if len(expected) >= _ENOUGH_ROWS:
            break
    return max(_THRESHOLDS, key=lambda threshold: sum(jaccard_scores(_above(best, threshold), expected)))


def _above(best: list[list[tuple[str, float]]], threshold: float) -> list[list[str]]:
    """Keep what reaches the threshold, and always the first."""
    return [[emoji for n, (emoji, score) in enumerate(row) if n == 0 or score >= threshold] for row in best]
