"""Runs that are not in the figures, and why, put together for people: the seeds of a variant mostly share one reason."""

from __future__ import annotations

from dataclasses import dataclass

from emojit.experiment.comparison.facts import Comparison, Run, State, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Runs of one variant with one reason."""

    variant: str
    """Its name."""
    seeds: tuple[int, ...]
    """Their seeds."""
    state: State
    """What became of them."""
    reason: str | None
    """Why, in a sentence."""
    hint: str | None
    """What to do about it."""
    log_tail: tuple[str, ...]
    """Last lines of what they said."""


def absent(comparison: Comparison) -> tuple[Absent, ...]:
    """Return the runs that are not in the figures, in their order."""
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in comparison.problems:
        groups.setdefault((run.variant, run.state, run.reason, run.hint, run.log_tail), []).append(run)
    return tuple(
        Absent(
            variant=runs[0].variant,
            seeds=tuple(run.seed for run in runs),
            state=runs[0].state,
            reason=runs[0].reason,
            hint=runs[0].hint,
            log_tail=runs[0].log_tail,
        )
        for runs in groups.values()
    )


def skipped(comparison: Comparison) -> tuple[str, ...]:
    """Return the variants none of whose runs were to be made: their conditions did not hold."""
    return tuple(row.name for row in comparison.variants if _states(comparison, row) == {"skipped"})


def went(comparison: Comparison, row: Variant) -> str:
    """Say in a few words why a variant has no figures."""
    return "skipped by the plan" if _states(comparison, row) == {"skipped"} else "no run in the figures"


def _states(comparison: Comparison, row: Variant) -> set[State]:
    return {run.state for run in comparison.runs if run.variant == row.name}
