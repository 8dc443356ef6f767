"""What a run tells about its batch jobs while it waits: a bar for the terminal, a log line for every change."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Never

from emojit.logs import progress

if TYPE_CHECKING:
    from tqdm import tqdm

    from emojit.teacher.batch_api import RemoteJob

logger = logging.getLogger(__name__)


class BatchProgress:
    """The jobs of one run, as one bar."""

    def __init__(self, *, quiet: bool) -> None:
        """Show nothing yet; `quiet` switches the bar off."""
        self._quiet = quiet
        self._jobs: dict[str, RemoteJob] = {}
        self._totals: dict[str, int] = {}
        self._bar: tqdm[Never] | None = None

    def show(self, job: RemoteJob, questions: int) -> None:
        """Tell how a job stands.

        Args:
            job: what the endpoint says about it.
            questions: questions in it (count); while it is validated the endpoint does not know its total.
        """
        if self._jobs.get(job.id) == job:
            return
        self._jobs[job.id], self._totals[job.id] = job, questions
        logger.info(
            "batch job=%s state=%s completed=%d failed=%d total=%d",
            job.id,
            job.status,
            job.done,
            job.failed,
            questions,
        )
        if self._bar is None:
            self._bar = progress(total=questions, label="batch jobs", unit="question", quiet=self._quiet)
        self._bar.total = sum(self._totals.values())
        self._bar.n = sum(one.done + one.failed for one in self._jobs.values())
        states = Counter(one.status for one in self._jobs.values())
        failed = sum(one.failed for one in self._jobs.values())
        self._bar.set_postfix_str(", ".join([*(f"{n} {state}" for state, n in states.items()), f"{failed} failed"]))

    def close(self) -> None:
        """Take the bar away and forget the jobs."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None
        self._jobs.clear()
        self._totals.clear()
