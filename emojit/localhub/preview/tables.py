"""Reading the first rows of a Parquet, JSON Lines or CSV file. Runs in the child process alone: the file may be made to do harm."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emojit.localhub.preview.cells import Cell, cell

MAX_ROWS = 20
MAX_COLUMNS = 24
"""What is shown of a table."""

_MAX_FILE_COLUMNS = 2_000
_MAX_GROUP_BYTES = 2 * 1024**3
"""Of the shown columns of the first row group, unpacked. It is read page by page, so far less than that is in memory."""
_MAX_LINE_CHARS = 256 * 1024
_MAX_TEXT_CHARS = 4 * 1024 * 1024


class UnreadableTableError(ValueError):
    """The file is broken, or larger than a preview needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The upper left corner of a table.

    Attributes:
        columns: name and type of the shown columns; the type is empty where the format has none.
        rows: the cells of the first rows.
        total_rows: of the file, where it says so.
        total_columns: of the file.
    """

    columns: list[tuple[str, str]]
    rows: list[list[Cell]]
    total_rows: int | None
    total_columns: int

    def to_json(self) -> str:
        """The form in which it leaves the child process."""
        return json.dumps(asdict(self), ensure_ascii=True)


def read_table(path: Path, kind: str) -> Table:
    """The first rows of a file.

    Args:
        path: the file.
        kind: "parquet", "jsonl" or "csv"; "tsv" is a CSV with tabs.

    Raises:
        UnreadableTableError: it is none of that kind, or breaks a limit.
    """
    if kind == "parquet":
        return _parquet(path)
    if kind == "jsonl":
        return _json_lines(path)
    return _csv(path, "\t" if kind == "tsv" else ",")


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        # Neither maps nor buffers a whole column: pages are read one after the other, as far as the first rows need.
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=64 * 1024, memory_map=False) as file:
            names = file.schema_arrow.names
            meta = file.metadata
            if meta.num_columns > _MAX_FILE_COLUMNS:
                raise UnreadableTableError(f"it has {meta.num_columns} columns; at most {_MAX_FILE_COLUMNS} are read")
            shown = names[:MAX_COLUMNS]
            if len(set(names)) != len(names):
                raise UnreadableTableError("two of its columns have the same name")
            rows: list[list[Cell]] = []
            if meta.num_row_groups and shown:
                _check_group(meta.row_group(0), set(shown))
                batches = file.iter_batches(batch_size=MAX_ROWS, row_groups=[0], columns=shown, use_threads=False)
                rows = _rows(next(batches, None))
            fields = [(name, str(file.schema_arrow.field(name).type)[:80]) for name in shown]
            return Table(columns=fields, rows=rows, total_rows=meta.num_rows, total_columns=len(names))
    except pa.ArrowMemoryError as exc:
        raise MemoryError from exc
    except (pa.ArrowException, OSError, KeyError) as exc:
        reason = " ".join(str(exc).replace(str(path), "the file").split())[:200]
        raise UnreadableTableError(f"it cannot be read as Parquet: {reason}") from exc


def _check_group(group: Any, shown: set[str]) -> None:
    """Refuse a row group by what it says about itself, before a page of it is read."""
    size = 0
    for position in range(group.num_columns):
        column = group.column(position)
        if column.path_in_schema.partition(".")[0] in shown:
            size += max(column.total_uncompressed_size, 0)
    if size > _MAX_GROUP_BYTES:
        raise UnreadableTableError(f"its first row group unpacks to {size} bytes; at most {_MAX_GROUP_BYTES} are read")


def _rows(batch: Any) -> list[list[Cell]]:
    if batch is None:
        return []
    columns = [[cell(column[row].as_py()) for row in range(min(len(column), MAX_ROWS))] for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _json_lines(path: Path) -> Table:
    rows: list[dict[str, object]] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        while len(rows) < MAX_ROWS and (line := file.readline(_MAX_LINE_CHARS + 1)):
            if len(line) > _MAX_LINE_CHARS:
                raise UnreadableTableError(f"a line has more than {_MAX_LINE_CHARS} characters")
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as exc:
                raise UnreadableTableError(f"line {len(rows) + 1} is no JSON: {str(exc)[:120]}") from exc
            if not isinstance(row, dict):
                raise UnreadableTableError(f"line {len(rows) + 1} is no JSON object")
            rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = names[:MAX_COLUMNS]
    cells = [[cell(row.get(name)) for name in shown] for row in rows]
    columns = [(name[:80], "") for name in shown]
    return Table(columns=columns, rows=cells, total_rows=None, total_columns=len(names))


def _csv(path: Path, delimiter: str) -> Table:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = _short_lines(file)
        try:
            found = list(itertools.islice(csv.reader(lines, delimiter=delimiter), MAX_ROWS + 1))
        except csv.Error as exc:
            raise UnreadableTableError(f"it cannot be read as CSV: {exc}") from exc
    if not found:
        return Table(columns=[], rows=[], total_rows=0, total_columns=0)
    head, *rows = found
    cells = [[cell(value) for value in [*row, *[""] * len(head)][: min(len(head), MAX_COLUMNS)]] for row in rows]
    columns = [(name[:80], "") for name in head[:MAX_COLUMNS]]
    return Table(columns=columns, rows=cells, total_rows=None, total_columns=len(head))


def _short_lines(file: Any) -> Any:
    """The lines of a file; a quoted cell may go on for many, so all of them together are bounded, too."""
    left = _MAX_TEXT_CHARS
    while line := file.readline(_MAX_LINE_CHARS + 1):
        left -= len(line)
        if len(line) > _MAX_LINE_CHARS or left < 0:
            raise UnreadableTableError(f"a line has more than {_MAX_LINE_CHARS} characters, or a cell never ends")
        yield line
