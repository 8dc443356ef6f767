"""How alike two texts are: in letters, in words, in the emoji that they name, and in what the words mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emojit.baselines.documents import Document
from emojit.baselines.features import TfIdf, cosines
from emojit.baselines.named import NAMED, named_emoji, with_names
from emojit.baselines.state import pack_sparse, unpack_sparse

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

    from emojit.lexicon.vectors import WordVectors

LETTERS, WORDS, MEANING = 0.5, 0.5, 1.0
"""Weights beside `NAMED`. On 3,600 rows letters alone gave 0.27, the three together 0.32; other weights were within 0.005."""
_BLOCK = 1024
"""Texts compared at once (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """N texts, each seen in four ways."""

    letters: csr_matrix
    """(N, n-grams) float32, rows of length one."""
    words: csr_matrix
    """(N, words) float32, rows of length one."""
    named: csr_matrix
    """(N, emoji) float32, rows of length one, see `emojit.baselines.named`."""
    meaning: np.ndarray
    """(N, 300) float32, rows of length one; zero where no word has a vector."""

    def __getitem__(self, rows: slice | np.ndarray) -> Views:
        return Views(
            letters=self.letters[rows], words=self.words[rows], named=self.named[rows], meaning=self.meaning[rows]
        )

    def __len__(self) -> int:
        return len(self.meaning)


class Viewer:
    """Learns from the training rows how texts are looked at."""

    def __init__(self, vectors: WordVectors) -> None:
        self._vectors = vectors
        self._letters = TfIdf("letters")
        self._words = TfIdf("words")
        self._counts: Counter[str] = Counter()  # texts that hold a word
        self._texts = 0
        self._centre: np.ndarray | None = None

    def fit(self, documents: Sequence[Document], *, real: int) -> Views:
        """Learn terms, frequencies and the centre; return the views of the documents.

        Args:
            documents: of the training set, names of emoji first.
            real: number of documents at the end that are texts; frequencies of words and the centre are theirs.
        """
        texts = documents[len(documents) - real :]
        self._counts = Counter(term for document in texts for term in set(document.terms))
        self._texts = len(texts)
        raw = self._means(documents)
        self._centre = raw[len(documents) - real :].mean(axis=0)
        return Views(
            letters=self._letters.fit_transform(documents),
            words=self._words.fit_transform(documents),
            named=with_names(documents, real=real),
            meaning=self._from_centre(raw),
        )

    def views(self, documents: Sequence[Document]) -> Views:
        """Return the views of other documents."""
        return Views(
            letters=self._letters.transform(documents),
            words=self._words.transform(documents),
            named=named_emoji(documents),
            meaning=self._from_centre(self._means(documents)),
        )

    def _means(self, documents: Sequence[Document]) -> np.ndarray:
        import numpy as np

        weight = {word: math.log((self._texts + 1) / (count + 1)) for word, count in self._counts.items()}
        rare = math.log(self._texts + 1)
        rows = [
            self._vectors.mean(document.words, [weight.get(term, rare) for term in document.terms])
            for document in documents
        ]
        return np.stack(rows)

    def _from_centre(self, raw: np.ndarray) -> np.ndarray:
        """Take off what all texts have in common, which would make everything alike (Mu & Viswanath, 2018: "All-but-the-top")."""
        import numpy as np

        assert self._centre is not None
        moved = raw - self._centre
        # A text without any known word means nothing, not the opposite of the average.
        moved[~raw.any(axis=1)] = 0
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        found: np.ndarray = (moved / np.maximum(lengths, 1e-9)).astype(np.float32)
        return found

    def facts(self) -> dict[str, Any]:
        """Return what goes into a JSON file."""
        return {
            "letters": self._letters.terms,
            "words": self._words.terms,
            "texts": self._texts,
            "counts": dict(sorted(self._counts.items())),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what goes beside it."""
        assert self._centre is not None
        return {"letters.idf": self._letters.idf, "words.idf": self._words.idf, "centre": self._centre}

    def restore(self, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Become what `facts` and `arrays` of another one describe.

        Raises:
            KeyError, TypeError, ValueError: they do not.
        """
        self._letters.restore(facts["letters"], arrays["letters.idf"])
        self._words.restore(facts["words"], arrays["words.idf"])
        self._counts, self._texts = Counter(facts["counts"]), int(facts["texts"])
        self._centre = arrays["centre"]


def kernel(left: Views, right: Views) -> np.ndarray:
    """Return how alike texts are (left, right) float32: sums of shared terms and named emoji, and the exponential of the cosine of meanings.

    The exponential makes near texts count more than a straight line would (a Gaussian kernel on the unit sphere).
    """
    import numpy as np

    found = np.empty((len(left), len(right)), dtype=np.float32)
    for start in range(0, len(left), _BLOCK):
        here = slice(start, start + _BLOCK)
        block = left.meaning[here] @ right.meaning.T
        block -= 1
        np.exp(block, out=block)
        block *= MEANING
        block += LETTERS * cosines(left.letters[here], right.letters)
        block += WORDS * cosines(left.words[here], right.words)
        block += NAMED * cosines(left.named[here], right.named)
        found[here] = block
    return found


def pack_views(views: Views) -> dict[str, np.ndarray]:
    """Return the arrays of views."""
    return {
        **pack_sparse("rows.letters", views.letters),
        **pack_sparse("rows.words", views.words),
        **pack_sparse("rows.named", views.named),
        "rows.meaning": views.meaning,
    }


def unpack_views(arrays: Mapping[str, np.ndarray]) -> Views:
    """Return the views that `pack_views` took apart.

    Raises:
        KeyError, ValueError: the arrays are not what it gives.
    """
    return Views(
        letters=unpack_sparse("rows.letters", arrays),
        words=unpack_sparse("rows.words", arrays),
        named=unpack_sparse("rows.named", arrays),
        meaning=arrays["rows.meaning"],
    )
