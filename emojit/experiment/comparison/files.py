"""`report.md` and `comparison.json` on disk, and the way back."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from emojit.dataset.folder import write_text
from emojit.errors import DatasetError
from emojit.experiment.comparison.facts import FILE_NAME, SCHEMA_VERSION, Comparison
from emojit.experiment.comparison.markdown import markdown

REPORT = "report.md"


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write both files, each whole or not at all; the same facts give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(comparison.as_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(folder / FILE_NAME, text + "\n")
    write_text(folder / REPORT, markdown(comparison))


def read_comparison(path: Path) -> Comparison:
    """Read `comparison.json`, or the one inside a folder.

    Raises:
        DatasetError: the file is missing, no comparison, or of another schema version.
    """
    path = path / FILE_NAME if path.is_dir() else path
    hint = "write it with `emojit experiment table`"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint=hint) from exc
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise DatasetError(f"{path}: schema version {version!r}, this emojit knows {SCHEMA_VERSION}", hint=hint)
    try:
        found: Comparison = _take(Comparison, table)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise DatasetError(f"{path}: no comparison of runs ({exc})", hint=hint) from exc
    return found


def _take(kind: Any, value: Any) -> Any:
    """Make a value of a type of `facts` from plain JSON; keys of a later version are passed over."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        # A field with a default came later: a file of before does not have it.
        fields = [
            field for field in dataclasses.fields(kind) if field.name in value or field.default is dataclasses.MISSING
        ]
        return kind(**{field.name: _take(hints[field.name], value[field.name]) for field in fields})
    origin, options = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):  # X | None
        inner = next(option for option in options if option is not type(None))
        return None if value is None else _take(inner, value)
    if origin is Literal:
        if value not in options:
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, options))}")
        return value
    if origin is tuple:
        return tuple(_take(options[0], item) for item in value)
    if origin is dict:
        return {name: _take(options[1], item) for name, item in _mapping(value).items()}
    if kind is Any:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value
