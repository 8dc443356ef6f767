"""Near-duplicates: texts that say the same in almost the same characters.

Two texts are compared by the sets of their character pairs (bigrams), after the folding that `duplicate` uses: NFKC, case and blanks do not count, and
the text itself is not changed. Digits and punctuation count like any other character, so two sentences that differ in one number are near-duplicates
when the rest is long enough: they are two facts, but one phrase, and the emoji for both are the same.

MinHash sketches by `rensa` (R-MinHash) are cut into bands; texts that share a band are candidates, and a candidate counts only where the exact Jaccard
index of the two bigram sets reaches the threshold. So nothing is dropped by an estimate; what the sketch can do is miss a pair, see `bands_for`.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections import Counter
from operator import add

from emojit.corpus.bands import BandTable
from emojit.corpus.texts import Texts

SEED = 20160901
"""Seed of every sketch, constant for ever: the same texts in the same order give the same answer in every process."""

RECALL = 0.99
"""Probability that two texts exactly at the threshold become candidates; above the threshold it is higher."""

_MOST_BANDS = 48
_LONGEST_BAND = 5
_CHECKED = 16
"""Candidates whose bigrams are compared, those with most shared bands first (count): bounds the time for texts made from a template."""


def fold(text: str) -> str:
    """Return what of a text counts when two are compared: NFKC, case folded, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def bigrams(folded: str) -> set[str]:
    """Return the character pairs of a folded text; a text of one character is its own only member."""
    return set(_pairs(folded))


def _pairs(folded: str) -> list[str]:
    return list(map(add, folded, folded[1:])) or [folded]


def jaccard(left: set[str], right: set[str]) -> float:
    """Return the share of the members of two non-empty sets that are in both, in [0, 1]."""
    both = len(left & right)
    return both / (len(left) + len(right) - both)


def bands_for(threshold: float, recall: float = RECALL) -> tuple[int, int]:
    """Return how many bands of how many values a sketch has.

    Two sets with Jaccard index s agree in one value with probability s, in a band of r with s**r, and in at least one of b bands with 1 - (1 - s**r)**b
    (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). Long bands mean few false candidates, many bands mean memory: the band is as long as
    it can be with at most 48 of them at the usual recall.

    Args:
        threshold: Jaccard index in (0, 1].
        recall: probability wanted at the threshold, in (0, 1).

    Returns:
        (bands, values per band).
    """
    length = max((r for r in range(1, _LONGEST_BAND + 1) if _bands(threshold, r, RECALL) <= _MOST_BANDS), default=1)
    return _bands(threshold, length, recall), length


def _bands(threshold: float, length: int, recall: float) -> int:
    hit = threshold**length
    return 1 if hit == 1 else math.ceil(math.log(1 - recall) / math.log1p(-hit))


class NearDuplicates:
    """Texts seen so far, searchable by likeness.

    Memory for one text at the default threshold of 0.6 (34 bands of 4 values): 0.4 to 0.8 KB for its bands, depending on how full the table is (1.2 KB
    at the moment when it grows), and the text itself, 0.1 KB for 40 characters. A near-duplicate of an earlier text costs nothing. Where the number of
    texts is known, the table is made for it at once, and only the texts grow.
    """

    def __init__(self, threshold: float, *, recall: float = RECALL, expected: int = 0) -> None:
        """Start empty.

        Args:
            threshold: exact Jaccard index of the bigram sets from which two texts are near-duplicates, in (0, 1].
            recall: probability that two texts exactly at the threshold are found, in (0, 1).
            expected: texts that will be remembered, as far as it is known (count); it decides about memory and speed only.
        """
        import numpy as np
        from rensa import RMinHash

        self._threshold = threshold
        self._bands, self._length = bands_for(threshold, recall)
        self._table = BandTable(expected * self._bands)
        self._texts = Texts()
        self._sketch = RMinHash
        self._factors = np.array(_constants("factor", self._length), dtype=np.uint64)
        self._places = np.array(_constants("place", self._bands), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> str | None:
        """Remember a text unless it is a near-duplicate.

        Returns:
            None where the text is new and is remembered now; else the earlier text that it repeats, and nothing is remembered.
        """
        folded = fold(text)
        hashes = self._hashes(folded)
        hits, free = self._table.look(hashes)
        if (earlier := self._first_alike(folded, hits)) is not None:
            return self._texts[earlier]
        self._table.add(len(self._texts), hashes, free)
        self._texts.append(text)
        return None

    def similar(self, text: str) -> str | None:
        """Return an earlier near-duplicate of a text, or None; nothing is remembered."""
        number = self.number(text)
        return None if number is None else self._texts[number]

    def number(self, text: str) -> int | None:
        """Return the running number, from 0, under which a near-duplicate of a text was remembered, or None."""
        folded = fold(text)
        return self._first_alike(folded, self._table.hits(self._hashes(folded)))

    def remember(self, text: str) -> int:
        """Remember a text whatever it resembles, and return its running number."""
        self._table.add(len(self._texts), self._hashes(fold(text)))
        self._texts.append(text)
        return len(self._texts) - 1

    def __getitem__(self, number: int) -> str:
        return self._texts[number]

    def _first_alike(self, folded: str, hits: list[int]) -> int | None:
        """Return the first near-duplicate among the candidates, those with most bands in common first, earlier texts before later ones."""
        if not hits:
            return None
        grams = bigrams(folded)
        shared = Counter(hits)
        for number in sorted(shared, key=lambda number: (-shared[number], number))[:_CHECKED]:
            if jaccard(grams, bigrams(fold(self._texts[number]))) >= self._threshold:
                return number
        return None

    def _hashes(self, folded: str) -> list[int]:
        """Return one hash of 32 bits for each band, made of its values and its place.

        Multilinear hashing, a0 + a1 v1 + a2 v2 … modulo 2**64 of which the upper half is kept, is strongly universal for 32-bit values (Lemire, Kaser:
        Strongly universal string hashing is fast, 2014).
        """
        import numpy as np

        sketch = self._sketch(num_perm=self._bands * self._length, seed=SEED)
        sketch.update(_pairs(folded))
        values = np.array(sketch.digest(), dtype=np.uint64).reshape(self._bands, self._length)
        hashes: list[int] = ((values @ self._factors + self._places) >> np.uint64(32)).tolist()
        return hashes


def _constants(name: str, count: int) -> list[int]:
    """Return pseudo-random numbers of 64 bits, the same for ever."""
    digests = (hashlib.sha256(f"emojit-near\n{name}\n{i}".encode()).digest() for i in range(count))
    return [int.from_bytes(digest[:8], "big") for digest in digests]
