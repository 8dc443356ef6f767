"""Let the most similar training texts vote, as the meaning of their words tells."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.choosing import CANDIDATES, Chooser
from emojit.baselines.constant import Constant, checked_answer
from emojit.baselines.documents import Document, WordDocuments
from emojit.baselines.state import damaged, read_arrays, read_facts, write_state
from emojit.errors import UsageError
from emojit.lexicon.extra import require_words_extra

if TYPE_CHECKING:
    import numpy as np

    from emojit.lexicon.vectors import WordVectors

Pooling = Literal["mean", "maxsim"]

_NEIGHBOURS = 15
"""Rows that vote (count)."""
_SHARPNESS = 12.0
"""How much more a nearer row counts: its vote is exp(12 · similarity)."""
_HELD_OUT = 600
"""Training rows that are answered by the others, to learn how many emoji to give (count)."""


class DenseNeighbours:
    """The emoji of the training rows whose words mean about the same (vectors: chiVe).

    Two texts are compared by the cosine of their mean vectors, weighted by inverse document frequency ("mean"), or by the similarity of each word with the
    nearest word of the row, on average over the words of the text ("maxsim").

    Source of MaxSim: Khattab & Zaharia (2020), "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT".
    """

    licences: tuple[str, ...] = ("apache-2.0",)  # chiVe's vectors

    def __init__(self, pooling: Pooling = "mean") -> None:
        """Choose how texts are compared.

        Raises:
            UsageError: no such pooling.
        """
        if pooling not in ("mean", "maxsim"):
            raise UsageError(f"no pooling {pooling!r}", hint="one of mean, maxsim")
        self.pooling: Pooling = pooling
        self._read: WordDocuments | None = None
        self._vectors: WordVectors | None = None
        self._counts: Counter[str] = Counter()
        self._emojis: list[tuple[str, ...]] = []
        self._rows: np.ndarray | None = None  # (rows, 300), or of all words of all rows (words, 300)
        self._starts: np.ndarray | None = None  # (rows,) where each row's words begin
        self._fallback: tuple[str, ...] = ()
        self._chooser = Chooser()

    @property
    def name(self) -> str:
        """`neighbours-mean` or `neighbours-maxsim`."""
        return f"neighbours-{self.pooling}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The dictionary that finds words, and their vectors."""
        from emojit.lexicon.vectors import source

        return ("words: SudachiDict (Apache-2.0)", f"vectors of words: {source()}")

    def fit(self, rows: Sequence[Example]) -> None:
        """Remember every row; see `Baseline.fit`."""
        self._open()
        import numpy as np

        assert self._read is not None
        kept = usable_rows(rows)
        self._emojis = [row.emojis for row in kept]
        documents = self._read([row.text for row in kept])
        self._counts = Counter(term for document in documents for term in set(document.terms))
        if self.pooling == "mean":
            self._rows = np.stack([self._mean(document) for document in documents])
        else:
            words = [self._words(document)[0] for document in documents]
            self._rows = np.concatenate(words)
            self._starts = np.cumsum([0, *(len(row) for row in words[:-1])])
        constant = Constant()
        constant.choose(self._emojis)
        self._fallback = constant.answer
        self._chooser = Chooser()
        self._chooser.fit_lengths(self._emojis)
        self._learn_to_choose(documents)

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return what the nearest rows vote for; see `Baseline.predict`."""
        if self._rows is None or self._read is None:
            raise not_fitted(self.name)
        return [self._answer(document) for document in self._read(texts)]

    def save(self, folder: Path) -> None:
        """Write the rows as vectors, and their emoji; see `Baseline.save`."""
        if self._rows is None:
            raise not_fitted(self.name)
        facts = {
            "pooling": self.pooling,
            "counts": dict(sorted(self._counts.items())),
            "emojis": [list(row) for row in self._emojis],
            "fallback": list(self._fallback),
            "chooser": self._chooser.as_dict(),
        }
        arrays = {"rows": self._rows}
        if self._starts is not None:
            arrays["starts"] = self._starts
        write_state(folder, facts, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        require_words_extra()
        facts, arrays = read_facts(folder), read_arrays(folder)
        try:
            made = cls(facts["pooling"])
            made._counts = Counter(facts["counts"])
            made._emojis = [checked_answer(row) for row in facts["emojis"]]
            made._fallback = checked_answer(facts["fallback"])
            made._chooser = Chooser.from_dict(facts["chooser"])
            made._rows = arrays["rows"]
            made._starts = arrays["starts"] if made.pooling == "maxsim" else None
        except (KeyError, TypeError, ValueError, UsageError) as exc:
            raise damaged(folder, exc) from exc
        if len(made._rows if made._starts is None else made._starts) != len(made._emojis):
            raise damaged(folder, ValueError("rows and emoji do not fit together"))
        made._open()
        return made

    def _open(self) -> None:
        require_words_extra()
        from emojit.lexicon.vectors import WordVectors

        self._read, self._vectors = WordDocuments(), WordVectors()

    def _answer(self, document: Document) -> list[str]:
        import numpy as np

        votes = self._votes(document)
        if not votes:
            return list(self._fallback)
        scores = np.array([[score for _, score in votes]])
        return [emoji for emoji, _ in votes[: int(self._chooser.counts(scores)[0])]]

    def _votes(self, document: Document, *, without: int | None = None) -> list[tuple[str, float]]:
        """Return emoji with their share of the nearest rows' votes, best first; nothing where no word has a vector."""
        import numpy as np

        near = self._similarities(document)
        if near is None:
            return []
        if without is not None:
            near[without] = -np.inf
        few = np.argsort(-near, kind="stable")[:_NEIGHBOURS]
        few = few[np.isfinite(near[few])]
        votes = np.exp(_SHARPNESS * (near[few] - near[few].max(initial=0)))
        shares: defaultdict[str, float] = defaultdict(float)
        for row, vote in zip(few.tolist(), (votes / votes.sum()).tolist(), strict=True):
            for emoji in self._emojis[row]:
                shares[emoji] += vote
        return sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]

    def _similarities(self, document: Document) -> np.ndarray | None:
        """Return the similarity with every training row (rows,), or None where no word of the text has a vector."""
        import numpy as np

        assert self._rows is not None
        found: np.ndarray
        if self.pooling == "mean":
            vector = self._mean(document)
            found = self._rows @ vector
            return found if vector.any() else None
        words, weights = self._words(document)
        if not words.any():
            return None
        assert self._starts is not None
        nearest = np.maximum.reduceat(self._rows @ words.T, self._starts, axis=0)  # (rows, words of the text)
        found = nearest @ (weights / weights.sum())
        return found

    def _mean(self, document: Document) -> np.ndarray:
        assert self._vectors is not None
        return self._vectors.mean(document.words, [self._weight(term) for term in document.terms])

    def _words(self, document: Document) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors (words, 300) of the words that have one with their weights; a text without any is one zero, so that no row is empty."""
        import numpy as np

        assert self._vectors is not None
        found = [(vector, word) for word in document.words if (vector := self._vectors.of_word(word)) is not None]
        if not found:
            return np.zeros((1, 300), dtype=np.float32), np.ones(1, dtype=np.float32)
        weights = np.array([self._weight(word.normalized) for _, word in found], dtype=np.float32)
        return np.stack([vector for vector, _ in found]), weights

    def _weight(self, term: str) -> float:
        return math.log((len(self._emojis) + 1) / (self._counts.get(term, 0) + 1)) + 1e-3

    def _learn_to_choose(self, documents: Sequence[Document]) -> None:
        import numpy as np

        step = max(1, len(documents) // _HELD_OUT)
        scores, right = [], []
        for index in range(0, len(documents), step):
            votes = self._votes(documents[index], without=index)
            if votes:
                room = CANDIDATES - len(votes)
                scores.append([score for _, score in votes] + [0.0] * room)
                right.append([emoji in self._emojis[index] for emoji, _ in votes] + [False] * room)
        if scores:
            self._chooser.fit_curve(np.array(scores), np.array(right))
