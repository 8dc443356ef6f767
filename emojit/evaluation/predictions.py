"""Predictions on disk: a file that somebody else made is read, ours are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from emojit.dataset.parquet import TableWriter
from emojit.errors import MetricInputError, UsageError
from emojit.metrics import read_field

Field = str | list[str]
"""An answer as it was written."""


def read_predictions(path: Path, ids: Sequence[str]) -> list[Field]:
    """Read a prediction file: JSON lines with `emojis`, a list or a string, in the order of the references.

    Args:
        path: the file, for example what `emojit predict --output` wrote.
        ids: the ids of the references in order. A line that has an `id` must have the right one; a line without is
            taken by its place.

    Returns:
        One field per line, as it was written; `emojit.metrics.read_rows` reads the emoji out of them.

    Raises:
        UsageError: there is no such file.
        MetricInputError: a line is no JSON object with `emojis`, has another row's id, or the number of lines is not
            that of the references.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(
            f"--predictions {path}: cannot be read ({exc})", hint="give a UTF-8 file of JSON lines"
        ) from exc
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) != len(ids):
        raise MetricInputError(
            f"{path} has {len(lines)} predictions, the references are {len(ids)}: the numbers must be equal",
            hint="predict every row of the split once and keep the order; --split says which one is scored",
        )
    return [
        _read_line(f"{path}:{number}", line, expected)
        for number, (line, expected) in enumerate(zip(lines, ids, strict=True), start=1)
    ]


def _read_line(where: str, line: str, expected_id: str) -> Field:
    hint = 'each line is a JSON object such as {"id": "…", "emojis": ["🎉", "😊"]}'
    try:
        row = json.loads(line)
    except ValueError as exc:
        raise MetricInputError(f"{where}: no JSON ({exc})", hint=hint) from exc
    if not isinstance(row, dict) or "emojis" not in row:
        raise MetricInputError(f"{where}: no JSON object with the key emojis", hint=hint)
    if row.get("id") not in {None, expected_id}:
        raise MetricInputError(
            f"{where}: id {row['id']!r}, but this row of the references is {expected_id!r}",
            hint="keep the order of the split",
        )
    field: Field = row["emojis"]
    try:
        read_field(field)
    except MetricInputError as exc:
        raise MetricInputError(f"{where}: {exc}", hint=hint) from exc
    return field


def write_predictions(
    path: Path,
    *,
    ids: Sequence[str],
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    answers: Mapping[str, Sequence[Sequence[str] | None]],
) -> None:
    """Write every answer of every system to a Parquet file.

    Columns: id, text, emojis (the reference), then one per system, null where it has no answer.
    """
    columns = {"id": "string", "text": "string", "emojis": "strings", **dict.fromkeys(answers, "strings")}
    with TableWriter(path, columns) as table:
        for index, (row_id, text, reference) in enumerate(zip(ids, texts, references, strict=True)):
            row: dict[str, object] = {"id": row_id, "text": text, "emojis": list(reference)}
            for name, rows in answers.items():
                answer = rows[index]
                row[name] = None if answer is None else list(answer)
            table.add(row)
