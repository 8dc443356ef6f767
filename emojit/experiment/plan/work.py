"""One call of a plan at work: starts trainings where there is room, looks how they end, and keeps `status.json` true."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Never

from emojit.dataset.folder import write_json
from emojit.errors import StudentError, UsageError
from emojit.experiment.layout import PlanFolder, RunFailure
from emojit.experiment.plan.estimate import Expectation, duration, finished_runs
from emojit.experiment.plan.finished import finished
from emojit.experiment.plan.folders import data_changed, look, make_room, progress_of
from emojit.experiment.plan.process import Orphan, Training, is_alive
from emojit.experiment.plan.resolve import PlanData, PlannedRun, ResolvedPlan
from emojit.experiment.plan.schedule import Schedule
from emojit.experiment.plan.scores import is_finished, validation_scores
from emojit.logs import progress

if TYPE_CHECKING:
    from tqdm import tqdm

_POLL = 0.1
"""Pause between two looks at the processes (s)."""
_BAR = 5.0
"""Pause between two estimates of the time left (s)."""


class Work:
    """The runs of a plan, on their way."""

    def __init__(
        self,
        plan: ResolvedPlan,
        folder: PlanFolder,
        data: PlanData,
        *,
        any_code: bool,
        say: Callable[[str], None],
        command: Sequence[str],
    ) -> None:
        """Find out what is done already; see `emojit.experiment.plan.run.run_plan` for the arguments."""
        self._plan, self._folder, self._data = plan, folder, data
        self._any_code, self._say, self._command = any_code, say, command
        self._bar: tqdm[Never] | None = None
        self._jobs = 1
        self._working: dict[int, tuple[PlannedRun, Training | Orphan]] = {}
        self._told: set[tuple[str, int]] = set()
        self._before: dict[tuple[str, int], float] = {}
        self._pids: dict[tuple[str, int], int | None] = {}
        with contextlib.suppress(UsageError):  # with a damaged file only times and process numbers of before are lost
            known = {(status.variant, status.seed): status for status in folder.statuses()}
            self._before = {key: status.seconds for key, status in known.items() if status.seconds is not None}
            self._pids = {key: status.pid for key, status in known.items()}
        found = finished(plan, folder, data, any_code=any_code)
        self.schedule = Schedule(plan, found.scores, self._before, found.reasons)
        if found.scores:
            self._tell(f"{len(found.scores)} of {len(plan.runs)} runs are done already")
        for (variant, seed), exc in found.damaged.items():
            self._fail(variant, seed, RunFailure(message=str(exc), hint=exc.hint, exit_code=0, log=""), "is damaged")
        for key in found.scores:
            folder.failure(*key).unlink(missing_ok=True)  # of a damaged file that somebody has put right
        self._save()

    def all(self, slots: Sequence[Mapping[str, str]], *, quiet: bool) -> None:
        """Train until nothing is left; an interruption stops what is running and leaves it to be resumed.

        Args:
            slots: what each of the trainings side by side adds to the environment.
            quiet: no bar.
        """
        self._jobs = len(slots)
        working = self._working
        looked = 0.0
        with progress(total=len(self._plan.runs), label=self._plan.config.name, unit="run", quiet=quiet) as bar:
            self._bar = bar
            try:
                while True:
                    for slot in [slot for slot, (_, training) in working.items() if training.over()]:
                        self._finish(*working.pop(slot))
                    for slot, environment in enumerate(slots):
                        if slot not in working and (run := self.schedule.next()) is not None:
                            self._start(run, slot, environment)
                    bar.update(len(self._plan.runs) - len(self.schedule.left()) - bar.n)
                    if not working:
                        return
                    if not bar.disable and time.monotonic() - looked > _BAR:
                        looked = time.monotonic()
                        bar.set_postfix_str(f"{', '.join(run.label for run, _ in working.values())}; {self._left()}")
                    time.sleep(_POLL)
            except BaseException:
                for _, training in working.values():
                    training.ask()  # all of them first: each may take its time for a checkpoint
                for run, training in working.values():
                    training.stop()
                    self.schedule.stopped(run, self._seconds(run, training))
                self._save()
                raise

    def _start(self, run: PlannedRun, slot: int, environment: Mapping[str, str]) -> None:
        folder, key = self._folder, (run.variant, run.seed)
        log = folder.log(*key)
        if is_alive(log):
            self._working[slot] = run, Orphan(log)
            pid = self._pids.get(key)
            self._tell(
                f"{run.label}: is still being trained since before{f' by process {pid}' if pid else ''}; waiting for it"
            )
            self.schedule.running(run, pid)
            self._save()
            return
        resume = make_room(folder, run, self._data, any_code=self._any_code)
        if not resume:
            self._before.pop(key, None)
        command = [*self._command, "train", str(folder.recipe(*key)), "--dataset", self._data.dataset]
        if self._data.commit is not None:
            command += ["--revision", self._data.commit]
        command += ["--out", str(folder.run(*key)), *(["--resume"] if resume else [])]
        training = Training(command, log, environment)
        self._working[slot] = run, training
        self._tell(f"{run.label}: {'goes on' if resume else 'begins'}")
        self.schedule.running(run, training.pid)
        self._save()

    def _finish(self, run: PlannedRun, training: Training | Orphan) -> None:
        key, seconds = (run.variant, run.seed), self._seconds(run, training)
        state = look(self._folder, run, self._data, any_code=self._any_code).state
        if isinstance(training, Orphan) and state != "done":
            # It was killed as well, or it was one of other settings: now it is this run's turn.
            self.schedule.stopped(run, seconds)
            return
        failure = self._failure(run, training)
        if failure is None:
            scores = validation_scores(self._folder.run(*key))
            self.schedule.done(run, scores, seconds)
            self._tell(
                f"{run.label}: validation Jaccard {scores.jaccard:.4f} after {duration(seconds)}; {self._left()}"
            )
        else:
            self.schedule.failed(run, failure.message, seconds)
            self._fail(*key, failure, f"FAILED after {duration(seconds)}")
        self._save()

    def _fail(self, variant: str, seed: int, failure: RunFailure, what: str) -> None:
        write_json(self._folder.failure(variant, seed), asdict(failure))
        self._tell(f"{variant} seed {seed}: {what}: {failure.message}")
        if failure.hint:
            self._tell(f"  hint: {failure.hint}")

    def _failure(self, run: PlannedRun, training: Training | Orphan) -> RunFailure | None:
        """Return why a run that is over failed; None where it did not."""
        path = self._folder.run(run.variant, run.seed)
        if not is_finished(path):
            message = f"the training ended without {path / 'run.json'}"
            return training.failure() or RunFailure(message=message, hint=None, exit_code=0, log="")
        if data_changed(self._folder, run, self._data):
            return RunFailure(
                message=f"{self._data.dataset} was changed while the plan was running",
                hint="run the plan again: what learned from other data is put aside",
                exit_code=0,
                log="",
            )
        try:
            validation_scores(path)
        except StudentError as exc:
            return RunFailure(message=str(exc), hint=exc.hint, exit_code=0, log="")
        return None

    def _save(self) -> None:
        for status in self.schedule.statuses:
            key = (status.variant, status.seed)
            if status.state == "skipped" and key not in self._told:
                self._told.add(key)
                self._tell(f"{status.variant} seed {status.seed}: skipped, for {status.reason}")
        self._folder.write_statuses(self.schedule.statuses)

    def _tell(self, line: str) -> None:
        """Say something above the bar."""
        if self._bar is None or self._bar.disable:
            self._say(line)
            return
        with self._bar.external_write_mode(file=sys.stderr):
            self._say(line)

    def _seconds(self, run: PlannedRun, training: Training | Orphan) -> float:
        return round(self._before.get((run.variant, run.seed), 0.0) + training.seconds, 1)

    def _left(self) -> str:
        """Return how long the rest takes at most, in words."""
        expected = finished_runs(self._plan, self._folder, list(self.schedule.scores))
        running = {}
        for run, training in self._working.values():
            done = progress_of(self._folder, run)
            whole = training.seconds / done if done else None
            running[run.variant, run.seed] = (training.seconds, whole)
        if expected is None:
            known = [whole for _, whole in running.values() if whole is not None]
            if not known:
                return "time left not known yet"
            expected = Expectation(by_run={(r.variant, r.seed): max(known) for r in self._plan.runs}, how="")
        seconds = 0.0
        for run in self.schedule.left():
            spent, whole = running.get((run.variant, run.seed), (0.0, None))
            seconds += max(0.0, (whole or expected.by_run[run.variant, run.seed]) - spent)
        return f"about {duration(seconds / self._jobs)} left" if seconds else "nothing left"
