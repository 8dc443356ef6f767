"""A compact table from band hashes to numbers: the index behind near-duplicate search.

One open-addressing table for all bands. A slot is 8 bytes, 32 bits of the hash and 32 bits of the number; the table doubles when it is 70 % full. So an
entry costs 11 to 23 bytes, where a dictionary of lists (or rensa's own index) needs about 100. A table that is made for the entries to come does not grow.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

_FIRST_BITS = 12
_FULLEST = 0.7
_MOST_RESERVED_BITS = 24
"""A table is not made larger than this beforehand (134 MB, at the default threshold 345,000 texts): a guess may be far too high."""
_SLACK = 1024
"""Slots behind the last home position: a run that begins there need not wrap around (count)."""
_PIECE = 2**16
"""Slots that are moved together when the table grows (count)."""

_LOW = 0xFFFFFFFF

MOST_ALIKE = 64
"""Entries kept for one hash (count). What many sentences share, such as the words of a template, tells nothing apart and would cost quadratic time."""


class BandTable:
    """Numbers by 32-bit hashes; several numbers may stand under one hash."""

    def __init__(self, expected: int = 0) -> None:
        """Start empty.

        Args:
            expected: entries that will come, as far as it is known (count).
        """
        self._bits = _FIRST_BITS
        while expected > _FULLEST * (1 << self._bits) and self._bits < _MOST_RESERVED_BITS:
            self._bits += 1
        self._slots = _zeros((1 << self._bits) + _SLACK)
        self._entries = 0

    def __len__(self) -> int:
        return self._entries

    @property
    def nbytes(self) -> int:
        """Memory of the table (bytes)."""
        return len(self._slots) * self._slots.itemsize

    def hits(self, hashes: Iterable[int]) -> list[int]:
        """Return the numbers that stand under any of the hashes, once for every hash that they share."""
        return self.look(hashes)[0]

    def look(self, hashes: Iterable[int]) -> tuple[list[int], list[int]]:
        """Return what `hits` returns, and for every hash the slot where its next entry goes; -1 where there are too many."""
        slots, shift = self._slots, 32 - self._bits
        found: list[int] = []
        free: list[int] = []
        for key in hashes:
            at, before = key >> shift, len(found)
            while slot := slots[at]:
                if slot >> 32 == key:
                    found.append((slot & _LOW) - 1)
                at += 1
            free.append(at if len(found) - before < MOST_ALIKE else -1)
        return found, free

    def add(self, number: int, hashes: Sequence[int], free: Sequence[int] | None = None) -> None:
        """Put a number under every one of the hashes.

        Args:
            number: in [0, 2**32 - 2].
            hashes: in [0, 2**32), none twice.
            free: what `look` returned for them, where nothing was added since; saves looking again.
        """
        while self._entries + len(hashes) > _FULLEST * (1 << self._bits):
            self._grow()
            free = None
        if free is None:
            _, free = self.look(hashes)
        slots = self._slots
        for key, at in zip(hashes, free, strict=True):
            if at < 0:
                continue
            while slots[at]:  # taken by another of these hashes
                at += 1
            slots[at] = key << 32 | number + 1
            self._entries += 1
            if at + 1 == len(slots):  # the last slot stays empty, for it ends every run
                slots.extend(_zeros(_SLACK))

    def _grow(self) -> None:
        """Double the table, piece by piece, so that little more than the old and the new one is in memory.

        Home positions are the upper bits of the hash, so sorted entries stay sorted, and each goes to its home or behind the one before it. A piece ends
        at an empty slot: no run is cut, and sorting the pieces sorts the whole. No entry stands further behind the last home than before.
        """
        import numpy as np

        old = np.frombuffer(self._slots, dtype=np.uint64)
        slots = _zeros(len(old) + (1 << self._bits))
        self._bits += 1
        new = np.frombuffer(slots, dtype=np.uint64)
        start, free = 0, 0
        while start < len(old):
            end = min(start + _PIECE, len(old) - 1)
            while old[end]:
                end += 1
            piece = old[start : end + 1]
            filled = np.sort(piece[piece != 0])
            steps = np.arange(len(filled))
            home = (filled >> np.uint64(64 - self._bits)).astype(np.int64)
            places = np.maximum.accumulate(np.maximum(home - steps, free)) + steps
            new[places] = filled
            start, free = end + 1, int(places[-1]) + 1 if len(places) else free
        self._slots = slots


def _zeros(count: int) -> array[int]:
    return array("Q", (0,)) * count
