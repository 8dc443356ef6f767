"""A corpus that was found, whatever it is: how to read it, and what is said of it in the manifest and in messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from emojit.corpus.rows import Row
from emojit.corpus.streams import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A corpus that was found.

    Attributes:
        read: gives the rows from the start, each time it is called, and moves the position.
        name: what the column `source` says of rows that name none.
        shown: what messages call it.
        inputs: for the manifest: kind, name, and sha256 and size of files or commit of a repository.
        size: of the files (bytes); None where it is not known.
        parts: the rows in pieces that can be read alone and make up the whole in this order, such as files; empty where there are none. Like `read`,
            they can be sent to other processes.
    """

    read: Callable[[Position], Iterator[Row]]
    name: str
    shown: str
    inputs: Mapping[str, object]
    size: int | None = None
    parts: tuple[Callable[[Position], Iterator[Row]], ...] = ()

    def position(self) -> Position:
        """Return a position at the start."""
        return Position(unit="article") if self.size is None else Position(total=self.size)
