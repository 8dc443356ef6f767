"""Runs beside each other: at equal epochs, at their best, and by sequence length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emojit.experiment.sweep.facts import Checkpoint, Curve, Finding, Metric, Sweep
from emojit.experiment.sweep.findings import value_of

_GRID = 20
"""Epochs that are equal to the twentieth are equal: an epoch of 131 updates has its half after 65, at 0.496."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualEpoch:
    """What the runs had reached at one epoch."""

    epoch: float
    """Epochs, to the twentieth."""
    values: tuple[float | None, ...]
    """One per run, in their order; None where it has no checkpoint there."""


def equal_epochs(curves: Sequence[Curve], metric: Metric) -> tuple[EqualEpoch, ...]:
    """Return the epochs at which two runs or more have a value; of two checkpoints at one epoch the later one counts."""
    columns = [
        {round(one.epoch * _GRID) / _GRID: one.scores[metric.name] for one in curve.scored(metric.name)}
        for curve in curves
    ]
    epochs = sorted({epoch for column in columns for epoch in column})
    rows = [EqualEpoch(epoch=epoch, values=tuple(column.get(epoch) for column in columns)) for epoch in epochs]
    return tuple(row for row in rows if sum(value is not None for value in row.values) > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRow:
    """Runs that differ in their sequence length."""

    family: str
    """What they share in their name, before the "@"."""
    best: tuple[Finding | None, ...]
    """The best of each length."""


def by_length(report: Sweep) -> tuple[tuple[int, ...], tuple[LengthRow, ...]]:
    """Return the sequence lengths (tokens) and what was reached with each; nothing where there are not two."""
    metric = report.metric(report.by)
    lengths = tuple(sorted({curve.length for curve in report.curves if curve.length is not None}))
    if len(lengths) < 2:
        return (), ()
    families = dict.fromkeys(_family(curve) for curve in report.curves if curve.length is not None)
    rows = []
    for family in families:
        cells: list[Finding | None] = []
        for length in lengths:
            curves = [curve for curve in report.curves if (_family(curve), curve.length) == (family, length)]
            found = [one for curve in curves if (one := report.finding(curve.run)) is not None]
            sign = -1 if metric.better == "lower" else 1
            cells.append(max(found, key=lambda one: sign * one.peak_score, default=None))
        rows.append(LengthRow(family=family, best=tuple(cells)))
    return lengths, tuple(rows)


def _family(curve: Curve) -> str:
    name, separator, _ = curve.run.rpartition("@")
    return name.strip() if separator else "all"


def best_mean(curve: Curve, metric: Metric) -> Checkpoint | None:
    """Return the best mean of neighbours; None where none was tried."""
    means = [one for one in curve.averages if metric.name in one.scores]
    return max(means, key=lambda one: value_of(one, metric), default=None)
