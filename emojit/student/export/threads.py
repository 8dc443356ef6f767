"""How many threads a runtime computes with: torch obeys these two by itself, ONNX Runtime and CTranslate2 do not."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def threads() -> int:
    """Return `OMP_NUM_THREADS`, or the cores that this process may use (count)."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given):
        return int(given)
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def torch_threads_kept() -> Iterator[None]:
    """Leave torch the threads that it has, where it is loaded.

    A process has one OpenMP, and CTranslate2 4.8 tells it the threads of every model after the first that it opens. The last bits of what torch computes hang on
    their number: a training of this process would no longer be the one that it was before.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
