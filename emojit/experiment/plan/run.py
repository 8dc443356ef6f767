"""Runs a plan: as many trainings side by side as the machine has GPUs, on after a failed one, and on after kill -9 where it was."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from emojit.errors import UsageError
from emojit.experiment.layout import PLAN, PlanFolder, RunStatus
from emojit.experiment.plan.answers import write_baselines
from emojit.experiment.plan.process import COMMAND, environments, gpus
from emojit.experiment.plan.resolve import ResolvedPlan, read_data
from emojit.experiment.plan.scores import Scores
from emojit.experiment.plan.work import Work

_LOCK = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """How a plan ended."""

    folder: PlanFolder
    """Where everything lies."""
    statuses: tuple[RunStatus, ...]
    """How every run ended, in the order of the plan."""
    scores: dict[tuple[str, int], Scores]
    """Validation scores of the runs that are done, by variant and seed."""
    baselines: str | None
    """Why the simple models have no answers; None where they have."""
    seconds: float
    """Wall time (s)."""

    @property
    def failed(self) -> tuple[RunStatus, ...]:
        """The runs that failed."""
        return tuple(status for status in self.statuses if status.state == "failed")

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        runs = []
        for status in self.statuses:
            scores = self.scores.get((status.variant, status.seed))
            runs.append({**asdict(status), "validation": None if scores is None else asdict(scores)})
        return {
            "out": str(self.folder.path),
            "runs": runs,
            "failed": len(self.failed),
            "baselines": None if self.baselines else str(self.folder.baselines),
            "no_baselines_because": self.baselines,
            "seconds": self.seconds,
        }


def run_plan(
    plan: ResolvedPlan,
    folder: PlanFolder,
    *,
    jobs: int | None = None,
    any_code: bool = False,
    say: Callable[[str], None],
    quiet: bool = False,
    command: Sequence[str] = COMMAND,
) -> PlanResult:
    """Train every run of a plan whose turn comes, except those that are done.

    Args:
        plan: the plan.
        folder: where it lies; what is done there stays.
        jobs: trainings side by side (count); None takes one per GPU, or one.
        any_code: a run that other code made counts as done.
        say: called with one line per event.
        quiet: no bar.
        command: how emojit is called.

    Raises:
        UsageError: no data set is named, a baseline is unknown, the folder belongs to another plan, or somebody else is running it.
        DatasetError: the data set cannot be read.
    """
    started = time.monotonic()
    data = read_data(plan)
    check_folder(plan, folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        folder.write_plan(plan.config)
        for note in plan.notes:
            say(f"warning: {note}")
        devices = gpus()
        work = Work(plan, folder, data, any_code=any_code, say=say, command=command)
        baselines = write_baselines(plan, folder, data, say)
        work.all(environments(jobs or max(1, len(devices)), devices), quiet=quiet)
    return PlanResult(
        folder=folder,
        statuses=work.schedule.statuses,
        scores=dict(work.schedule.scores),
        baselines=baselines,
        seconds=round(time.monotonic() - started, 1),
    )


def check_folder(plan: ResolvedPlan, folder: PlanFolder) -> None:
    """Make sure that a folder is free for this plan, or its own.

    Raises:
        UsageError: it holds another plan, or something else.
    """
    if (folder.path / PLAN).is_file():
        name = folder.plan.name
        if name != plan.config.name:
            raise UsageError(
                f"{folder.path} holds the plan {name!r}, this is {plan.config.name!r}", hint="give another --out"
            )
    elif folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise UsageError(
            f"{folder.path} holds something else than a plan", hint="give a folder that is not there as --out"
        )


@contextmanager
def _alone(folder: PlanFolder) -> Iterator[None]:
    """Keep a second run of the same plan out; the lock is gone when this process is, however it ends."""
    with (folder.path / _LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            file.seek(0)
            raise UsageError(
                f"{folder.path}: process {file.read().strip() or '?'} is running this plan already",
                hint="wait for it, or give another --out",
            ) from exc
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
