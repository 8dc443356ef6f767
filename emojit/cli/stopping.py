"""SIGTERM as a second Ctrl-C: `kill`, `timeout`, systemd and Slurm end a long command in the way that cleans up and says so."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

INTERRUPTED = 130
"""Exit code of what Ctrl-C ended, 128 + SIGINT: what a shell expects, and what Typer gives."""


@contextlib.contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM do within this block what Ctrl-C does: partial folders go, and the command ends with exit code 130."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # The handler of the moment, for asyncio has one of its own. A shell's background job ignores SIGINT, and has none.
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(number, frame)
