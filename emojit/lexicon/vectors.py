"""Vectors of Japanese words that were learned elsewhere: chiVe, as the package `ja-ginza` carries it.

chiVe (Manabe et al.: 複数粒度の分割結果に基づく日本語単語分散表現, NLP 2019; Apache-2.0) was trained on 100 million web pages; `ja-ginza` (MIT) holds 480,443 of its
words with 20,000 distinct vectors of 300 numbers. Nothing else of that package is used: its parser was trained on text that is not free.
What is made with these vectors names them: `source()` goes into records and cards.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from emojit.lexicon.extra import require_words_extra
from emojit.lexicon.words import Word

if TYPE_CHECKING:
    import numpy as np
    from spacy.vectors import Vectors

WIDTH = 300
"""Numbers of one vector (count)."""

NAME, LICENCE, URL = "chiVe", "Apache-2.0", "https://github.com/WorksApplications/chiVe"
"""What a record or card says about the source."""


def source() -> str:
    """Return where the vectors come from with the version of the package, e.g. "chiVe (Apache-2.0), in ja-ginza 5.3.0"."""
    return f"{NAME} ({LICENCE}), in ja-ginza {importlib.metadata.version('ja-ginza')}"


class WordVectors:
    """Vectors by spelling, each of length one."""

    def __init__(self) -> None:
        """Read them (48 MB).

        Raises:
            MissingExtraError: the extra `words` is not installed.
        """
        require_words_extra()
        import numpy as np
        from spacy.strings import get_string_id
        from spacy.vectors import Vectors

        self._vectors: Vectors = Vectors().from_disk(_folder(), exclude=["strings"])
        self._hash = get_string_id
        table = np.asarray(self._vectors.data, dtype=np.float32)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        self._table: np.ndarray = table / np.maximum(lengths, 1e-9)  # (20,000, 300)

    def find(self, form: str) -> np.ndarray | None:
        """Return the vector (300,) float32 of a spelling, or None where there is none."""
        row = self._vectors.key2row.get(self._hash(form))
        return None if row is None or row < 0 else cast("np.ndarray", self._table[row])

    def spellings(self) -> list[str]:
        """Return every spelling that has a vector, in the order in which the package holds them: frequent words of the web pages first."""
        names = json.loads((_folder() / "strings.json").read_text(encoding="utf-8"))
        spelling_of = {self._hash(name): name for name in names}
        rows = self._vectors.key2row.items()
        return [spelling_of[key] for key, row in rows if row >= 0 and key in spelling_of]

    def of_word(self, word: Word) -> np.ndarray | None:
        """Return the vector of the first form of a word that has one."""
        return next((vector for form in word if (vector := self.find(form)) is not None), None)

    def of_letters(self, text: str) -> np.ndarray | None:
        """Return the mean of the vectors of a text's characters, for pieces that are no words; None where none has one."""
        import numpy as np

        found = [vector for letter in text if (vector := self.find(letter)) is not None]
        return cast("np.ndarray", np.mean(found, axis=0, dtype=np.float32)) if found else None

    def mean(self, words: Sequence[Word], weights: Sequence[float]) -> np.ndarray:
        """Return the weighted sum (300,) of the words' vectors, brought to length one; zero where no word has one.

        Args:
            words: of a text.
            weights: one per word, for example inverse document frequencies.
        """
        import numpy as np

        total = np.zeros(WIDTH, dtype=np.float32)
        for word, weight in zip(words, weights, strict=True):
            vector = self.of_word(word)
            if vector is not None:
                total += weight * vector
        length = float(np.linalg.norm(total))
        return total / length if length else total


def _folder() -> Path:
    spec = importlib.util.find_spec("ja_ginza")
    assert spec is not None
    assert spec.origin is not None
    # One folder with data, named after the version.
    return next(Path(spec.origin).parent.glob("ja_ginza-*/vocab"))
