"""Run folders that somebody names by hand, put into the same form as a plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_NOT_A_CHANGE = {"name", "train.seed"}
"""Keys of a recipe in which the runs of one variant may differ."""


def members_of_folders(folders: Sequence[Path], *, base: str | None = None) -> Members:
    """Group run folders: those whose recipes and training rows differ in their seed alone are one variant.

    Args:
        folders: run folders; the first one's variant is the base unless `base` says otherwise.
        base: name of the variant that the others are compared with.

    Raises:
        UsageError: there is no such folder, a folder is given twice, or no variant is called `base`.
    """
    seen: set[Path] = set()
    found: dict[str, tuple[str, list[tuple[Path, RunRecord | None, str | None, str | None]]]] = {}
    for folder in folders:
        path = folder.resolve()
        if not path.is_dir():
            raise UsageError(f"{folder}: no such folder", hint="give run folders that `emojit train` wrote")
        if path in seen:
            raise UsageError(f"{folder} is given twice", hint="give each run folder once")
        seen.add(path)
        record, reason, hint = _record(path)
        key = str(path) if record is None else _key(record)
        while record is not None and any(
            other is not None and other.seed == record.seed for _, other, _, _ in found.get(key, ("", []))[1]
        ):
            key += "again"  # the same recipe and seed once more, by other code or another machine: that is a comparison, not a second seed
        found.setdefault(key, (_name(path), []))[1].append((path, record, reason, hint))
    names = _unique([name for name, _ in found.values()])
    if base is not None and base not in names:
        raise UsageError(f"--base {base}: no such variant", hint=f"the variants are {', '.join(names)}")
    order = sorted(range(len(names)), key=lambda place: names[place] != (base or names[0]))
    runs = [list(found.values())[place][1] for place in order]
    reference = next((record for _, record, _, _ in runs[0] if record is not None), None)
    groups = tuple(
        Group(
            name=names[place],
            hypothesis=None,
            changes=_changes(reference, next((record for _, record, _, _ in members if record is not None), None)),
            members=_members(names[place], members),
        )
        for place, members in zip(order, runs, strict=True)
    )
    return Members(
        name=groups[0].name, groups=groups, baselines=None, targets={}, published=(), out=EXPERIMENTS / "comparison"
    )


def _record(folder: Path) -> tuple[RunRecord | None, str | None, str | None]:
    try:
        return read_run(folder), None, None
    except EmojitError as exc:
        return None, str(exc).replace(f"{folder}", folder.name), exc.hint


def _key(record: RunRecord) -> str:
    recipe = {key: value for key, value in flat(record.recipe).items() if key not in _NOT_A_CHANGE}
    return repr((sorted(recipe.items()), record.data.fingerprints.get("train"), record.data.rows.get("train")))


def _name(folder: Path) -> str:
    return folder.parent.name if _SEED_FOLDER.fullmatch(folder.name) else folder.name


def _unique(names: Sequence[str]) -> list[str]:
    return [
        name if names.count(name) == 1 else f"{name}-{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def _members(name: str, runs: Sequence[tuple[Path, RunRecord | None, str | None, str | None]]) -> tuple[Member, ...]:
    members = (
        Member(
            variant=name,
            seed=UNKNOWN_SEED if record is None else record.seed,
            path=path,
            label=f"{path.parent.name}/{path.name}" if _SEED_FOLDER.fullmatch(path.name) else path.name,
            state="incomplete" if record is None else "done",
            reason=reason,
            hint=hint,
        )
        for path, record, reason, hint in runs
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
