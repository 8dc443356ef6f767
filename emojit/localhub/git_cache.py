"""What is remembered of git objects between requests.

An object is named by its content, so what was read once stays true for ever and for every repository; only memory sets a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emojit.localhub.pointers import Pointer

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Values by object id, up to a total weight. When it is reached, all are forgotten: they are cheap to read again."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._values: dict[str, Value] = {}

    def get(self, oid: str, read: Callable[[], Value], *, weigh: Callable[[Value], int] = lambda value: 1) -> Value:
        """The remembered value of an object, read now if it is new.

        Args:
            oid: the object.
            read: reads the value.
            weigh: how much of the limit the value takes.
        """
        value = self._values.get(oid)
        if value is None:
            value = read()
            weight = 1 + weigh(value)
            if self._weight + weight > self._limit:
                self._values.clear()
                self._weight = 0
            self._values[oid] = value
            self._weight += weight
        return value


BlobFacts = tuple[int, Pointer | None]
"""Size of a blob (bytes) and the pointer it holds, if it is one."""

Child = tuple[str, bool]
"""Object id of a file or folder, and whether it is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitFacts:
    """One commit of the history."""

    id: str
    tree: str
    parent: str | None
    """Commits of this server have at most one."""
    title: str
    message: str
    """What follows the title."""
    author: str
    time: float
    """Seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class GitCache:
    """Shared by all repositories and threads; two threads may read the same object twice, which costs only time."""

    blobs: Remembered[BlobFacts] = field(default_factory=lambda: Remembered(200_000))
    """By blob."""
    folders: Remembered[Mapping[str, Child]] = field(default_factory=lambda: Remembered(200_000))
    """The children of a tree in git's order, by tree; the weight is their number."""
    commits: Remembered[CommitFacts] = field(default_factory=lambda: Remembered(200_000))
    """By commit."""
    changes: Remembered[frozenset[str]] = field(default_factory=lambda: Remembered(200_000))
    """Files and folders that differ from the parent commit, by commit; the weight is their number."""
