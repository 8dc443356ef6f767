"""`baseline.json`: what a saved baseline is, what it learned from and with what it was made. Cards read this and nothing else.

Fields may be added; one that is renamed or changes its meaning raises `SCHEMA_VERSION`. It is published: no paths of this machine.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import StudentError
from emojit.provenance import Code, Hardware

SCHEMA_VERSION = 1
FILE_NAME = "baseline.json"
"""Written last: a folder that has it holds a whole baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedFrom:
    """The rows."""

    name: str
    """Repository id, or the name of the build folder."""
    repo_id: str | None
    """Repository id; None for a folder."""
    revision: str | None
    """Revision as asked for."""
    commit: str | None
    """Commit that the revision stood for; None for a folder."""
    fingerprints: dict[str, str]
    """Split to digest of its data files."""
    rows: dict[str, int]
    """Split to rows used (count)."""
    input_column: str
    """Column that was read: "sns_text" or "original_text"."""
    licence: str
    """Licence of the rows together, as in `run.json` of a student; "unknown" where the rows state none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRecord:
    """One saved baseline."""

    schema_version: int
    """Version of this layout."""
    name: str
    """Which sort it is, a key of `emojit.baselines.registry.KINDS`."""
    data: LearnedFrom
    """What it learned from."""
    sources: tuple[str, ...]
    """What else it knows, in words."""
    licences: tuple[str, ...]
    """Licences, as the Hub writes them, of what is saved besides what the rows gave it."""
    seconds: float
    """Time to fit (s)."""
    code: Code
    """The code that ran."""
    versions: dict[str, str]
    """Versions of Python and of the packages that decide the result."""
    hardware: Hardware
    """The machine that ran it."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)


def is_baseline(folder: Path) -> bool:
    """Whether a folder holds a saved baseline."""
    return (folder / FILE_NAME).is_file()


def write_record(folder: Path, record: BaselineRecord) -> None:
    """Write the record of a baseline whose other files are there."""
    text = json.dumps(record.as_dict(), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_record(folder: Path) -> BaselineRecord:
    """Read the record of a saved baseline.

    Raises:
        StudentError: there is none, or it is of another schema version.
    """
    path, hint = folder / FILE_NAME, "fit it again with `emojit baseline fit`"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint=hint) from exc
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise StudentError(f"{path}: schema version {version!r}, this emojit knows {SCHEMA_VERSION}", hint=hint)
    try:
        parts: dict[str, Any] = {
            "data": LearnedFrom(**_known(LearnedFrom, table["data"])),
            "code": Code(**_known(Code, table["code"])),
            "hardware": Hardware(**{**_known(Hardware, table["hardware"]), "gpus": tuple(table["hardware"]["gpus"])}),
            "sources": tuple(table["sources"]),
            "licences": tuple(table["licences"]),
        }
        return BaselineRecord(**{**_known(BaselineRecord, table), **parts})
    except (KeyError, TypeError) as exc:
        raise StudentError(f"{path}: no record of a baseline ({exc})", hint=hint) from exc


def _known(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    """Leave out keys of a later version."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in table.items() if name in names}
