"""The SQLite file: opening it, bringing its tables up to date, and the lock that keeps a second server out."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from emojit.errors import HubServerError
from emojit.localhub.schema import STEPS


def now() -> str:
    """The present time as the tables hold it and the clients parse it, e.g. "2026-01-31T12:00:00.000Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Database:
    """One connection, used by one thread at a time.

    It holds SQLite's exclusive lock for as long as it is open: two servers on one folder would each believe that their in-process locks protect the
    git repositories. The lock goes with the process, also after `kill -9`.
    """

    def __init__(self, path: Path, *, fixed: bool = False) -> None:
        """Open or create the file.

        Args:
            path: the file.
            fixed: it lies where nothing can be written, and is only read; there is no lock to take.

        Raises:
            HubServerError: another process has it open, or it is not a database of this version.
        """
        self._lock = threading.RLock()
        where = f"{path.absolute().as_uri()}?mode=ro&immutable=1" if fixed else str(path)
        self._connection = sqlite3.connect(
            where, uri=fixed, timeout=0.5, isolation_level=None, check_same_thread=False
        )
        try:
            if fixed:
                self._open_fixed(path)
            else:
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
        if version > len(STEPS):
            raise HubServerError(
                f"{path} was written by a newer emojit (schema {version}; this one knows {len(STEPS)})",
                hint="install that version of emojit, or choose another folder with --root",
            )
        for step in STEPS[version:]:
            for statement in step.split(";"):
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        self._connection.execute("COMMIT")

    def _open_fixed(self, path: Path) -> None:
        hint = "copy the store to a disk that can be written, and look at the copy"
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise HubServerError(f"{path} was not closed, and cannot be written to close it", hint=hint)
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != len(STEPS):
            raise HubServerError(f"{path} has schema {version}, this emojit knows {len(STEPS)}", hint=hint)

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
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # on a full disk SQLite may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection and give up the lock."""
        with self._lock:
            self._connection.close()
