"""How long a plan takes: by its finished runs, or by a few timed steps of its base."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import EmojitError
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.folders import seconds_of
from emojit.experiment.plan.process import COMMAND, environments, failure_of
from emojit.experiment.plan.resolve import PlanData, PlannedRun, ResolvedPlan
from emojit.recipe import BASE, TrainRecipe, dump

_EMOJIS = 1906
"""Emoji of the inventory (count): rows that one of `data.emoji_name_rows` adds."""
_UPDATES = (2, 18)
"""Updates of the two timed runs (count); their difference is steps alone."""
_TINY_UPDATES = (2, 130)
"""The same for a small model from nothing, whose steps take milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How long every run is expected to take."""

    by_run: dict[tuple[str, int], float]
    """Variant and seed to seconds."""
    how: str
    """Where this comes from, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timing:
    """What was timed."""

    update_s: float
    """One update of the weights (s)."""
    epoch_s: float
    """Validation and checkpoint at the end of an epoch (s)."""
    rest_s: float
    """Start, reading, tokenizer, answers of the finished student (s)."""


def finished_runs(plan: ResolvedPlan, folder: PlanFolder, done: Iterable[tuple[str, int]]) -> Expectation | None:
    """Return what the finished runs say, or None where none says anything.

    Args:
        plan: the plan.
        folder: the plan on disk.
        done: variant and seed of the runs that are done.
    """
    found: dict[str, list[float]] = {}
    wanted = set(done)
    for run in plan.runs:
        if (run.variant, run.seed) in wanted and (seconds := seconds_of(folder, run)) is not None:
            found.setdefault(run.variant, []).append(seconds)
    if not found:
        return None
    every = [seconds for times in found.values() for seconds in times]
    return Expectation(
        by_run={(run.variant, run.seed): _mean(found.get(run.variant, every)) for run in plan.runs},
        how=f"by {len(every)} finished run{'s' if len(every) > 1 else ''} of this plan",
    )


def timed_steps(plan: ResolvedPlan, data: PlanData, *, command: Sequence[str] = COMMAND) -> Expectation:
    """Train the base twice for a few steps, in a folder that goes away, and reckon from that.

    What is reckoned is the longest that a run takes: early stopping ends it sooner. Stages before the last are not counted.

    Args:
        plan: the plan.
        data: the data set.
        command: how emojit is called.

    Raises:
        EmojitError: the base cannot be trained.
    """
    base = plan.of(BASE)[0].recipe
    timing = _time(base, data, command)
    return Expectation(
        by_run={(run.variant, run.seed): _reckon(run, data, timing) for run in plan.runs},
        how=f"by a few timed steps of the base ({timing.update_s * 1000:,.0f} ms an update); early stopping ends a run sooner",
    )


def duration(seconds: float) -> str:
    """Return a time for people: "45 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def _reckon(run: PlannedRun, data: PlanData, timing: _Timing) -> float:
    recipe = run.recipe
    rows = min(recipe.data.max_train_rows or data.rows["train"], data.rows["train"])
    rows = rows * (1 + len(recipe.data.also_columns)) + recipe.data.emoji_name_rows * _EMOJIS
    updates = math.ceil(rows / (recipe.train.batch_size * recipe.train.gradient_accumulation))
    return timing.rest_s + recipe.train.epochs * (updates * timing.update_s + timing.epoch_s)


def _time(base: TrainRecipe, data: PlanData, command: Sequence[str]) -> _Timing:
    few, more = _UPDATES if base.model.base else _TINY_UPDATES
    first, second = _train(base, data, few, command), _train(base, data, more, command)
    steps, more_steps = first["training"]["steps"], second["training"]["steps"]
    short, longer = first["seconds"]["train"], second["seconds"]["train"]
    rest = first["seconds"]["total"] - short
    if longer <= short or more_steps <= steps:
        # Too few rows, or a machine with much else to do: let the updates have all the time, which is too long rather than too short.
        return _Timing(update_s=longer / more_steps, epoch_s=0.0, rest_s=rest)
    update = (longer - short) / (more_steps - steps)
    epoch = max(0.0, short - steps * update)
    return _Timing(update_s=update, epoch_s=epoch, rest_s=rest)


def _train(base: TrainRecipe, data: PlanData, updates: int, command: Sequence[str]) -> dict[str, Any]:
    """Train for one epoch of so many updates, and return the run's record."""
    rows = updates * base.train.batch_size * base.train.gradient_accumulation
    short = dataclasses.replace(
        base,
        name="timing",
        data=dataclasses.replace(base.data, max_train_rows=rows, emoji_name_rows=0, also_columns=()),
        train=dataclasses.replace(base.train, epochs=1.0, average="none", report_to="none"),
        stages=(),
    )
    with tempfile.TemporaryDirectory(prefix="emojit-timing-") as scratch:
        recipe, log = Path(scratch) / "timing.toml", Path(scratch) / "log"
        recipe.write_text(dump(short), encoding="utf-8", newline="\n")
        arguments = ["train", str(recipe), "--dataset", data.dataset, "--out", str(Path(scratch) / "run")]
        if data.commit is not None:
            arguments += ["--revision", data.commit]
        with log.open("wb") as file:
            done = subprocess.run(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environments(1, [])[0]},
                check=False,
            )
        if done.returncode:
            failure = failure_of(log, done.returncode)
            raise EmojitError(f"the base cannot be trained: {failure.message}", hint=failure.hint)
        record: dict[str, Any] = json.loads((Path(scratch) / "run" / "run.json").read_text(encoding="utf-8"))
    return record


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
