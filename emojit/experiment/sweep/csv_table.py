"""A table of checkpoints that somebody else scored, as CSV: run, step, epoch, and one column per metric."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import UsageError
from emojit.experiment.sweep.facts import Checkpoint, Curve, Metric
from emojit.experiment.sweep.metrics import table_metric

_NEEDED = ("run", "step", "epoch")
_KNOWN = (*_NEEDED, "checkpoint", "length")
_HINT = "columns: run, step, epoch, perhaps checkpoint and length, and one column of numbers per metric"
_LENGTH = re.compile(r"@\s*(\d+)\s*$")
"""A run such as "base @ 1536" says its sequence length in its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a file says."""

    curves: tuple[Curve, ...]
    """One per run, in the order of their first rows."""
    metrics: tuple[Metric, ...]
    """One per column, in their order."""
    digits: int
    """Most decimals of a value (count)."""


def read_table(path: Path) -> Table:
    """Read a table of checkpoints.

    Raises:
        UsageError: no such file, no CSV in UTF-8, a column or all rows are missing, a value is no number, or a checkpoint stands there twice.
    """
    header, lines = _lines(path)
    if missing := [name for name in _NEEDED if name not in header]:
        raise UsageError(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(filter(None, header)) or 'none'}", hint=_HINT
        )
    if repeated := [name for name in header if header.count(name) > 1]:
        raise UsageError(f"{path}: column {repeated[0]!r} stands there twice", hint="rename one of them")
    names = [name for name in header if name not in _KNOWN and any(row.get(name) for _, row in lines)]
    if not lines:
        raise UsageError(f"{path}: no rows below the header", hint=_HINT)
    if not names:
        raise UsageError(f"{path}: no column of a metric with a number in it", hint=_HINT)
    runs: dict[str, dict[int, tuple[int, Checkpoint, int | None]]] = {}
    for number, row in lines:
        where = f"{path}, line {number}"
        checkpoint = _checkpoint(row, names, where)
        run = row["run"]
        if not run:
            raise UsageError(f"{where}: no run is named", hint=_HINT)
        known = runs.setdefault(run, {})
        if checkpoint.step in known:
            raise UsageError(
                f"{where}: step {checkpoint.step} of {run!r} stands there twice, before in line {known[checkpoint.step][0]}",
                hint="remove one of the two rows",
            )
        length = int(_number(row["length"], "length", where)) if row.get("length") else _length(run)
        known[checkpoint.step] = (number, checkpoint, length)
    values = {name: [float(row[name]) for _, row in lines if row.get(name)] for name in names}
    return Table(
        curves=tuple(_curve(run, list(rows.values())) for run, rows in runs.items()),
        metrics=tuple(table_metric(name, values[name]) for name in names),
        digits=max(len(row[name].partition(".")[2]) for _, row in lines for name in names if row.get(name)),
    )


def _lines(path: Path) -> tuple[list[str], list[tuple[int, Mapping[str, str]]]]:
    """Return the names of the columns, and number and cells of each line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as exc:
        raise UsageError(f"{path}: no such file", hint="give a run folder or a CSV file") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path}: cannot be read ({exc})", hint="give a CSV file in UTF-8") from exc
    reader = csv.reader(text.splitlines())
    try:
        header = [name.strip() for name in next(reader, [])]
        lines: list[tuple[int, Mapping[str, str]]] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells, the header has {len(header)}",
                    hint="put a value that holds a comma in double quotes",
                )
            lines.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    except csv.Error as exc:
        raise UsageError(f"{path}, line {reader.line_num}: no CSV ({exc})", hint=_HINT) from exc
    return header, lines


def _checkpoint(row: Mapping[str, str], names: Sequence[str], where: str) -> Checkpoint:
    step, epoch = _number(row["step"], "step", where), _number(row["epoch"], "epoch", where)
    if step < 0 or step != int(step) or epoch < 0:
        raise UsageError(
            f"{where}: step {row['step']!r} and epoch {row['epoch']!r} must be a whole number and a number, at least 0",
            hint=_HINT,
        )
    return Checkpoint(
        name=row.get("checkpoint") or f"checkpoint-{int(step)}",
        step=int(step),
        epoch=epoch,
        members=(int(step),),
        scores={name: _number(row[name], name, where) for name in names if row[name]},
        problem=None if any(row[name] for name in names) else "the table has no value",
    )


def _number(cell: str, column: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{where}: {column} is {cell!r}, no number", hint="leave the cell of a missing value empty")
    return value


def _length(run: str) -> int | None:
    found = _LENGTH.search(run)
    return int(found[1]) if found else None


def _curve(run: str, rows: Sequence[tuple[int, Checkpoint, int | None]]) -> Curve:
    checkpoints = tuple(sorted((checkpoint for _, checkpoint, _ in rows), key=lambda one: one.step))
    last = checkpoints[-1]
    # A table rounds its epochs; the last one, which is the longest way, says best how many updates one has.
    per_epoch = last.step / last.epoch if last.epoch else None
    return Curve(
        run=run,
        source="table",
        length=next((length for _, _, length in rows if length is not None), None),
        steps_per_epoch=per_epoch,
        rows=None,
        fingerprint=None,
        checkpoints=checkpoints,
    )
