"""What the template of the page is given beside the report: everything that is drawn of it."""

from __future__ import annotations

from dataclasses import dataclass

from emojit.charts.axes import Axis
from emojit.charts.chart import Line, LineChart
from emojit.charts.plots import line_svg
from emojit.charts.strip import Mark, axis_svg, strip_axis, strip_svg
from emojit.evaluation.analysis import Group, Reliability
from emojit.evaluation.interval import Interval
from emojit.evaluation.page.wording import between, number, score, signed, signed_between
from emojit.evaluation.report import Difference, EvalReport, SystemReport

SYSTEM, STRONGEST, CEILING = 1, 2, 3
"""Colours of the system, the strongest baseline and the teacher's second vote, on every picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """Pictures of a list, and their axis."""

    rows: tuple[str, ...]
    axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A system that is drawn on every picture."""

    name: str
    label: str
    style: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One figure of one metric module."""

    name: str
    cells: tuple[str, ...]
    """Of every system: value and interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All of a page beside the report itself."""

    shown: tuple[Shown, ...]
    """System, strongest baseline and ceiling, as far as there are."""
    systems: Strips
    """One picture per system."""
    differences: Strips
    """One per baseline."""
    breakdowns: tuple[Strips, ...]
    """Of each breakdown one picture per group."""
    bands: Strips
    """One per frequency band."""
    charts: tuple[tuple[str, str], ...]
    """Title and picture of the calibrations."""
    calibrated: tuple[Shown, ...]
    """The systems on them."""
    modules: tuple[tuple[str, tuple[FigureRow, ...]], ...]
    """Metric modules with their figures."""


def page_of(report: EvalReport) -> Page:
    """Draw what the page shows."""
    shown = _shown(report)
    analysis = report.analysis
    scores = strip_axis(one.jaccard.high for one in report.systems)
    gaps = strip_axis(end for one in report.differences for end in (one.jaccard.low, one.jaccard.high))
    charts = calibration_charts(report)
    return Page(
        shown=shown,
        systems=Strips(rows=tuple(_system(one, scores, shown) for one in report.systems), axis=axis_svg(scores)),
        differences=Strips(
            rows=tuple(_difference(one, gaps, report) for one in report.differences), axis=axis_svg(gaps)
        ),
        breakdowns=tuple(_groups(breakdown.groups, shown) for breakdown in analysis.breakdowns),
        bands=_strips([(band.name, band.recall) for band in analysis.bands], shown, "recall"),
        charts=tuple((chart.title, line_svg(chart)) for chart in charts),
        calibrated=tuple(
            Shown(name=one.system, label=report.find(one.system).label, style=place + 1)
            for place, one in enumerate(analysis.calibration)
        ),
        modules=tuple((module, _figures(report, module)) for module in analysis.intervals.get(report.system, {})),
    )


def calibration_charts(report: EvalReport) -> tuple[LineChart, ...]:
    """Return the charts of promise against truth: of the Jaccard index and of precision; none without scores."""
    calibration = report.analysis.calibration
    kinds = (
        ("Jaccard index", [one.jaccard for one in calibration]),
        ("precision", [one.precision for one in calibration]),
    )
    charts = []
    for what, found in kinds:
        lines = tuple(
            Line(name=report.find(one.system).label, points=_points(reliability), style=place + 1)
            for place, (one, reliability) in enumerate(zip(calibration, found, strict=True))
            if reliability.bins
        )
        reach = max((value for line in lines for point in line.points for value in point), default=0.0)
        if lines:
            even = Line(name="as promised", points=((0.0, 0.0), (reach, reach)), style=None)
            charts.append(
                LineChart(
                    title=f"Expected and observed {what}",
                    x_label=f"expected {what}, mean of the bin",
                    y_label=f"observed {what}",
                    lines=(*lines, even),
                )
            )
    return tuple(charts)


def _points(reliability: Reliability) -> tuple[tuple[float, float], ...]:
    return tuple((one.expected, one.observed.mean) for one in reliability.bins)


def _shown(report: EvalReport) -> tuple[Shown, ...]:
    baselines = [one for one in report.systems if one.kind == "baseline"]
    strongest = max(baselines, key=lambda one: one.jaccard.mean)
    teacher = next((one for one in report.systems if one.kind == "teacher"), None)
    chosen = ((report.find(report.system), SYSTEM), (strongest, STRONGEST), (teacher, CEILING))
    return tuple(
        Shown(name=one.name, label=one.label, style=style) for one, style in chosen if one is not None
    )  # fmt: skip


def _system(system: SystemReport, axis: Axis, shown: tuple[Shown, ...]) -> str:
    style = next((one.style for one in shown if one.name == system.name), None)
    alt = f"{system.label}: {score(system.jaccard.mean)}, interval {between(system.jaccard)}"
    return strip_svg(alt, axis, [_interval(system.label, system.jaccard, style)])


def _difference(difference: Difference, axis: Axis, report: EvalReport) -> str:
    gap, label = difference.jaccard, report.find(difference.against).label
    alt = f"to {label}: {signed(gap.mean)}, interval {signed_between(gap)}"
    return strip_svg(alt, axis, [_interval(label, gap, SYSTEM)], zero=True)


def _groups(groups: tuple[Group, ...], shown: tuple[Shown, ...]) -> Strips:
    found = [(group.name, {name: one.jaccard for name, one in group.scores.items()}) for group in groups]
    return _strips(found, shown, "Jaccard index")


def _strips(rows: list[tuple[str, dict[str, Interval]]], shown: tuple[Shown, ...], what: str) -> Strips:
    axis = strip_axis(
        value
        for _, scores in rows
        for place, one in enumerate(shown)
        if one.name in scores
        for value in ((scores[one.name].high,) if place == 0 else (scores[one.name].mean,))
    )
    drawn = []
    for name, scores in rows:
        there = [one for one in shown if one.name in scores]
        said = "; ".join(f"{one.label} {score(scores[one.name].mean)}" for one in there)
        marks = [
            _interval(one.label, scores[one.name], one.style)
            if one.style == SYSTEM
            else Mark(name=one.label, value=scores[one.name].mean, style=one.style)
            for one in there
        ]
        drawn.append(strip_svg(f"{name}, {what}: {said}", axis, marks))
    return Strips(rows=tuple(drawn), axis=axis_svg(axis))


def _interval(name: str, value: Interval, style: int | None) -> Mark:
    return Mark(name=name, value=value.mean, style=style, low=value.low, high=value.high)


def _figures(report: EvalReport, module: str) -> tuple[FigureRow, ...]:
    known = report.analysis.intervals
    names = [name for name, value in report.find(report.system).module(module).items() if value is not None]
    rows = []
    for name in names:
        cells = []
        for system in report.systems:
            value = system.module(module).get(name)
            ends = known.get(system.name, {}).get(module, {}).get(name)
            write = number if isinstance(value, int) else score
            interval = "" if ends is None else f" [{write(ends.low)}, {write(ends.high)}]"
            cells.append(f"{score(value)}{interval}")
        rows.append(FigureRow(name=name, cells=tuple(cells)))
    return tuple(rows)
