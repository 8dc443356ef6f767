"""What is to be compared, before any run is read: the same for a plan and for folders given by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.experiment.comparison.facts import Published, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One run that belongs to the table."""

    variant: str
    """Name of its variant."""
    seed: int
    """Its seed; -1 where nobody knows."""
    path: Path
    """Its folder."""
    label: str
    """The folder as the report calls it."""
    state: State
    """What is known without reading it; "done" is read."""
    reason: str | None = None
    """Why it is not done."""
    hint: str | None = None
    """What to do about it."""
    log_tail: tuple[str, ...] = ()
    """Last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One variant: runs that differ in their seed alone."""

    name: str
    """Unique."""
    hypothesis: str | None
    """The plan's words."""
    changes: dict[str, Any]
    """Keys of the recipe that differ from the base, with this variant's value."""
    members: tuple[Member, ...]
    """Its runs by rising seed; not empty."""
    when: str | None = None
    """The plan's condition for running it, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Everything that goes into one report."""

    name: str
    """Title."""
    groups: tuple[Group, ...]
    """The base first."""
    baselines: Path | None
    """`baselines.parquet` of a plan, which may be missing; None takes those of the first run that was evaluated."""
    targets: dict[str, float]
    """"jaccard", "outside_top", "exact_match" to what the plan asks for at least."""
    published: tuple[Published, ...]
    """Figures of older work."""
    out: Path
    """Folder that the report is written to where nobody says otherwise."""
