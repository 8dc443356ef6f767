"""The reply store: one SQLite file that keeps every reply for ever, so that no question is paid for twice.

One row per question, found by its key. The file is in write-ahead-log mode with `synchronous=FULL`: `put_many` returns after the rows are on the
disk, a kill -9 or a power cut loses nothing that was reported, and several processes may read and write the same file at once (on one machine: the
log needs shared memory, so not over a network file system).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from emojit.errors import TeacherError
from emojit.teacher.records import REPLY_COLUMNS, Reply, reply_from_columns

_APPLICATION_ID = 0x656D6F6A  # "emoj": says in the file's header what it is (https://www.sqlite.org/pragma.html#pragma_application_id)
_SCHEMA_VERSION = 1
_BUSY_S = 60.0  # how long to wait for another process that writes

_OTHER_PATH = "give the path of a new or writable file with --store"

# A table with row numbers: rows of a kilobyte in the order of random keys (WITHOUT ROWID, as the first stores had it, and they are read alike) touch
# and write a page of their own each, which took twice the CPU time.
_SCHEMA = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, text TEXT NOT NULL, finish_reason TEXT, usage TEXT, cost REAL, provider TEXT,
    created INTEGER, attempts INTEGER, error TEXT
)
"""
_COLUMNS = ", ".join(REPLY_COLUMNS)
_SELECT = f"SELECT {_COLUMNS} FROM replies WHERE key = ?"
_ANSWERS = f"SELECT {_COLUMNS} FROM replies WHERE key > ? AND error IS NULL ORDER BY key LIMIT 1000"
# An answer stands for ever; only an error gives way to what came later. So two processes that ask the same question end with the same reply.
_PUT = "INSERT INTO replies ({columns}) VALUES {rows} ON CONFLICT (key) DO UPDATE SET {updates} WHERE replies.error IS NOT NULL"
_MOST_ROWS = 64  # per statement
_VALUES = attrgetter(*REPLY_COLUMNS)


class ReplyStore:
    """Replies by key, on disk or, with `path=None`, in memory.

    Reading and writing go through two connections, so that a look-up never waits for a commit. Each may be used from any thread, by one at a time: from
    Python 3.12 on, two threads that run the same statement on one connection get each other's rows (https://github.com/python/cpython/issues/118172).
    """

    def __init__(self, path: str | Path | None) -> None:
        """Open the store, creating the file and its folder where they are missing.

        Raises:
            TeacherError: the file cannot be opened or written, is no reply store, or comes from a newer version.
        """
        self.path = None if path is None else Path(path)
        self._lock = threading.RLock()
        self._read_lock = self._lock if path is None else threading.RLock()
        with self._explained():
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            try:
                self._prepare()
                self._reader = self._writer if self.path is None else self._connect()
            except BaseException:
                self._writer.close()
                raise

    def get(self, key: str) -> Reply | None:
        """Return the reply with this key, an error among them, or None."""
        with self._read_lock, self._explained():
            row = self._reader.execute(_SELECT, (key,)).fetchone()
        return None if row is None else _reply(row)

    def get_many(self, keys: Iterable[str]) -> Iterator[Reply]:
        """Yield the replies with these keys, in the order of the keys.

        Raises:
            TeacherError: a key is not in the store.
        """
        for key in keys:
            if (reply := self.get(key)) is None:
                hint = "run the build again with the store it was made with"
                raise TeacherError(f"reply store {self}: no reply with the key {key}", hint=hint)
            yield reply

    def answers(self) -> Iterator[Reply]:
        """Yield every reply that is no error, sorted by key, in constant memory; what is stored meanwhile may be among them or not."""
        last = ""
        while True:
            with self._read_lock, self._explained():
                rows = self._reader.execute(_ANSWERS, (last,)).fetchall()
            if not rows:
                return
            yield from map(_reply, rows)
            last = rows[-1][0]

    def put(self, reply: Reply) -> Reply:
        """Store one reply; see `put_many`."""
        return self.put_many([reply])[0]

    def put_many(self, replies: Sequence[Reply]) -> list[Reply]:
        """Store replies in one transaction and return, in the same order, what the store holds for them afterwards.

        That differs from what was given where another process has stored an answer to the same question in the meantime: the first answer stands.

        Raises:
            TeacherError: the disk is full or the file cannot be written; none of these replies is stored then.
        """
        if 0 < len(replies) <= _MOST_ROWS:
            # One statement is a transaction by itself. A thread that stores waits for Python's lock after each statement, up to 5 ms where the program is busy.
            with self._lock, self._explained():
                return self.put_in(self._writer, replies)
        with self.transaction() as db:
            return self.put_in(db, replies)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection inside one transaction: on the disk when the block ends, undone when it raises.

        For the tables that stand beside the replies. One thread at a time; the others wait.

        Raises:
            TeacherError: the disk is full or the file cannot be written.
        """
        with self._lock, self._explained():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def put_in(self, db: sqlite3.Connection, replies: Sequence[Reply]) -> list[Reply]:
        """Do what `put_many` does inside a transaction that stands open already."""
        changed = 0
        for start in range(0, len(replies), _MOST_ROWS):
            part = replies[start : start + _MOST_ROWS]
            changed += db.execute(_put(len(part)), [*chain.from_iterable(map(_VALUES, part))]).rowcount
        if changed == len(replies) == len({reply.key for reply in replies}):
            return list(replies)
        return [_reply(db.execute(_SELECT, (reply.key,)).fetchone()) for reply in replies]

    def __len__(self) -> int:
        with self._read_lock, self._explained():
            return int(self._reader.execute("SELECT count(*) FROM replies").fetchone()[0])

    def __str__(self) -> str:
        return "in memory" if self.path is None else str(self.path)

    def close(self) -> None:
        """Close the file. What was stored is on the disk already."""
        self._reader.close()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        target = ":memory:" if self.path is None else str(self.path)
        return sqlite3.connect(target, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        """Make the table in a new file; refuse a file of somebody else."""
        db = self._writer
        db.execute("BEGIN IMMEDIATE")  # another process may be making the same file at this moment
        try:
            application = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
            tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if application != _APPLICATION_ID and (application or tables):
                raise TeacherError(f"reply store {self}: an SQLite file of another program", hint=_OTHER_PATH)
            if version > _SCHEMA_VERSION:
                newer = f"reply store {self}: written by a newer emojit (layout {version})"
                raise TeacherError(newer, hint="upgrade emojit")
            if not tables:
                db.execute(_SCHEMA)
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        self._write_ahead()
        db.execute("PRAGMA synchronous = FULL")

    def _write_ahead(self) -> None:
        """Switch to the write-ahead log. Several connections that switch at once may refuse each other without waiting: SQLite sees a deadlock coming."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in one line what is wrong with the file."""
        try:
            yield
        except sqlite3.Error as exc:
            raise TeacherError(f"reply store {self}: {exc}", hint=_hint(exc)) from exc
        except OSError as exc:
            raise TeacherError(f"reply store {self}: {exc.strerror}", hint=_OTHER_PATH) from exc


@lru_cache(maxsize=_MOST_ROWS)
def _put(rows: int) -> str:
    """Return the statement that stores so many replies (count)."""
    one = f"({', '.join('?' for _ in REPLY_COLUMNS)})"
    updates = ", ".join(f"{name} = excluded.{name}" for name in REPLY_COLUMNS[1:])
    return _PUT.format(columns=_COLUMNS, rows=", ".join([one] * rows), updates=updates)


def _reply(row: tuple[object, ...]) -> Reply:
    return reply_from_columns(dict(zip(REPLY_COLUMNS, row, strict=True)))


def _hint(exc: sqlite3.Error) -> str:
    name = getattr(exc, "sqlite_errorname", "")
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return "free some disk space and run the same command again: every reply stored so far is kept"
    if name == "SQLITE_NOTADB":
        return "this is no reply store: give another path with --store"
    if name.startswith("SQLITE_CORRUPT"):
        return "the file is damaged: restore a copy, or give another path with --store and ask again"
    if name.startswith("SQLITE_BUSY"):
        return "another process holds the file: let it finish, then run the same command again"
    return _OTHER_PATH
