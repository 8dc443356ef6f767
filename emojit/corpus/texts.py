"""Many texts in one buffer: a Python string of 40 Japanese characters takes 154 bytes and a place in a list, here it takes 88."""

from __future__ import annotations

from array import array

_CODEC = "utf-16-le"


class Texts:
    """Texts by running number, from 0; they are added and never changed."""

    def __init__(self) -> None:
        """Start empty."""
        self._buffer = bytearray()
        self._ends = array("Q", (0,))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, text: str) -> None:
        """Add a text."""
        self._buffer += text.encode(_CODEC, "surrogatepass")
        self._ends.append(len(self._buffer))

    def __getitem__(self, number: int) -> str:
        """Return the text with a number in [0, len)."""
        return self._buffer[self._ends[number] : self._ends[number + 1]].decode(_CODEC, "surrogatepass")
