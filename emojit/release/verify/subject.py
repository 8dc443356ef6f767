"""What is verified: a folder with whatever of manifest, recipe and statistics can be read, and the files that hold its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.folder import CARD, MANIFEST, RECIPE, SCHEMA_VERSION, STATISTICS
from emojit.dataset.splits import SPLITS, Split
from emojit.errors import ConfigError, DatasetError
from emojit.recipe import BuildRecipe, load
from emojit.release.staging_dataset import RELEASE
from emojit.release.verify.findings import Findings

_ROW_FILES = (".parquet", ".jsonl")
_WORDS: dict[str, Split] = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "eval": "test",
}  # fmt: skip
"""Words in a path that say which split a file belongs to, as `datasets` reads them."""

_OWN_FOLDERS = ("corpus", "teacher", "rejected")
"""Folders of a build that hold tables, but no rows of the data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A data set folder.

    Attributes:
        folder: where it lies.
        manifest: the content of manifest.json, or None where the data set has none.
        statistics: the content of statistics.json, or None.
        recipe: the recipe of the build, or None.
    """

    folder: Path
    manifest: dict[str, Any] | None
    statistics: dict[str, Any] | None
    recipe: BuildRecipe | None

    @property
    def own(self) -> bool:
        """Whether emojit built it: only then a missing column is an error."""
        return self.manifest is not None

    @property
    def published(self) -> bool:
        """Whether `emojit push` laid it out; a build on its own disk has no `provenance.json` yet."""
        return RELEASE in (self.manifest or {})

    @property
    def address(self) -> tuple[str | None, str | None]:
        """Repository and version that the release says it is; None where it leaves them open, as a build does."""
        stated = (self.manifest or {}).get(RELEASE)
        table = stated if isinstance(stated, dict) else {}
        own = self.recipe.release if self.recipe is not None else None
        repo_id = table.get("repo_id") or (own.repo_id if own is not None else None)
        version = table.get("version") or (own.version if own is not None else None)
        return repo_id, version

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield (path with forward slashes, file) of everything but hidden files, sorted."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
                yield name, path

    def row_files(self, split: Split) -> list[tuple[str, Path]]:
        """Return the files that hold the rows of a split, sorted; a file that names no split belongs to train."""
        return [
            (name, path)
            for name, path in self.files()
            if path.suffix in _ROW_FILES and not self._is_table(name) and split_in(name) == split
        ]

    def table_files(self, room: str) -> list[tuple[str, Path]]:
        """Return the files of a folder of the build: "corpus", "teacher" or "rejected"."""
        return [
            (name, path) for name, path in self.files() if name.startswith(f"{room}/") and path.suffix == ".parquet"
        ]

    def _is_table(self, name: str) -> bool:
        return self.own and name.split("/", 1)[0] in _OWN_FOLDERS


def split_in(name: str) -> Split:
    """Return the split that a path names; the last word that says something counts."""
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word in _WORDS]
    return _WORDS[words[-1]] if words else "train"


def open_subject(folder: Path, findings: Findings) -> Subject:
    """Read what of the build's own files is there.

    Raises:
        DatasetError: no such folder, nothing in it that holds rows, or a build of a newer emojit.
    """
    if not folder.is_dir():
        what = "is a file; a release is a folder" if folder.exists() else "no such folder"
        raise DatasetError(f"{folder}: {what}", hint="give a folder, or a Hub repository as namespace/name@v1")
    manifest = _json(folder, MANIFEST, findings)
    if manifest is not None and manifest.get("schema_version") != SCHEMA_VERSION:
        raise DatasetError(
            f"{folder}: {MANIFEST} has layout {manifest.get('schema_version')!r}, this emojit knows {SCHEMA_VERSION}",
            hint="upgrade emojit",
        )
    statistics = _json(folder, STATISTICS, findings)
    subject = Subject(folder=folder, manifest=manifest, statistics=statistics, recipe=_recipe(folder, findings))
    if not any(subject.row_files(split) for split in SPLITS):
        raise DatasetError(
            f"{folder}: no Parquet or JSONL file with rows",
            hint="give a data set folder, or a Hub repository as namespace/name@v1",
        )
    for name, missing in (
        (MANIFEST, "files against their checksums"),
        (STATISTICS, "counts and the card's numbers"),
        (RECIPE, "splits, the teacher's prompts and the near-duplicate threshold of the build"),
        (CARD, "the card"),
    ):
        if not (folder / name).exists():
            findings.unchecked.append(f"{missing}: there is no {name}")
    return subject


def _json(folder: Path, name: str, findings: Findings) -> dict[str, Any] | None:
    path = folder / name
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        findings.wrong("files", "cannot be read", name, expected="JSON", found=exc)
        return None
    if not isinstance(value, dict):
        findings.wrong("files", "cannot be read", name, expected="a JSON object", found=type(value).__name__)
        return None
    return value


def _recipe(folder: Path, findings: Findings) -> BuildRecipe | None:
    if not (folder / RECIPE).exists():
        return None
    try:
        return load(BuildRecipe, folder / RECIPE)
    except ConfigError as exc:
        findings.wrong("files", "cannot be read", RECIPE, expected="a recipe", found=exc)
        return None
