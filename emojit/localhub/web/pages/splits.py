"""Which data file stands for which configuration and split of a data set."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from emojit.localhub.preview.runner import KINDS

_MAX_CHOICES = 60
_MAX_CONFIGS = 40
_MAX_PATTERN = 300
_FIRST = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One split and its first file."""

    config: str
    split: str
    path: str


def choices(card: Mapping[str, object], files: Sequence[str]) -> list[Choice]:
    """What a visitor can look at, in the order of the card; without `configs` in the card, every file by its own name.

    Args:
        card: the front matter.
        files: paths of the repository.
    """
    tables = [path for path in files if PurePosixPath(path).suffix in KINDS]
    found = [
        Choice(config=config, split=split, path=path)
        for config, split, pattern in _patterns(card.get("configs"))
        if (path := _first(tables, pattern))
    ]
    if not found:
        found = [Choice(config="files", split=path, path=path) for path in sorted(tables, key=_rank)]
    unique = {(choice.config, choice.split): choice for choice in reversed(found)}
    return list(reversed(unique.values()))[:_MAX_CHOICES]


def _patterns(configs: object) -> Iterator[tuple[str, str, str]]:
    for config in configs[:_MAX_CONFIGS] if isinstance(configs, list) else []:
        if not isinstance(config, dict):
            continue
        name = str(config.get("config_name", "default"))[:80]
        given = config.get("data_files")
        if isinstance(given, Mapping):
            items: list[object] = [{"split": split, "path": path} for split, path in given.items()]
        else:
            items = list(given) if isinstance(given, list) else [given]
        for item in items[:_MAX_CHOICES]:
            split, path = (item.get("split"), item.get("path")) if isinstance(item, Mapping) else ("train", item)
            for pattern in path[:1] if isinstance(path, list) else [path]:
                if isinstance(pattern, str):
                    yield name, str(split)[:80], pattern


def _first(tables: Sequence[str], pattern: str) -> str | None:
    if len(pattern) > _MAX_PATTERN:
        return None
    pattern = pattern.removeprefix("./").replace("**/", "*")
    return next((path for path in tables if fnmatch.fnmatchcase(path, pattern)), None)


def _rank(path: str) -> tuple[bool, int, str]:
    """Data before everything else, train before validation before test."""
    name = next((position for position, split in enumerate(_FIRST) if split in path.lower()), len(_FIRST))
    return not path.startswith("data/"), name, path
