"""Run folders that somebody names by hand, put into the same form as a plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import EmojitError, UsageError
from emojit.experiment.comparison.members import Group, Member, Members
from emojit.experiment.layout import EXPERIMENTS
from emojit.recipe.plan import flat
from emojit.student.record import RunRecord, read_run

UNKNOWN_SEED = -1
"""Of a folder whose record cannot be read."""

_SEED_FOLDER = re.compile(r"seed-\d+")
_FILES = ("run.json", "config.yaml", "predictions.parquet", "train_log.csv")
"""A folder with one of them is a run folder, whatever else it lacks."""
_NOT_A_CHANGE = {"name", "train.seed"}
"""Keys of a recipe in which the runs of one variant may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A run folder that was given."""

    path: Path
    label: str
    record: RunRecord | None
    reason: str | None = None
    hint: str | None = None

    @property
    def name(self) -> str:
        """What its variant is called where it is the first of it."""
        return self.label.rpartition("/")[0] if _SEED_FOLDER.fullmatch(self.path.name) else self.label


def members_of_folders(folders: Sequence[Path], *, base: str | None = None) -> Members:
    """Group run folders: those whose recipes and training rows differ in their seed alone are one variant.

    The same recipe and seed once more, by other code or on another machine, is a variant of its own: that is a comparison, not a second seed.

    Args:
        folders: run folders, or folders of `seed-<n>`; the first one's variant is the base unless `base` says otherwise.
        base: name of the variant that the others are compared with.

    Raises:
        UsageError: there is no such folder, it holds no run, it is given twice, or no variant is called `base`.
    """
    paths = [path for folder in folders for path in _run_folders(folder)]
    labels = _labels(paths)
    variants: dict[str, list[_Folder]] = {}
    for path, label in zip(paths, labels, strict=True):
        found = _read(path, label)
        key = label if found.record is None else _key(found.record)
        while found.record is not None and any(_same_seed(found, other) for other in variants.get(key, [])):
            key += "again"
        variants.setdefault(key, []).append(found)
    groups = list(variants.values())
    names = [group[0].name for group in groups]
    names = [name if names.count(name) == 1 else group[0].label for name, group in zip(names, groups, strict=True)]
    if base is not None and base not in names:
        raise UsageError(f"--base {base}: no such variant", hint=f"the variants are {', '.join(names)}")
    order = sorted(range(len(names)), key=lambda place: names[place] != (base or names[0]))
    reference = _record_of(groups[order[0]])
    return Members(
        name=names[order[0]],
        groups=tuple(
            Group(
                name=names[place],
                hypothesis=None,
                changes=_changes(reference, _record_of(groups[place])),
                members=_members(names[place], groups[place]),
            )
            for place in order
        ),
        baselines=None,
        targets={},
        published=(),
        out=EXPERIMENTS / "comparison",
    )


def _run_folders(folder: Path) -> list[Path]:
    """Return the folder itself, or the seeds in it."""
    path = folder.resolve()
    hint = "give run folders that `emojit train` wrote"
    if not path.is_dir():
        raise UsageError(f"{folder}: no such folder", hint=hint)
    if any((path / name).exists() for name in _FILES) or _SEED_FOLDER.fullmatch(path.name):
        return [path]
    seeds = [seed for seed in path.iterdir() if seed.is_dir() and _SEED_FOLDER.fullmatch(seed.name)]
    if not seeds:
        raise UsageError(f"{folder}: no run folder, it has none of {', '.join(_FILES)}", hint=hint)
    return sorted(seeds, key=lambda seed: int(seed.name.removeprefix("seed-")))


def _labels(paths: Sequence[Path]) -> list[str]:
    """Return names as short as they can be and still tell the folders apart."""
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"{path} is given twice", hint="give each run folder once")
    labels = []
    for path in paths:
        length = 2 if _SEED_FOLDER.fullmatch(path.name) else 1
        while any(other != path and other.parts[-length:] == path.parts[-length:] for other in paths):
            length += 1
        labels.append("/".join(path.parts[-length:]).lstrip("/"))
    return labels


def _read(path: Path, label: str) -> _Folder:
    try:
        return _Folder(path=path, label=label, record=read_run(path))
    except EmojitError as exc:
        return _Folder(path=path, label=label, record=None, reason=str(exc).replace(str(path), label), hint=exc.hint)


def _same_seed(one: _Folder, other: _Folder) -> bool:
    return one.record is not None and other.record is not None and one.record.seed == other.record.seed


def _record_of(group: Sequence[_Folder]) -> RunRecord | None:
    return next((folder.record for folder in group if folder.record is not None), None)


def _key(record: RunRecord) -> str:
    recipe = {key: value for key, value in flat(record.recipe).items() if key not in _NOT_A_CHANGE}
    return repr((sorted(recipe.items()), record.data.fingerprints.get("train"), record.data.rows.get("train")))


def _members(name: str, group: Sequence[_Folder]) -> tuple[Member, ...]:
    members = (
        Member(
            variant=name,
            seed=UNKNOWN_SEED if folder.record is None else folder.record.seed,
            path=folder.path,
            label=folder.label,
            state="incomplete" if folder.record is None else "done",
            reason=folder.reason,
            hint=folder.hint,
        )
        for folder in group
    )
    return tuple(sorted(members, key=lambda member: member.seed))


def _changes(base: RunRecord | None, record: RunRecord | None) -> dict[str, Any]:
    """Return the keys of two recipes that differ; a key that only one of two versions of emojit knows says nothing."""
    if base is None or record is None:
        return {}
    before, after = flat(base.recipe), flat(record.recipe)
    changes = {
        key: value
        for key, value in after.items()
        if key in before and key not in _NOT_A_CHANGE and value != before[key]
    }
    if base.data.fingerprints.get("train") != record.data.fingerprints.get("train"):
        changes["training rows"] = record.data.fingerprints.get("train")
    return changes
