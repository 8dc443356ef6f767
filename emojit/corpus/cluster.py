"""The scan of a corpus on an existing engine: datatrove's executors for one machine, Slurm and Ray. We write no scheduler.

Every task is one call of `write_shard`; datatrove starts the tasks, marks finished ones and leaves them out when it runs again. What comes after, in
corpus order and with the filters that remember, is done once, by whoever reads the shards: here for the engines that wait until their tasks are done,
in a job of its own on Slurm, which does not.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emojit.corpus.articles import RowReader
from emojit.corpus.opened import Opened
from emojit.corpus.shards import write_shard
from emojit.corpus.sources import ArticleSource
from emojit.errors import CorpusError, MissingExtraError
from emojit.recipe import FilterConfig

Engine = Literal["process", "datatrove-local", "datatrove-slurm", "datatrove-ray"]
"""Who runs the scan: processes of this command, or an executor of datatrove."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How a scan is run on datatrove.

    Attributes:
        engine: which executor.
        tasks: into how many tasks the scan is cut (count).
        workers: tasks that run at the same time (count).
        partition: of the Slurm cluster.
        time_limit: of a Slurm task, such as "24:00:00".
    """

    engine: Engine
    tasks: int
    workers: int
    partition: str | None = None
    time_limit: str = "24:00:00"

    def __post_init__(self) -> None:
        if self.engine == "datatrove-slurm" and self.partition is None:
            raise CorpusError("Slurm needs the name of a partition", hint="give --partition, see `sinfo`")


@dataclass(frozen=True, slots=True)
class ScanStep:
    """One step of a datatrove pipeline: scans what belongs to a task into its shard."""

    opened: Opened
    reader: RowReader
    filters: FilterConfig
    folder: Path

    def __call__(self, data: object, rank: int, world_size: int) -> None:
        """Scan; datatrove gives (nothing, the task, the number of tasks)."""
        write_shard(self.opened, self.reader, self.filters, self.folder, rank, world_size)

    def __repr__(self) -> str:
        """Return what the logs of datatrove call it."""
        return f"emojit: scan {self.reader.name}"


@dataclass(frozen=True, slots=True)
class LastStep:
    """The step after all tasks: one call, on one machine."""

    work: Callable[[], object]

    def __call__(self, data: object, rank: int, world_size: int) -> None:
        """Do it."""
        self.work()


def shards_folder(work: Path) -> Path:
    """Return where the shards stand in a working folder."""
    return work / "shards"


def run_scan(
    source: ArticleSource, filters: FilterConfig, job: Job, work: Path, *, finish: Callable[[], object]
) -> bool:
    """Scan a corpus on datatrove.

    Args:
        source: the corpus.
        filters: of the recipe.
        job: the executor and its size.
        work: a folder that every task can reach; finished tasks in it are not repeated.
        finish: what is to be done with the shards where the engine does not wait for its tasks; must be picklable.

    Returns:
        Whether the shards are there now. False for Slurm, where `finish` runs as a job behind the others.

    Raises:
        CorpusError: as reading the corpus, or a task failed.
        MissingExtraError: datatrove or ray is not installed.
    """
    scan, last = make_executors(source, filters, job, work, finish=finish)
    if last is None:
        scan.run()
        return True
    if shutil.which("sbatch") is None:
        raise CorpusError("no `sbatch` on this machine", hint="run the command where Slurm jobs are submitted")
    try:
        last.run()
    except subprocess.CalledProcessError as exc:
        raise CorpusError(
            f"sbatch refused the jobs (exit {exc.returncode})", hint="see what it printed above"
        ) from exc
    return False


def make_executors(
    source: ArticleSource, filters: FilterConfig, job: Job, work: Path, *, finish: Callable[[], object]
) -> tuple[Any, Any]:
    """Return the executor of the scan, and on Slurm the one that comes after it, else None; see `run_scan`."""
    _require("datatrove")
    step = ScanStep(source.opened, source.reader, filters, shards_folder(work).absolute())
    logs = str((work / "logs").absolute())
    if job.engine == "datatrove-slurm":
        from datatrove.executor.slurm import SlurmPipelineExecutor

        common = {"time": job.time_limit, "partition": job.partition, "cpus_per_task": 1, "mem_per_cpu_gb": 4}
        scan = SlurmPipelineExecutor(
            [step], tasks=job.tasks, workers=job.workers, job_name="emojit-scan", logging_dir=logs, **common
        )
        last = SlurmPipelineExecutor(
            [LastStep(finish)], tasks=1, job_name="emojit-corpus", logging_dir=f"{logs}-last", depends=scan, **common
        )
        return scan, last
    if job.engine == "datatrove-ray":
        _require("ray")
        from datatrove.executor.ray import RayPipelineExecutor

        return RayPipelineExecutor([step], tasks=job.tasks, workers=job.workers, logging_dir=logs), None
    from datatrove.executor.local import LocalPipelineExecutor

    return (
        LocalPipelineExecutor([step], tasks=job.tasks, workers=job.workers, logging_dir=logs, start_method="spawn"),
        None,
    )


def _require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingExtraError(
            f"this engine needs `{package}`",
            hint="pip install 'emojit[cluster]'" if package == "datatrove" else "pip install ray",
        )
