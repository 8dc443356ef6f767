"""Texts as sparse vectors: TF-IDF over letters or words, which can be written as JSON and an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from emojit.baselines.documents import Document

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

Unit = Literal["letters", "words"]


_BLOCK = 512
"""Rows multiplied at once (count): a product of texts is nearly full, and as a sparse matrix takes three times its size."""


def cosines(left: csr_matrix, right: csr_matrix) -> np.ndarray:
    """Return the products of all rows (left, right) float32."""
    import numpy as np

    found = np.empty((left.shape[0], right.shape[0]), dtype=np.float32)
    turned = right.T.tocsr()
    for start in range(0, len(found), _BLOCK):
        here = slice(start, start + _BLOCK)
        found[here] = (left[here] @ turned).toarray()
    return found


class TfIdf:
    """TF-IDF of unit length per text, so that a dot product is the cosine.

    Source: Salton & Buckley (1988), "Term-weighting approaches in automatic text retrieval"; term frequencies are
    damped by 1 + log.
    """

    def __init__(self, unit: Unit, *, longest: int = 2, max_terms: int | None = None) -> None:
        """Choose what is counted.

        Args:
            unit: n-grams of letters, or words.
            longest: length of the longest n-grams (code points); all shorter ones are counted as well.
            max_terms: keep only the most frequent terms (count); None keeps all.
        """
        self.unit = unit
        self.longest = longest
        self.max_terms = max_terms
        self.terms: list[str] = []
        self._vectorizer: TfidfVectorizer | None = None

    def fit_transform(self, documents: Sequence[Document]) -> csr_matrix:
        """Learn terms and frequencies; return the vectors (N, terms) float32."""
        if not any(self._units(document) for document in documents):
            return self._nothing(len(documents))
        self._vectorizer = self._make(None)
        vectors: csr_matrix = self._vectorizer.fit_transform(self._inputs(documents))
        self.terms = self._vectorizer.get_feature_names_out().tolist()
        return vectors

    def transform(self, documents: Sequence[Document]) -> csr_matrix:
        """Return the vectors (N, terms) float32; a text without a known term is zero."""
        if self._vectorizer is None:
            return self._nothing(len(documents))
        vectors: csr_matrix = self._vectorizer.transform(self._inputs(documents))
        return vectors

    @property
    def idf(self) -> np.ndarray:
        """Inverse document frequencies (terms,) float32."""
        import numpy as np

        return np.zeros(0, dtype=np.float32) if self._vectorizer is None else self._vectorizer.idf_.astype(np.float32)

    def restore(self, terms: Sequence[str], idf: np.ndarray) -> None:
        """Become what `terms` and `idf` of another one describe.

        Raises:
            ValueError: the two differ in length.
        """
        import numpy as np

        self.terms = list(terms)
        if self.terms:
            self._vectorizer = self._make(self.terms)
            self._vectorizer.idf_ = idf.astype(np.float32)

    def _make(self, terms: list[str] | None) -> TfidfVectorizer:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(
            analyzer="char" if self.unit == "letters" else _same,
            ngram_range=(1, self.longest if self.unit == "letters" else 1),
            sublinear_tf=True,
            max_features=self.max_terms if terms is None else None,
            vocabulary=terms,
            dtype=np.float32,
        )

    def _inputs(self, documents: Sequence[Document]) -> list[str] | list[list[str]]:
        return (
            [document.text for document in documents]
            if self.unit == "letters"
            else [document.terms for document in documents]
        )

    def _units(self, document: Document) -> bool:
        return bool(document.text if self.unit == "letters" else document.words)

    def _nothing(self, rows: int) -> csr_matrix:
        import numpy as np
        from scipy.sparse import csr_matrix

        return csr_matrix((rows, 0), dtype=np.float32)


def _same(terms: list[str]) -> list[str]:
    return terms
