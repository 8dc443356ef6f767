"""`export.json`: what an exported model is, of which weights it was made, and how it was checked. Cards and loaders read this.

It is published beside the files it speaks of: no paths of this machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emojit.errors import StudentError

Format = Literal["onnx", "ctranslate2"]
FORMATS: tuple[Format, ...] = ("onnx", "ctranslate2")
"""Also the names of the folders, beside the weights, in which exports lie."""
Precision = Literal["float32", "int8"]

FILE_NAME = "export.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An export held against the original."""

    source: str
    """Where the texts come from, in words."""
    texts: int
    """Texts that both were asked (count)."""
    equal: int
    """Texts to which both answered the same set of emoji (count)."""
    required: float
    """Share of `texts` that must be equal, in [0, 1]."""

    @property
    def share(self) -> float:
        """Share of the texts with equal sets, in [0, 1]."""
        return self.equal / self.texts

    @property
    def passed(self) -> bool:
        """Whether enough sets are equal."""
        return self.equal >= self.required * self.texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRecord:
    """What lies in the folder of an export."""

    schema_version: int
    format: Format
    precision: Precision
    kept_float32: tuple[str, ...]
    """Parts of the network that an int8 export leaves in float32, in words."""
    model_type: str
    """Architecture, as transformers names it."""
    weights: dict[str, str]
    """sha256 of each file of weights that the export was made of, by name."""
    emojis: str
    """sha256 of the emoji in the order of the network's columns, each followed by a line feed."""
    method: str
    """How answers were read in the check: `decoding.method`."""
    check: Check
    files: dict[str, str]
    """sha256 of each file of the export but this one, by name."""
    size: int
    """Size of these files together (bytes)."""
    versions: dict[str, str]
    """Versions of Python, emojit and the libraries that made it."""

    def write(self, folder: Path) -> None:
        """Write `export.json`; the last file of an export."""
        text = json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=2) + "\n"
        (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")


def read_record(folder: Path) -> ExportRecord:
    """Read what an export says of itself.

    Raises:
        StudentError: there is no `export.json`, or it is none of ours.
    """
    path = folder / FILE_NAME
    hint = "export the model again with `emojit export`"
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if table["schema_version"] != SCHEMA_VERSION:
            raise StudentError(
                f"{path}: schema version {table['schema_version']!r} is not {SCHEMA_VERSION}", hint=hint
            )
        table["check"] = Check(**table["check"])
        table["kept_float32"] = tuple(table["kept_float32"])
        return ExportRecord(**table)
    except FileNotFoundError as exc:
        raise StudentError(f"{path} is missing, so {folder} is no export", hint=hint) from exc
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint=hint) from exc


def find_records(model: Path) -> list[ExportRecord]:
    """Return the records of the exports that lie beside a model's weights, in the order of `FORMATS`."""
    return [read_record(model / name) for name in FORMATS if (model / name / FILE_NAME).is_file()]


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def emoji_digest(emojis: Sequence[str]) -> str:
    """Return the sha256 of emoji in an order; see `ExportRecord.emojis`."""
    return hashlib.sha256("".join(f"{emoji}\n" for emoji in emojis).encode()).hexdigest()
