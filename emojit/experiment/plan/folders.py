"""The folder of a run before and after its training: is it done, does it go on, does it belong to other settings and must make room."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.identity import difference, identity_of, read_identity, write_identity
from emojit.experiment.plan.resolve import PlanData, PlannedRun
from emojit.experiment.plan.scores import RECORD, is_finished
from emojit.recipe import dump

logger = logging.getLogger(__name__)

_CONFIG = "config.yaml"
"""A run folder that has it can be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in the place of a run."""

    state: Literal["nothing", "begun", "done", "other"]
    """"other": a run that is not the one of the plan."""
    why: str | None = None
    """In what it differs."""


def look(folder: PlanFolder, run: PlannedRun, data: PlanData, *, any_code: bool) -> Found:
    """Return what lies in the place of a run.

    Args:
        folder: the plan on disk.
        run: the run.
        data: the data set.
        any_code: take a run of other code for the same.
    """
    path = folder.run(run.variant, run.seed)
    if not path.exists():
        return Found(state="nothing")
    known = read_identity(folder.identity(run.variant, run.seed))
    if (why := difference(known, identity_of(run, data), any_code=any_code)) is not None:
        return Found(state="other", why=why)
    if is_finished(path):
        return Found(state="done")
    if (path / RECORD).exists():
        return Found(state="other", why="its predictions are missing")
    return Found(state="begun" if (path / _CONFIG).is_file() else "nothing")


def make_room(folder: PlanFolder, run: PlannedRun, data: PlanData, *, any_code: bool) -> bool:
    """Make the place of a run ready for its training, and write down with what it is begun; return whether it goes on with what is there.

    A run of other settings, data or code is put aside, not deleted: it may have taken hours.
    """
    found = look(folder, run, data, any_code=any_code)
    path, identity = folder.run(run.variant, run.seed), folder.identity(run.variant, run.seed)
    if found.state == "other":
        aside = _free(folder, run)
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.rename(aside)
        if identity.exists():
            identity.rename(aside / identity.name)
        logger.warning("%s: the run that was there is put aside in %s: %s", run.label, aside, found.why)
    elif found.state == "nothing" and path.exists():  # killed before it had written anything
        shutil.rmtree(path)
    folder.failure(run.variant, run.seed).unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if found.state != "begun":
        write_identity(identity, identity_of(run, data))
    recipe = folder.recipe(run.variant, run.seed)
    recipe.parent.mkdir(exist_ok=True)
    recipe.write_text(dump(run.recipe), encoding="utf-8", newline="\n")
    return found.state == "begun"


def data_changed(folder: PlanFolder, run: PlannedRun, data: PlanData) -> bool:
    """Whether a finished run learned from other data than the plan began with: a build folder may be replaced while it runs."""
    table = json.loads((folder.run(run.variant, run.seed) / RECORD).read_text(encoding="utf-8"))
    return bool(table["data"]["fingerprints"] != data.fingerprints)


def seconds_of(folder: PlanFolder, run: PlannedRun) -> float | None:
    """Return the wall time that a finished run says it took, in one piece (s), or None where it was resumed or does not say."""
    try:
        table = json.loads((folder.run(run.variant, run.seed) / RECORD).read_text(encoding="utf-8"))
        return None if table["training"]["resumed_from"] is not None else float(table["seconds"]["total"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def progress_of(folder: PlanFolder, run: PlannedRun) -> float:
    """Return how much of a run that is being trained is done by its newest checkpoint, in [0, 1]; early stopping may end it sooner."""
    states = folder.run(run.variant, run.seed).glob("checkpoints/checkpoint-*/trainer_state.json")
    done = 0.0
    for path in states:
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            done = max(done, table["global_step"] / table["max_steps"])
        except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
            continue  # it is being written, or deleted
    return min(done, 1.0)


def _free(folder: PlanFolder, run: PlannedRun) -> Path:
    number = 1
    while (path := folder.old / f"{run.variant}-seed-{run.seed}-{number}").exists():
        number += 1
    return path
