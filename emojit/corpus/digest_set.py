"""A set of 64-bit digests in a flat array: 16 to 32 bytes for each, where a set of Python takes about 100."""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 1 << 10


class DigestSet:
    """Digests in [0, 2^64). Open addressing, linear probing; at most half of the slots are used."""

    def __init__(self) -> None:
        """Start empty."""
        self._used = 0
        self._slots = _zeros(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._used

    @property
    def nbytes(self) -> int:
        """Memory of the set (bytes)."""
        return len(self._slots) * self._slots.itemsize

    def add(self, digest: int) -> bool:
        """Remember a digest; returns whether it is new. 0 and 1 count as the same."""
        digest = digest or 1  # 0 marks a free slot
        slots = self._slots
        mask = len(slots) - 1
        slot = digest & mask
        while found := slots[slot]:
            if found == digest:
                return False
            slot = slot + 1 & mask
        slots[slot] = digest
        self._used += 1
        if 2 * self._used > len(slots):
            self._grow()
        return True

    def _grow(self) -> None:
        old = self._slots
        self._slots = slots = _zeros(2 * len(old))
        mask = len(slots) - 1
        for digest in old:
            if digest:
                slot = digest & mask
                while slots[slot]:
                    slot = slot + 1 & mask
                slots[slot] = digest


def _zeros(count: int) -> array[int]:
    return array("Q", (0,)) * count
