"""What a plan would do, without doing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.estimate import finished_runs, timed_steps
from emojit.experiment.plan.finished import finished
from emojit.experiment.plan.process import COMMAND, gpus
from emojit.experiment.plan.resolve import ResolvedPlan, read_data
from emojit.experiment.plan.run import check_folder
from emojit.experiment.plan.schedule import Schedule
from emojit.experiment.plan.tree import PlanView


def view_plan(
    plan: ResolvedPlan,
    folder: PlanFolder,
    *,
    jobs: int | None = None,
    any_code: bool = False,
    timing: bool = True,
    say: Callable[[str], None],
    command: Sequence[str] = COMMAND,
) -> PlanView:
    """Return the tree of a plan, how far it is, and how long the rest takes.

    Args:
        plan: the plan.
        folder: where it lies; nothing is written there.
        jobs: trainings side by side (count); None takes one per GPU, or one.
        any_code: a run that other code made counts as done.
        timing: where no run has finished, time a few steps of the base.
        say: called with one line before that, for it takes a while.
        command: how emojit is called.

    Raises:
        UsageError: the folder belongs to another plan.
        DatasetError: the data set cannot be read.
        EmojitError: the base cannot be trained.
    """
    check_folder(plan, folder)
    jobs = jobs or max(1, len(gpus()))
    if plan.config.dataset is None:
        return PlanView(plan=plan, data=None, statuses=Schedule(plan, {}, {}).statuses, expectation=None, jobs=jobs)
    data = read_data(plan)
    found = finished(plan, folder, data, any_code=any_code)
    expectation = finished_runs(plan, folder, list(found.scores))
    if expectation is None and timing:
        say("timing a few steps of the base …")
        expectation = timed_steps(plan, data, command=command)
    schedule = Schedule(plan, found.scores, {}, found.reasons)
    return PlanView(plan=plan, data=data, statuses=schedule.statuses, expectation=expectation, jobs=jobs)
