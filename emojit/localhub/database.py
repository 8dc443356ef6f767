"""The SQLite file: opening it, its tables, and the lock that keeps a second server out."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emojit.errors import HubServerError

_SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE secret (value BLOB NOT NULL);
CREATE TABLE user (name TEXT PRIMARY KEY COLLATE NOCASE, created TEXT NOT NULL);
CREATE TABLE token (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user(name), role TEXT NOT NULL CHECK (role IN ('read', 'write')),
    created TEXT NOT NULL
);
CREATE TABLE repo (
    key TEXT PRIMARY KEY, type TEXT NOT NULL, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    private INTEGER NOT NULL, gated TEXT, sdk TEXT, created TEXT NOT NULL, UNIQUE (type, namespace, name)
);
CREATE TABLE former_id (
    type TEXT NOT NULL, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, PRIMARY KEY (type, namespace, name)
);
CREATE TABLE large_file (
    key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, sha256 TEXT NOT NULL, PRIMARY KEY (key, sha256)
);
"""
# large_file says which repository received which content. Content is stored once, but a repository may only point to what was uploaded to it:
# otherwise knowing the sha256 of a private file would be enough to read it.


class Database:
    """One connection, used by one thread at a time.

    It holds SQLite's exclusive lock for as long as it is open: two servers on one folder would each believe that their in-process locks protect the
    git repositories. The lock goes with the process, also after `kill -9`.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            HubServerError: another process has it open, or it is not a database of this version.
        """
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
        try:
            self._open(path)
        except (sqlite3.Error, HubServerError) as exc:
            self._connection.close()
            if isinstance(exc, HubServerError):
                raise
            if "locked" in str(exc):
                raise HubServerError(
                    f"another Hub is serving {path.parent}", hint="stop it, or choose another folder with --root"
                ) from exc
            raise HubServerError(f"{path} cannot be opened as the database of a Hub: {exc}") from exc

    def _open(self, path: Path) -> None:
        self._connection.executescript(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA foreign_keys = ON;"
        )
        self._connection.execute("BEGIN EXCLUSIVE")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO secret VALUES (randomblob(32))")
            self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            raise HubServerError(f"{path} was written by another version of emojit (schema {version})")
        self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one statement and return all its rows."""
        with self._lock:
            return self._connection.execute(statement, tuple(values)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other threads out and write all or nothing; the data is on disk when the block ends."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection and give up the lock."""
        with self._lock:
            self._connection.close()
