"""Wall time of a run by step."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Runs from its making on."""

    def __init__(self) -> None:
        self.started = datetime.now(tz=UTC)
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Give the time since the last call a name."""
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 1)
        self._last = now
