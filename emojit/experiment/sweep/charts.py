"""The curves of a sweep, as SVG for pages and PNG for everything else."""

from __future__ import annotations

from pathlib import Path

from emojit.charts.chart import Line, LineChart, Mark
from emojit.charts.drawing import STYLES
from emojit.charts.plots import write_line_chart
from emojit.experiment.sweep.facts import Curve, Metric, Sweep

FOLDER = "plots"


def charts(report: Sweep) -> dict[str, LineChart]:
    """Return one chart per metric that some checkpoint has a value of, by its name: scores over epochs, with the peaks as dots."""
    made = {}
    for metric in report.metrics:
        lines = tuple(
            line for place, curve in enumerate(report.curves) for line in _lines(report, metric, curve, place)
        )
        if lines:
            made[metric.name] = LineChart(
                title=f"{metric.label} over epochs",
                x_label="epoch",
                y_label=metric.label if metric.unit in ("", "share") else f"{metric.label} ({metric.unit})",
                lines=lines,
                marks=_marks(report, metric),
            )
    return made


def _lines(report: Sweep, metric: Metric, curve: Curve, place: int) -> list[Line]:
    points = tuple((one.epoch, one.scores[metric.name]) for one in curve.scored(metric.name))
    if not points:
        return []
    found = report.finding(curve.run, metric.name)
    chosen = None if found is None else (found.peak_epoch, found.peak_score)
    lines = [Line(name=curve.run, points=points, style=place % STYLES, chosen=chosen)]
    means = tuple((one.epoch, one.scores[metric.name]) for one in curve.averages if metric.name in one.scores)
    if means:
        lines.append(Line(name=f"{curve.run}: means of {report.average}", points=means, style=None))
    return lines


def _marks(report: Sweep, metric: Metric) -> tuple[Mark, ...]:
    """Mark the onset of overfitting for the metric that chooses, where there is one run only; those of several would hide the curves."""
    if len(report.curves) != 1 or metric.name != report.by:
        return ()
    found = report.finding(report.curves[0].run, metric.name)
    if found is None or found.onset_epoch is None or (found.lost_low is not None and found.lost_low <= 0):
        return ()
    return (Mark(x=found.onset_epoch, label="overfits from here"),)


def write_charts(report: Sweep, folder: Path) -> tuple[Path, ...]:
    """Write every chart as NAME.svg and NAME.png, and return the paths."""
    return tuple(
        path
        for name, chart in charts(report).items()
        for path in write_line_chart(chart, folder / FOLDER, _file(name))
    )


def _file(name: str) -> str:
    """Return the name of a metric as that of a file: a table of others may call its columns what it likes."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
