"""What an audit has to remember, on disk: memory does not grow with the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A large file that a reference leads to."""

    sha256: str
    size: int
    """What the pointer says (bytes)."""
    where: str
    """Repository and reference that need it; one of them, if there are several."""


class Notebook:
    """Git objects of the repository at hand and large files that any repository needs, in a nameless file that goes with the process."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE object (oid BLOB PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE need (sha256 TEXT, size INTEGER, place TEXT, PRIMARY KEY (sha256, size)) WITHOUT ROWID;"
            "BEGIN"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def see(self, oid: str) -> bool:
        """Note a git object (40 hex digits); False when it was noted before."""
        statement = "INSERT OR IGNORE INTO object VALUES (?)"
        return self._connection.execute(statement, (bytes.fromhex(oid),)).rowcount == 1

    def has_seen(self, oid: str) -> bool:
        """Whether a git object was noted."""
        return bool(self._rows("SELECT 1 FROM object WHERE oid = ?", bytes.fromhex(oid)))

    def seen(self) -> Iterator[str]:
        """The git objects that were noted, sorted."""
        for (oid,) in self._connection.execute("SELECT oid FROM object ORDER BY oid"):
            yield oid.hex()

    def seen_count(self) -> int:
        """How many git objects were noted."""
        return int(str(self._rows("SELECT count(*) FROM object")[0][0]))

    def next_repository(self) -> None:
        """Forget the git objects; what is needed stays."""
        self._connection.execute("DELETE FROM object")

    def need(self, sha256: str, size: int, where: str) -> None:
        """Note that a reference leads to a large file."""
        self._connection.execute("INSERT OR IGNORE INTO need VALUES (?, ?, ?)", (sha256, size, where))

    def is_needed(self, sha256: str) -> bool:
        """Whether a reference leads to this large file."""
        return bool(self._rows("SELECT 1 FROM need WHERE sha256 = ?", sha256))

    def needs(self) -> Iterator[Need]:
        """The large files that references lead to, by sha256."""
        for sha256, size, where in self._connection.execute("SELECT * FROM need ORDER BY sha256"):
            yield Need(sha256=sha256, size=size, where=where)

    def _rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return self._connection.execute(statement, values).fetchall()
