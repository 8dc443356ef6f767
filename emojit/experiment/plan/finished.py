"""Which runs of a plan are done, and which were done and cannot be read any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import StudentError
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.folders import look
from emojit.experiment.plan.resolve import PlanData, ResolvedPlan
from emojit.experiment.plan.scores import AGAIN, RECORD, Scores, validation_scores

Key = tuple[str, int]
"""Variant and seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The finished runs of a plan."""

    scores: dict[Key, Scores]
    """Validation scores of those that can be read."""
    damaged: dict[Key, StudentError]
    """What is wrong with the others."""

    @property
    def reasons(self) -> dict[Key, str]:
        """What is wrong, in words."""
        return {key: str(exc) for key, exc in self.damaged.items()}


def finished(plan: ResolvedPlan, folder: PlanFolder, data: PlanData, *, any_code: bool) -> Finished:
    """Read every run of a plan that is done.

    A damaged one is not put aside and trained again by itself: it took hours, and a copy of its file may be somewhere. It takes no other run along.

    Args:
        plan: the plan.
        folder: the plan on disk.
        data: the data set.
        any_code: a run that other code made counts as done.
    """
    scores: dict[Key, Scores] = {}
    damaged: dict[Key, StudentError] = {}
    for run in plan.runs:
        if look(folder, run, data, any_code=any_code).state != "done":
            continue
        key = (run.variant, run.seed)
        path = folder.run(*key)
        try:
            _check_record(path / RECORD)
            scores[key] = validation_scores(path)
        except StudentError as exc:
            damaged[key] = exc
    return Finished(scores=scores, damaged=damaged)


def _check_record(path: Path) -> None:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        _ = table["data"]["fingerprints"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc!r})", hint=AGAIN) from exc
