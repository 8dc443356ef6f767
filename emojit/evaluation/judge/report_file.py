"""Reads `judge.json` back into its dataclasses."""

from __future__ import annotations

import dataclasses
import json
import types
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from emojit.errors import DatasetError
from emojit.evaluation.judge.schema import FILE_NAME, SCHEMA_VERSION, JudgeReport

_HINT = "run `emojit judge report` on the folder again"


def read_report(path: Path) -> JudgeReport:
    """Read `judge.json`, or the one inside the folder of a judge.

    Raises:
        DatasetError: the file is missing, no report, or of another schema version.
    """
    path = path / FILE_NAME if path.is_dir() else path
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint=_HINT) from exc
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise DatasetError(f"{path}: schema version {version!r}, this emojit knows {SCHEMA_VERSION}", hint=_HINT)
    try:
        report: JudgeReport = _make(JudgeReport, table)
    except (KeyError, TypeError) as exc:
        raise DatasetError(f"{path}: no report of a judge ({exc!r})", hint=_HINT) from exc
    return report


def _make(kind: Any, value: Any) -> Any:
    """Make a value of a type from plain JSON; keys of a later version are passed over."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: _make(hints[field.name], value[field.name]) for field in dataclasses.fields(kind)})
    if get_origin(kind) is types.UnionType:  # X | None
        return None if value is None else _make(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(_make(get_args(kind)[0], item) for item in value)
    return value
