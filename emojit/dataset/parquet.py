"""Parquet with fixed bytes: explicit schemas, one writer setting, row groups of one size, no time stamps.

The bytes depend on the rows and on the version of pyarrow (its name stands in every file as `created_by`), which the manifest therefore records.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 500
"""Rows that wait as dicts, of 2 KB each; those before them wait in the form of Arrow, which takes a fraction of that (count)."""

ROW_GROUP_ROWS = 10_000
"""Rows of a row group (count); also what a writer holds in memory."""

SHARD_ROWS = 500_000
"""Rows of one file of a numbered series (count)."""

Columns = Mapping[str, str]
"""Column name to type: "string", "int32", "int64", "double", "strings" (list of string) or "lists" (list of lists of string)."""

PAIR_COLUMNS: Columns = {
    "id": "string", "original_text": "string", "sns_text": "string", "emojis": "strings", "emoji_string": "string", "votes": "lists",
    "source": "string", "doc_id": "string", "title": "string", "url": "string", "licence": "string", "teacher": "string",
    "prompt_id": "string", "flags": "strings",
}  # fmt: skip

SENTENCE_COLUMNS: Columns = {
    "id": "string", "source": "string", "doc_id": "string", "title": "string", "url": "string", "licence": "string", "index": "int32",
    "text": "string", "flags": "strings", "reason": "string",
}  # fmt: skip
"""A candidate sentence; `reason` is null where the filters kept it."""

REJECTED_COLUMNS: Columns = dict.fromkeys(("id", "stage", "reason", "detail", "text"), "string")

REPLY_COLUMNS: Columns = {
    "key": "string", "request": "string", "text": "string", "finish_reason": "string", "usage": "string", "cost": "double",
    "provider": "string", "created": "int64", "attempts": "int32", "error": "string",
}  # fmt: skip


def arrow_schema(columns: Columns) -> pa.Schema:
    """Return the Arrow schema of a column table."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "strings": pa.list_(pa.string()),
        "lists": pa.list_(pa.list_(pa.string())),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


class TableWriter:
    """Writes rows to one Parquet file, or to a numbered series of them.

    An empty table is a file with its schema and no rows.
    """

    def __init__(self, path: Path, columns: Columns, *, series: bool = False) -> None:
        """Open the first file.

        Args:
            path: the file; with `series` its stem gets "-00000", "-00001", … for every `SHARD_ROWS` rows.
            columns: names and types; a row's other keys are an error of the caller.
            series: whether there may be several files.
        """
        self.rows = 0
        self._path = path
        self._series = series
        self._schema = arrow_schema(columns)
        self._buffer: list[Mapping[str, object]] = []
        self._chunks: list[pa.Table] = []
        self._chunked = 0
        self._writer = self._open()

    def add(self, row: Mapping[str, object]) -> None:
        """Add one row; it is on the disk at the latest when the writer closes."""
        if self._series and self.rows and self.rows % SHARD_ROWS == 0:
            self._flush()
            self._writer.close()
            self._writer = self._open()
        self._buffer.append(row)
        self.rows += 1
        if self._chunked + len(self._buffer) == ROW_GROUP_ROWS:
            self._flush()
        elif len(self._buffer) == CHUNK_ROWS:
            self._pack()

    def close(self) -> None:
        """Write what is left and the footer."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            # The file is thrown away with its folder: write nothing more, above all on a full disk.
            self._buffer, self._chunks, self._chunked = [], [], 0
            with contextlib.suppress(OSError):
                self._writer.close()

    def _open(self) -> pa.Table:
        import pyarrow.parquet as pq

        path = self._path
        if self._series:
            path = path.with_name(f"{path.stem}-{self.rows // SHARD_ROWS:05d}{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        return pq.ParquetWriter(
            path,
            self._schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            store_schema=False,
        )

    def _pack(self) -> None:
        if self._buffer:
            import pyarrow as pa

            self._chunks.append(pa.Table.from_pylist(self._buffer, schema=self._schema))
            self._chunked += len(self._buffer)
            self._buffer = []

    def _flush(self) -> None:
        self._pack()
        if self._chunks:
            import pyarrow as pa

            # One chunk: pages would end where chunks do, and the bytes would depend on their size.
            rows = pa.concat_tables(self._chunks).combine_chunks()
            self._chunks, self._chunked = [], 0
            self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)


def read_rows(path: Path) -> list[dict[str, object]]:
    """Read a Parquet file into one dict per row."""
    import pyarrow.parquet as pq

    rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return rows
