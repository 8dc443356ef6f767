"""How many threads a runtime computes with: torch obeys these two by itself, ONNX Runtime and CTranslate2 do not."""

from __future__ import annotations

import os


def threads() -> int:
    """Return `OMP_NUM_THREADS`, or the cores that this process may use (count)."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given):
        return int(given)
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
