"""Starting the child that reads a file, and remembering what it said."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from emojit.localhub.preview.cells import Cell

KINDS = {".parquet": "parquet", ".jsonl": "jsonl", ".csv": "csv", ".tsv": "tsv"}
"""What can be previewed, by the end of the name."""

MEMORY_BYTES = 1024**3
"""Address space of the child. The Parquet reader takes a third of it before it has read a byte."""

_TIMEOUT_S = 15.0
_WAIT_S = 10.0
_AT_ONCE = 2
_AT_THE_DOOR = 8
"""Requests that make a preview or wait for it; every further one is sent away, so that threads are left for everybody else."""
_REMEMBERED = 128
_MAX_ANSWER_BYTES = 2 * 1024 * 1024
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
"""The child needs no more of the environment, least of all tokens."""

NOT_WITHIN_LIMITS = "it needs more memory or time than a preview may take"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a page shows of a data file: rows, or why there are none."""

    columns: Sequence[tuple[str, str]] = ()
    """Name and type."""
    rows: Sequence[Sequence[Cell]] = ()
    total_rows: int | None = None
    total_columns: int = 0
    problem: str | None = None
    """Why nothing is shown; None when all is well."""


_BUSY = Preview(problem="other previews are being made; load the page again")


class Previews:
    """Previews of one Hub, each made once per content."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        """Begin with none.

        Args:
            memory_bytes: what the process that reads a file may take, its own code included.
        """
        self._memory_bytes = memory_bytes
        self._door = threading.BoundedSemaphore(_AT_THE_DOOR)
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, str], Preview] = OrderedDict()

    def of(self, path: Path, *, kind: str, content: str) -> Preview:
        """The preview of a file.

        Args:
            path: where its bytes lie.
            kind: a value of `KINDS`.
            content: names the bytes, e.g. their sha256; the same name is never read twice.
        """
        key = (kind, content)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        if not self._door.acquire(blocking=False):
            return _BUSY
        try:
            if not self._places.acquire(timeout=_WAIT_S):
                return _BUSY
            try:
                preview = _run(path, kind, self._memory_bytes)
            finally:
                self._places.release()
        finally:
            self._door.release()
        with self._lock:
            # Failures are remembered, too: a file that costs fifteen seconds shall do so once.
            self._made[key] = preview
            while len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return preview


def _run(path: Path, kind: str, memory_bytes: int) -> Preview:
    if importlib.util.find_spec("resource") is None:
        return Preview(problem="this system cannot bound the process that would read it")
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment |= {
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the other pools reserve more addresses than the child may have
        "OMP_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-P", "-m", "emojit.localhub.preview.child", kind, str(path), str(memory_bytes)]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Preview(problem=NOT_WITHIN_LIMITS)
    if done.returncode != 0 or len(done.stdout) > _MAX_ANSWER_BYTES:
        return Preview(problem=NOT_WITHIN_LIMITS)
    return _read(done.stdout)


def _read(answer: bytes) -> Preview:
    try:
        data = json.loads(answer)
    except ValueError:
        return Preview(problem=NOT_WITHIN_LIMITS)
    if "table" not in data:
        return Preview(problem=str(data.get("problem")))
    table = data["table"]
    return Preview(
        columns=[(str(name), str(kind)) for name, kind in table["columns"]],
        rows=cast("list[list[Cell]]", table["rows"]),
        total_rows=table["total_rows"],
        total_columns=table["total_columns"],
    )
