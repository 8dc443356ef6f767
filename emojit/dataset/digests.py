"""Remembering that a text was there before, for millions of texts: 64 bits of a digest each, in flat arrays.

A Python set of the texts themselves would hold the whole build in memory, a set of integers 70 bytes per entry; this holds 16 bytes per slot, of which a
quarter to a half is used: 32 to 64 bytes per entry, and half of that once more while it grows. Among ten million texts two share their digest by chance in one build of
370,000.
"""

from __future__ import annotations

import hashlib
from array import array

_FIRST_SLOTS = 1 << 10


class DigestMap:
    """Maps 64-bit digests to 64-bit numbers; the first number that is given for a digest stays. Open addressing, linear probing."""

    def __init__(self) -> None:
        """Start empty."""
        self._used = 0
        self._digests = array("Q", bytes(8 * _FIRST_SLOTS))
        self._values = array("Q", bytes(8 * _FIRST_SLOTS))

    def __len__(self) -> int:
        return self._used

    def get(self, digest: int) -> int | None:
        """Return the number of a digest, or None."""
        slot = self._slot(digest or 1)
        return self._values[slot] if self._digests[slot] else None

    def add(self, digest: int, value: int = 0) -> bool:
        """Remember a number in [0, 2^64) for a digest; returns whether the digest is new."""
        digest = digest or 1  # 0 marks a free slot
        slot = self._slot(digest)
        if self._digests[slot]:
            return False
        self._digests[slot], self._values[slot] = digest, value
        self._used += 1
        if 2 * self._used > len(self._digests):
            self._grow()
        return True

    def _slot(self, digest: int) -> int:
        digests = self._digests
        mask = len(digests) - 1
        slot = digest & mask
        while (found := digests[slot]) and found != digest:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._digests, self._values, strict=True)
        slots = 2 * len(self._digests)
        self._digests, self._values = array("Q", bytes(8 * slots)), array("Q", bytes(8 * slots))
        for digest, value in old:
            if digest:
                slot = self._slot(digest)
                self._digests[slot], self._values[slot] = digest, value


def text_digest(text: str) -> int:
    """Return 64 bits of a text's digest, in [0, 2^64)."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
