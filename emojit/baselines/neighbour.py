"""Copy the emoji of the most similar training text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.baselines.base import not_fitted, usable_rows
from emojit.baselines.constant import Constant
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.features import vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

_BLOCK = 256
"""Texts compared at once (count): the similarities of a block are a dense array of this many rows."""


class NearestNeighbour:
    """The emoji of the training row with the highest cosine of character TF-IDF vectors.

    Of equally similar rows the earliest is taken. A text that shares no n-gram with any row gets the best constant
    answer.
    """

    name = "nearest-neighbour"

    def __init__(self) -> None:
        self._vectorizer: TfidfVectorizer | None = None
        self._vectors: csr_matrix | None = None  # (rows, n-grams) float32
        self._emojis: list[list[str]] = []
        self._fallback = Constant()

    def fit(self, texts: Sequence[str], emojis: Sequence[Sequence[str]]) -> None:
        """Remember every row; see `Baseline.fit`."""
        require_evaluate_extra()
        kept, self._emojis = usable_rows(texts, emojis)
        self._vectorizer = vectorizer(None)
        self._vectors = self._vectorizer.fit_transform(kept)
        self._fallback.fit(kept, self._emojis)

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji of the nearest row; see `Baseline.predict`."""
        if self._vectorizer is None or self._vectors is None:
            raise not_fitted(self.name)
        answers: list[list[str]] = []
        for start in range(0, len(texts), _BLOCK):
            vectors = self._vectorizer.transform(texts[start : start + _BLOCK])
            cosines = (vectors @ self._vectors.T).toarray()  # (block, rows)
            for row, nearest in enumerate(cosines.argmax(axis=1)):
                known = cosines[row, nearest] > 0
                answers.append(list(self._emojis[nearest]) if known else list(self._fallback.answer))
        return answers
