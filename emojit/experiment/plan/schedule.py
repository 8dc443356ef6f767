"""The states of all runs of a plan, and which one is next. Pure bookkeeping: nothing is started here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from emojit.experiment.layout import RunStatus, State
from emojit.experiment.plan.conditions import Outcome, decide
from emojit.experiment.plan.resolve import PlannedRun, ResolvedPlan
from emojit.experiment.plan.scores import Scores, mean

Key = tuple[str, int]
"""Variant and seed."""


class Schedule:
    """Knows of every run whether it is pending, running, done, failed or skipped."""

    def __init__(
        self,
        plan: ResolvedPlan,
        scores: Mapping[Key, Scores],
        seconds: Mapping[Key, float],
        damaged: Mapping[Key, str] | None = None,
    ) -> None:
        """Begin with the runs that are done.

        Args:
            plan: the plan.
            scores: of each run that is done.
            seconds: of the runs of which it is known (s).
            damaged: why a run that was finished cannot be read any more: it has failed, and is not trained again before somebody has looked.
        """
        self._plan = plan
        self._scores = dict(scores)
        damaged = damaged or {}

        def begun(key: Key) -> State:
            return "done" if key in scores else "failed" if key in damaged else "pending"

        keys = [(run.variant, run.seed) for run in plan.runs]
        self._status = {
            key: RunStatus(
                variant=key[0], seed=key[1], state=begun(key), reason=damaged.get(key), seconds=seconds.get(key)
            )
            for key in keys
        }
        self.settle()

    @property
    def statuses(self) -> tuple[RunStatus, ...]:
        """How far every run is, in the order of the plan."""
        return tuple(self._status.values())

    @property
    def scores(self) -> Mapping[Key, Scores]:
        """Validation scores of the runs that are done."""
        return self._scores

    def status(self, run: PlannedRun) -> RunStatus:
        """Return how far a run is."""
        return self._status[run.variant, run.seed]

    def next(self) -> PlannedRun | None:
        """Return the first run whose turn it is, or None while all that is left waits for others, or nothing is left."""
        outcomes = self._outcomes()
        for variant in self._plan.variants:
            waiting = [run for run in self._plan.of(variant.name) if self.status(run).state == "pending"]
            if waiting and decide(variant.when, outcomes, self._plan.config.success)[0] == "run":
                return waiting[0]
        return None

    def left(self) -> tuple[PlannedRun, ...]:
        """Return the runs that are neither over nor skipped, in the order of the plan."""
        return tuple(run for run in self._plan.runs if self.status(run).state in ("pending", "running"))

    def running(self, run: PlannedRun, pid: int | None) -> None:
        """Note that a run has been started."""
        self._set(run, "running", pid=pid)

    def done(self, run: PlannedRun, scores: Scores, seconds: float) -> None:
        """Note that a run has ended well, and skip what need not be run any more."""
        self._scores[run.variant, run.seed] = scores
        self._set(run, "done", seconds=seconds)
        self.settle()

    def failed(self, run: PlannedRun, reason: str, seconds: float) -> None:
        """Note that a run has failed, and skip what need not be run any more."""
        self._set(run, "failed", reason=reason, seconds=seconds)
        self.settle()

    def stopped(self, run: PlannedRun, seconds: float) -> None:
        """Note that a run was stopped before its end and will go on."""
        self._set(run, "pending", seconds=seconds)

    def settle(self) -> None:
        """Skip the variants whose conditions do not hold; that may settle the next ones."""
        changed = True
        while changed:
            changed = False
            outcomes = self._outcomes()
            for variant in self._plan.variants:
                decision, reason = decide(variant.when, outcomes, self._plan.config.success)
                waiting = [run for run in self._plan.of(variant.name) if self.status(run).state == "pending"]
                if decision == "skip" and waiting:
                    for run in waiting:
                        self._set(run, "skipped", reason=reason)
                    changed = True

    def _set(
        self,
        run: PlannedRun,
        state: State,
        *,
        reason: str | None = None,
        seconds: float | None = None,
        pid: int | None = None,
    ) -> None:
        known = self.status(run)
        self._status[run.variant, run.seed] = dataclasses.replace(
            known, state=state, reason=reason, pid=pid, seconds=known.seconds if seconds is None else seconds
        )

    def _outcomes(self) -> dict[str, Outcome]:
        """Return how each variant went of which every run is over."""
        found = {}
        for variant in self._plan.variants:
            states = [self.status(run).state for run in self._plan.of(variant.name)]
            if "pending" in states or "running" in states:
                continue
            scores = mean([score for (name, _), score in self._scores.items() if name == variant.name])
            state = "done" if scores else "failed" if "failed" in states else "skipped"
            found[variant.name] = Outcome(scores=scores, state=state)  # type: ignore[arg-type]
        return found
