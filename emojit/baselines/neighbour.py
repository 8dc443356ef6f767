"""Copy the emoji of the most similar training text, as its letters tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.constant import Constant, checked_answer
from emojit.baselines.documents import letters_only
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.features import TfIdf, cosines
from emojit.baselines.state import damaged, pack_sparse, read_arrays, read_facts, unpack_sparse, write_state

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_BLOCK = 256
"""Texts compared at once (count): the similarities of a block are a dense array of this many rows."""
_LONGEST = 3
"""Length of the longest n-grams (code points)."""


class NearestNeighbour:
    """The emoji of the training row with the highest cosine of TF-IDF vectors over letters.

    Of equally similar rows the earliest is taken. A text that shares no n-gram with any row gets the best constant
    answer.
    """

    name = "nearest-neighbour"
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._features = TfIdf("letters", longest=_LONGEST)
        self._vectors: csr_matrix | None = None  # (rows, n-grams) float32
        self._emojis: list[tuple[str, ...]] = []
        self._fallback: tuple[str, ...] = ()

    def fit(self, rows: Sequence[Example]) -> None:
        """Remember every row; see `Baseline.fit`."""
        require_evaluate_extra()
        kept = usable_rows(rows)
        self._emojis = [row.emojis for row in kept]
        self._features = TfIdf("letters", longest=_LONGEST)
        self._vectors = self._features.fit_transform(letters_only([row.text for row in kept]))
        constant = Constant()
        constant.choose(self._emojis)
        self._fallback = constant.answer

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji of the nearest row; see `Baseline.predict`."""
        if self._vectors is None:
            raise not_fitted(self.name)
        answers: list[list[str]] = []
        for start in range(0, len(texts), _BLOCK):
            vectors = self._features.transform(letters_only(texts[start : start + _BLOCK]))
            near = cosines(vectors, self._vectors)  # (block, rows)
            for row, nearest in enumerate(near.argmax(axis=1)):
                answers.append(list(self._emojis[nearest] if near[row, nearest] > 0 else self._fallback))
        return answers

    def save(self, folder: Path) -> None:
        """Write the rows as vectors, and their emoji; see `Baseline.save`."""
        if self._vectors is None:
            raise not_fitted(self.name)
        facts = {
            "terms": self._features.terms,
            "emojis": [list(row) for row in self._emojis],
            "fallback": list(self._fallback),
        }
        write_state(folder, facts, {"idf": self._features.idf, **pack_sparse("rows", self._vectors)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        require_evaluate_extra()
        facts, arrays, made = read_facts(folder), read_arrays(folder), cls()
        try:
            made._features.restore(facts["terms"], arrays["idf"])
            made._vectors = unpack_sparse("rows", arrays)
            made._emojis = [checked_answer(row) for row in facts["emojis"]]
            made._fallback = checked_answer(facts["fallback"])
            if made._vectors.shape != (len(made._emojis), len(facts["terms"])):
                raise ValueError("rows and emoji do not fit together")
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        return made
