"""What the rater page kept: one record for each press of a button, merged from every place where records lie, and read with the key of the task.

A record has a name of its own, so the same one from two places is one. The last answer of a rater to a text counts; the earlier ones are kept and counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emojit.errors import UsageError
from emojit.evaluation.rating.ratings import Preference, Rating, Ratings, scale_value, yes_or_no
from emojit.evaluation.rating.task import Task, TaskItem

_TEXTS = ("record", "task", "rater", "time", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What came together.

    Attributes:
        records: of this task, each once, in the order of their time.
        answers: the last of each rater to each text, in that order.
        superseded: answers that a rater changed later (count).
        foreign: records of other tasks (count).
        damaged: lines that are no record of this task's texts (where and why).
    """

    records: tuple[dict[str, Any], ...]
    answers: tuple[dict[str, Any], ...]
    superseded: int
    foreign: int
    damaged: tuple[str, ...]


def merge(task: Task, lines: Iterable[tuple[str, str]]) -> Merged:
    """Merge lines from anywhere.

    Args:
        task: whose answers are wanted.
        lines: each with where it stands.
    """
    items = {one.name: one for one in task.items}
    found: dict[str, dict[str, Any]] = {}
    foreign: set[str] = set()
    damaged = []
    for where, line in lines:
        try:
            record = _record(where, line)
            if record["task"] != task.name:
                foreign.add(record["record"])
                continue
            if record["kind"] == "answer":
                _check(where, record, items)
        except UsageError as exc:
            damaged.append(str(exc))
            continue
        found[record["record"]] = record
    records = sorted(found.values(), key=lambda one: (one["time"], one["record"]))
    given = [one for one in records if one["kind"] == "answer"]
    last = {(one["rater"], one["item"]): one for one in given}
    return Merged(
        records=tuple(records),
        answers=tuple(one for one in given if last[one["rater"], one["item"]] is one),
        superseded=len(given) - len(last),
        foreign=len(foreign),
        damaged=tuple(damaged),
    )


def unblind(task: Task, answers: Sequence[dict[str, Any]]) -> Ratings:
    """Say with the key of the task which system each rating is of."""
    items = {one.name: one for one in task.items}
    ratings, preferences = [], []
    for answer in answers:
        item = items[answer["item"]]
        for rated in sorted(answer["ratings"], key=lambda one: int(one["option"])):
            ratings += [
                Rating(
                    id=item.id,
                    option=str(rated["option"]),
                    system=system,
                    rater=answer["rater"],
                    semantic=int(rated["semantic"]),
                    naturalness=int(rated["naturalness"]),
                    misleading=bool(rated["misleading"]),
                )
                for system in item.options[int(rated["option"]) - 1].systems
            ]
        best = answer["preference"]
        systems = () if best is None else item.options[best - 1].systems
        preferences.append(Preference(id=item.id, rater=answer["rater"], systems=systems))
    return Ratings(systems=task.systems, ratings=tuple(ratings), preferences=tuple(preferences))


def _record(where: str, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as exc:
        raise UsageError(f"{where}: no JSON ({exc})") from exc
    if not isinstance(record, dict):
        raise UsageError(f"{where}: no JSON object")
    if missing := [name for name in _TEXTS if not isinstance(record.get(name), str)]:
        raise UsageError(f"{where}: no record of the rater page ({missing[0]} is missing)")
    return record


def _check(where: str, record: dict[str, Any], items: dict[str, TaskItem]) -> None:
    item = items.get(record.get("item", ""))
    if item is None:
        raise UsageError(f"{where}: no item {record.get('item')!r} in this task")
    shown, rated = range(1, len(item.options) + 1), record.get("ratings")
    if not isinstance(rated, list) or not all(isinstance(one, dict) for one in rated):
        raise UsageError(f"{where}: ratings must be a list")
    if sorted(str(one.get("option")) for one in rated) != sorted(map(str, shown)):
        raise UsageError(f"{where}: {item.name} has the answers 1 to {len(item.options)}, and not each is rated once")
    for one in rated:
        scale_value(where, "semantic", one.get("semantic"))
        scale_value(where, "naturalness", one.get("naturalness"))
        yes_or_no(where, "misleading", one.get("misleading"))
    best = record.get("preference", "")
    if best is not None and (isinstance(best, bool) or best not in shown):
        raise UsageError(f"{where}: preference must be an answer of {item.name} or null, got {best!r}")
