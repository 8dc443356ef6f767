"""Replies as files of a data set repository: Parquet, named by content, so that two people never write the same name with other bytes.

Columns are those of a build's `teacher/*.parquet`; rows are sorted by key, and `created` and `attempts` are null, for they tell of one person's run.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from emojit.dataset.parquet import REPLY_COLUMNS, TableWriter
from emojit.errors import PublishError
from emojit.release.files import read_file
from emojit.teacher import Reply, ReplyStore, release_columns

FOLDER = "replies"
_NAME = re.compile(rf"{FOLDER}/([0-9a-f]{{32}})\.parquet")
_PAGE = 1_000  # rows looked at together
_SECRETS = ("HF_TOKEN", "EMOJIT_API_KEY", "OPENAI_API_KEY")
_SHORTEST_SECRET = 16  # characters; what is shorter is a placeholder such as "EMPTY"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesFile:
    """A file of replies that was written to be sent.

    Attributes:
        source: where it lies.
        path: where it shall stand in the repository.
        rows: replies in it (count).
        size: bytes.
    """

    source: Path
    path: str
    rows: int
    size: int


class DamagedFileError(Exception):
    """A file that is not what its name says, or no Parquet file of replies."""


class KnownKeys:
    """A set of keys on the disk: as many as the Hub holds, in constant memory."""

    def __init__(self, folder: Path) -> None:
        """Make an empty set in a file of `folder`."""
        self._db = sqlite3.connect(folder / "known.sqlite", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = MEMORY")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE keys (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, keys: Iterable[str]) -> None:
        """Add keys: all, or none where the iterable raises."""
        self._db.execute("BEGIN")
        try:
            self._db.executemany("INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in keys))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def __contains__(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM keys WHERE key = ?", (key,)).fetchone() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()


def is_replies_file(path: str) -> bool:
    """Say whether a path of a repository is a file of replies."""
    return _NAME.fullmatch(path) is not None


def write_file(store: ReplyStore, known: KnownKeys, folder: Path) -> RepliesFile | None:
    """Write the answers of a store that are not known, as one file.

    Args:
        store: where the answers are.
        known: keys that are left out.
        folder: where to write.

    Returns:
        The file, or None where nothing is left.

    Raises:
        PublishError: an answer holds a secret of the environment.
    """
    handle, name = tempfile.mkstemp(dir=folder, suffix=".parquet")
    os.close(handle)
    path = Path(name)
    secrets = [value for name in _SECRETS if len(value := os.environ.get(name, "").strip()) >= _SHORTEST_SECRET]
    with TableWriter(path, REPLY_COLUMNS) as table:
        for reply in store.answers():
            if reply.key not in known:
                _refuse_secrets(reply, secrets)
                table.add(release_columns(reply))
    if not table.rows:
        path.unlink()
        return None
    checksum = read_file(path, path.name).sha256[:32]
    return RepliesFile(source=path, path=f"{FOLDER}/{checksum}.parquet", rows=table.rows, size=path.stat().st_size)


def read_keys(source: Path, path: str) -> Iterator[str]:
    """Yield the keys of a file; see `read_rows`."""
    for rows in read_rows(source, path, columns=("key",)):
        yield from (key for row in rows if isinstance(key := row["key"], str))


def read_rows(
    source: Path, path: str, columns: Sequence[str] = tuple(REPLY_COLUMNS)
) -> Iterator[list[dict[str, object]]]:
    """Yield the rows of a downloaded file, some at a time, in constant memory.

    Args:
        source: where it lies.
        path: its path in the repository, which names its content.
        columns: the columns to read.

    Raises:
        DamagedFileError: the content is not what the name says, or no Parquet with these columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = _NAME.fullmatch(path)
    if name is None or read_file(source, path).sha256[:32] != name[1]:
        raise DamagedFileError(f"{path}: the content is not what the name says")
    try:
        with pq.ParquetFile(source) as file:
            if missing := [column for column in columns if column not in file.schema_arrow.names]:
                raise DamagedFileError(f"{path}: no column {missing[0]!r}")
            for batch in file.iter_batches(_PAGE, columns=list(columns)):
                yield batch.to_pylist()
    except (pa.ArrowException, OSError) as exc:
        raise DamagedFileError(f"{path}: no Parquet file ({str(exc).splitlines()[0]})") from exc


def _refuse_secrets(reply: Reply, secrets: Sequence[str]) -> None:
    text = "\0".join((reply.request, reply.text, reply.usage or "", reply.provider or ""))
    if any(secret in text for secret in secrets):
        raise PublishError(
            f"the reply {reply.key} holds a token or an API key of this environment; nothing was sent",
            hint="look at it in the store, and renew the key: it stood in a question or an answer",
        )
