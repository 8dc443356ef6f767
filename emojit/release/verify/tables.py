"""Rows of Parquet and JSONL files, a few thousand at a time, with the types of their columns; what cannot be read is a finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emojit.dataset.parquet import Columns, arrow_schema
from emojit.release.verify.findings import Findings

_BATCH_ROWS = 2_000


def read_table(name: str, path: Path, findings: Findings) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; memory does not grow with the file.

    A file that cannot be read, or not to its end, is reported and ends there.
    """
    if path.suffix == ".jsonl":
        yield from _jsonl(name, path, findings)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as exc:
        findings.wrong("files", "cannot be read", name, expected="Parquet", found=" ".join(str(exc).split()))


def column_types(name: str, path: Path, findings: Findings) -> dict[str, str] | None:
    """Return the type of every column as Arrow writes it; None where the file cannot be read. JSONL is typed by its first line."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".jsonl":
        first = next(_jsonl(name, path, Findings()), None)
        return None if first is None else {column: _json_type(value) for column, value in first.items()}
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as exc:
        findings.wrong("files", "cannot be read", name, expected="Parquet", found=" ".join(str(exc).split()))
        return None
    return {field.name: _plain(str(field.type)) for field in schema}


def has_columns(name: str, path: Path, columns: Columns, findings: Findings) -> bool:
    """Whether a file of the build has the columns of its table; what is missing or of another type is reported."""
    types = column_types(name, path, findings)
    if types is None:
        return False
    wrong = {
        column: types.get(column, "no such column")
        for column, wanted in wanted_types(columns).items()
        if types.get(column) not in (wanted, "null")
    }
    for column, found in wrong.items():
        wanted = wanted_types(columns)[column]
        findings.wrong(
            "files", "a column is missing or has another type", f"{name}: {column}", expected=wanted, found=found
        )
    return not wrong


def wanted_types(columns: Columns) -> Mapping[str, str]:
    """Return the type of every column of a table of ours, in the same words as `column_types`."""
    return {field.name: _plain(str(field.type)) for field in arrow_schema(columns)}


def _plain(arrow_type: str) -> str:
    """Return a type without what means the same to a reader: the name of a list's element, and 64-bit offsets."""
    return (
        arrow_type.replace("element: ", "")
        .replace("item: ", "")
        .replace("large_", "")
        .replace("string_view", "string")
    )


def _json_type(value: object) -> str:
    if isinstance(value, list):
        return f"list<{_json_type(value[0]) if value else 'string'}>"
    return {str: "string", int: "int64", float: "double", bool: "bool", type(None): "null"}.get(type(value), "object")


def _jsonl(name: str, path: Path, findings: Findings) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as exc:  # a wrong byte is one too
                findings.wrong("files", "a line cannot be read", f"{name} line {number}", expected="JSON", found=exc)
                continue
            if isinstance(row, dict):
                yield row
            else:
                findings.wrong(
                    "files", "a line cannot be read", f"{name} line {number}", expected="an object", found=line[:80]
                )
