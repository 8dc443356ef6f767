"""The data sets that a folder of others holds: its card may name several configurations, each of which is loaded by itself.

The older layout has one JSONL file per version, and every version repeats the rows of those before it. So rows are compared within a configuration alone.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from emojit.dataset.folder import CARD
from emojit.dataset.splits import SPLITS, Split
from emojit.release.verify.card_text import split_front_matter
from emojit.release.verify.subject import Subject, split_in

_VERSION = re.compile(r"v\d+")

Files = dict[Split, list[tuple[str, Path]]]
"""The files that hold the rows of each split: path with forward slashes, and the file; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One data set of a folder.

    Attributes:
        name: as the card or the file calls it; None where the folder holds one data set.
        files: its files by split.
    """

    name: str | None
    files: Files


def configurations(subject: Subject) -> list[Configuration]:
    """Return the data sets of a folder: those that the card of others names, or one per file that is named like a version, or the folder as one.

    A build of emojit is one data set. Files that belong to no configuration that was named are one more.
    """
    whole: Files = {split: subject.row_files(split) for split in SPLITS}
    listed = [one for split in SPLITS for one in whole[split]]
    named = [] if subject.own else list(_of_card(subject.folder, listed)) or list(_versions(listed))
    if not named:
        return [Configuration(name=None, files=whole)]
    taken = {name for one in named for files in one.files.values() for name, _ in files}
    left: Files = {split: [file for file in whole[split] if file[0] not in taken] for split in SPLITS}
    return [*named, *([Configuration(name="further files", files=left)] if any(left.values()) else [])]


def _of_card(folder: Path, listed: Sequence[tuple[str, Path]]) -> Iterator[Configuration]:
    """Yield the configurations that a card names and whose files are there; a single one is what the folder holds."""
    card = folder / CARD
    if not card.is_file():
        return
    given = split_front_matter(card.read_text(encoding="utf-8", errors="replace"))[0].get("configs")
    configs = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if len(configs) < 2:
        return
    for number, config in enumerate(configs):
        files = _files(config, listed)
        if any(files.values()):
            yield Configuration(name=str(config.get("config_name") or f"configuration {number + 1}"), files=files)


def _files(config: Mapping[str, Any], listed: Sequence[tuple[str, Path]]) -> Files:
    found: Files = {split: [] for split in SPLITS}
    for stated, pattern in _patterns(config.get("data_files", "*")):
        for name, path in listed:
            full = PurePosixPath(str(config.get("data_dir") or ""), pattern).as_posix()
            if not fnmatch.fnmatchcase(name, full):
                continue
            split = split_in(stated) if stated is not None else split_in(name)
            if all(name != other for other, _ in found[split]):
                found[split].append((name, path))
    return {split: sorted(files) for split, files in found.items()}


def _patterns(given: object) -> Iterator[tuple[str | None, str]]:
    """Yield (split as it is written or None, pattern) of `data_files`: a path, a list, a table by split, or a list of tables with split and path."""
    if isinstance(given, str):
        yield None, given
    elif isinstance(given, list):
        for one in given:
            if isinstance(one, dict) and "path" in one:
                for _, pattern in _patterns(one["path"]):
                    yield str(one["split"]) if "split" in one else None, pattern
            elif isinstance(one, str):
                yield None, one
    elif isinstance(given, dict):
        for split, paths in given.items():
            for _, pattern in _patterns(paths):
                yield str(split), pattern


def _versions(listed: Sequence[tuple[str, Path]]) -> Iterator[Configuration]:
    """Yield one configuration per file where all of several files are named like versions, as `emojit import` takes them."""
    stems = [PurePosixPath(name).stem for name, _ in listed]
    if len(listed) < 2 or len(set(stems)) < len(stems) or not all(_VERSION.fullmatch(stem) for stem in stems):
        return
    for stem, file in sorted(zip(stems, listed, strict=True)):
        yield Configuration(name=stem, files={split: [file] if split == "train" else [] for split in SPLITS})
