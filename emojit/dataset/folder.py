"""The build folder on disk: its manifest, written last, and the check that a folder is what its manifest says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emojit.errors import DatasetError

MANIFEST = "manifest.json"
STATISTICS = "statistics.json"
RECIPE = "recipe.toml"
CARD = "README.md"

SCHEMA_VERSION = 1
"""Version of the build folder's layout."""

_REBUILD = "remove the folder and build again: no question is asked twice"


def data_file(split: str) -> str:
    """Return the path of a split inside a build folder."""
    return f"data/{split}-00000-of-00001.parquet"


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write JSON for people and programs: keys in the order given, two blanks, UTF-8, atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with line feeds, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_manifest(folder: Path, facts: Mapping[str, object]) -> None:
    """Write the manifest of a folder that is otherwise complete.

    Args:
        folder: the build folder.
        facts: what else it records: name, seed, inputs, versions, rows, counts. No time stamps, no paths of this machine.
    """
    write_json(folder / MANIFEST, {"schema_version": SCHEMA_VERSION, **facts, "files": listed_files(folder)})


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a build folder.

    Raises:
        DatasetError: there is none, it is damaged, or it comes from a newer version.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder", hint="build one with `emojit build-dataset`")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise DatasetError(
            f"{folder}: no {MANIFEST}, so this is no finished build",
            hint="give the folder that `emojit build-dataset` wrote",
        ) from exc
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint=_REBUILD) from exc
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise DatasetError(f"{path}: no manifest of a build", hint=_REBUILD)
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise DatasetError(
            f"{path}: layout {manifest.get('schema_version')!r}, this emojit knows {SCHEMA_VERSION}",
            hint="upgrade emojit",
        )
    return manifest


def verify_manifest(folder: Path) -> dict[str, Any]:
    """Check every file of a build folder against its manifest, and return the manifest.

    Raises:
        DatasetError: a file is missing, changed or not in the manifest.
    """
    manifest = read_manifest(folder)
    expected, found = manifest["files"], listed_files(folder)
    for what, paths in (
        ("is missing", sorted(set(expected) - set(found))),
        ("is not in the manifest", sorted(set(found) - set(expected))),
        (
            "was changed after the build",
            sorted(path for path in expected if path in found and found[path] != expected[path]),
        ),
    ):
        if paths:
            more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
            raise DatasetError(f"{folder}: {paths[0]} {what}{more}", hint=_REBUILD)
    return manifest


def listed_files(folder: Path) -> dict[str, dict[str, object]]:
    """Return sha256 and size (bytes) of every file but the manifest, by path with forward slashes; hidden files are somebody else's."""
    table: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name == MANIFEST or any(part.startswith(".") for part in name.split("/")):
            continue
        with path.open("rb") as file:
            table[name] = {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}
    return table
