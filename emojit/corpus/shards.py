"""The scan of a corpus cut into tasks that run anywhere: what each task writes, and how the results come back in corpus order.

The rows are cut into units: the files of a folder, where there are at least as many as tasks, else blocks of rows. Unit u belongs to task u modulo the
number of tasks. A task writes its units into one file of JSON lines, packed with zstd: a mark {"unit": u}, then one line per row. The reader takes the
units by turns from all files, so it meets the rows in corpus order, whatever the number of tasks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emojit.corpus.articles import RowReader
from emojit.corpus.filters import Scanner
from emojit.corpus.opened import Opened
from emojit.corpus.pool import scan_row
from emojit.corpus.records import Rejected, ScannedArticle, ScannedRow
from emojit.corpus.rows import Row
from emojit.corpus.streams import Position
from emojit.errors import CorpusError
from emojit.recipe import FilterConfig

BLOCK_ROWS = 256
"""Rows of a unit where the corpus has no parts (count)."""


def shard_path(folder: Path, task: int) -> Path:
    """Return where a task writes what it found."""
    return folder / f"{task:05d}.jsonl.zst"


def write_shard(opened: Opened, reader: RowReader, filters: FilterConfig, folder: Path, task: int, tasks: int) -> None:
    """Scan the units of one task into its file, which appears whole or not at all.

    Args:
        opened: the corpus.
        reader: turns its rows into articles.
        filters: of the recipe.
        folder: of the shards; it is made if it is missing.
        task: from 0.
        tasks: how many there are (count).
    """
    import pyarrow as pa

    path = shard_path(folder, task)
    partial = path.with_name(f"{path.name}.partial")
    scanner = Scanner(filters)
    folder.mkdir(parents=True, exist_ok=True)
    with pa.CompressedOutputStream(str(partial), "zstd") as packed:
        for unit, rows in _units(opened, task, tasks):
            packed.write(b'{"unit": %d}\n' % unit)
            for row in rows:
                packed.write(_dump(scan_row(reader, scanner, row)))
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(path)


def read_shards(folder: Path, tasks: int) -> Iterator[ScannedRow]:
    """Yield what every row of the corpus became, in corpus order.

    Raises:
        CorpusError: a task has not written its file, or a file is damaged.
    """
    if missing := [task for task in range(tasks) if not shard_path(folder, task).exists()]:
        raise CorpusError(
            f"{folder}: {len(missing)} of {tasks} tasks have not finished, the first is task {missing[0]}",
            hint="run the same command again: finished tasks are not repeated",
        )
    with contextlib.ExitStack() as stack:
        shards = [_Shard(stack.enter_context(_open(shard_path(folder, task)))) for task in range(tasks)]
        unit = 0
        while (rows := shards[unit % tasks].rows(unit)) is not None:
            yield from rows
            unit += 1


def _units(opened: Opened, task: int, tasks: int) -> Iterator[tuple[int, Iterator[Row]]]:
    if len(opened.parts) >= tasks:
        for unit in range(task, len(opened.parts), tasks):
            yield unit, opened.parts[unit](Position())
        return
    block: list[Row] = []
    unit = 0
    for number, row in enumerate(opened.read(Position())):
        if number and number % BLOCK_ROWS == 0:
            if block:
                yield unit, iter(block)
            block, unit = [], unit + 1
        if unit % tasks == task:
            block.append(row)
    if block:
        yield unit, iter(block)


def _dump(row: ScannedRow) -> bytes:
    kind = "article" if isinstance(row, ScannedArticle) else "rejected"
    record = None if row is None else {kind: [getattr(row, field.name) for field in dataclasses.fields(row)]}
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _load(record: dict[str, list[Any]] | None) -> ScannedRow:
    if record is None:
        return None
    if "rejected" in record:
        return Rejected(**_named(Rejected, record["rejected"]))
    values = _named(ScannedArticle, record["article"])
    values["flags"] = {int(index): tuple(flags) for index, flags in values["flags"].items()}
    return ScannedArticle(**values)


def _named(cls: type[Rejected | ScannedArticle], values: list[Any]) -> dict[str, Any]:
    return {field.name: value for field, value in zip(dataclasses.fields(cls), values, strict=True)}


class _Shard:
    """One file, read unit by unit."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._records = map(json.loads, lines)
        self._next = next(self._records, None)

    def rows(self, unit: int) -> Iterator[ScannedRow] | None:
        """Return the rows of a unit, to be taken before the next one is asked for; None where the file is at its end."""
        if self._next is None:
            return None
        if self._next != {"unit": unit}:
            raise CorpusError(f"a shard of the corpus holds {self._next} where unit {unit} should begin")
        return self._rows()

    def _rows(self) -> Iterator[ScannedRow]:
        for record in self._records:
            if record is not None and "unit" in record:
                self._next = record
                return
            yield _load(record)
        self._next = None


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Iterator[bytes]]:
    import pyarrow as pa

    with pa.CompressedInputStream(str(path), "zstd") as unpacked:
        yield iter(io.BufferedReader(unpacked, 2**18))
