"""A figure with its bootstrap interval, the unit of every report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over rows with its bootstrap interval."""

    mean: float
    """The mean itself."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The bootstrap interval of a figure that stands elsewhere."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""
