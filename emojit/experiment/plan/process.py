"""One training in a process of its own: what kills it takes no other run along, and a GPU's memory is free again when it ends.

Its log is its lock. The process inherits the file, locked, as stdout and stderr, so the lock lasts as long as anything of it lives: a plan that is started
again after its own process was killed sees that the training still goes on, and waits for it in place of beginning a second one in the same folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from emojit.experiment.layout import RunFailure

COMMAND = (sys.executable, "-m", "emojit")
"""How emojit is called."""

_TAIL = 40
"""Lines of a log that are kept of a failure (count)."""
_PATIENCE = 30.0
"""How long a training that was asked to stop may write its last checkpoint (s)."""


class Training:
    """A training that was started here."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            command: the program and its arguments.
            log: the file that stdout and stderr are appended to.
            environment: variables beside those of this process.

        Raises:
            BlockingIOError: a process of before still writes this log.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        with log.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._from = file.tell()
            # A session of its own: Ctrl-C reaches the plan alone, which then stops its trainings one by one.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the start (s)."""
        return round(time.monotonic() - self._started, 1)

    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def failure(self) -> RunFailure | None:
        """Return why it failed; None where it did not. Only for one that is over."""
        code = self._process.returncode
        return None if code == 0 else failure_of(self._log, code, since=self._from)

    def ask(self) -> None:
        """Ask it to stop, which keeps its last checkpoint."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)

    def stop(self) -> None:
        """Wait until it has stopped, and end it where it does not."""
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


class Orphan:
    """A training that a plan of before had started, and that outlived it."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since it was found (s); when it began is not known."""
        return round(time.monotonic() - self._started, 1)

    def over(self) -> bool:
        """Whether it has ended."""
        return not is_alive(self._log)

    def failure(self) -> RunFailure | None:
        """Return what its log ends with, for nobody knows its exit code."""
        return failure_of(self._log, 1)

    def ask(self) -> None:
        """Leave it alone: it is not ours, and goes on as it did without us."""

    def stop(self) -> None:
        """Wait for nothing."""


def is_alive(log: Path) -> bool:
    """Whether a process still writes this log."""
    try:
        with log.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def failure_of(log: Path, exit_code: int, *, since: int = 0) -> RunFailure:
    """Return what a log says about the end of its process.

    Args:
        log: the file.
        exit_code: of the process; negative for a signal.
        since: where this process began to write (bytes).
    """
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
    if exit_code < 0:
        message = f"ended by {signal.Signals(-exit_code).name}"
        hint = "more memory, or fewer --jobs, if the system ended it" if exit_code == -signal.SIGKILL else None
    elif errors:
        message, hint = errors[-1], hints[-1] if hints else None
    else:
        said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        message, hint = f"exit code {exit_code}: {said}", f"read {log}"
    return RunFailure(message=message, hint=hint, exit_code=exit_code, log="\n".join(lines[-_TAIL:]))


def environments(jobs: int, devices: Sequence[str]) -> list[dict[str, str]]:
    """Return what each of several trainings side by side adds to the environment.

    Args:
        jobs: trainings at once (count).
        devices: the GPUs as CUDA_VISIBLE_DEVICES names them; one training has one of them.
    """
    source = str(Path(__file__).resolve().parents[3])
    common = {"PYTHONPATH": os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))}
    if jobs > 1 and not devices and "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        common["OMP_NUM_THREADS"] = str(max(1, cores // jobs))
    if not devices:
        return [common] * jobs
    return [{**common, "CUDA_VISIBLE_DEVICES": devices[slot % len(devices)]} for slot in range(jobs)]


_DRIVERS = ("nvidiactl", "kfd", "dxg")
"""Devices of which one is there where a GPU can be used: NVIDIA, AMD, and Windows' Linux."""


def gpus() -> list[str]:
    """Return the GPUs of this machine as CUDA_VISIBLE_DEVICES names them; empty without one, and without torch."""
    if not any(Path("/dev", name).exists() for name in _DRIVERS):
        return []  # torch would say the same, after seconds
    try:
        import torch
    except ImportError:
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    return [name.strip() for name in visible.split(",")][:count] if visible else [str(index) for index in range(count)]
