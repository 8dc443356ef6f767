"""The curves of all runs over epochs, one chart per figure of the training log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emojit.charts.chart import Line, LineChart
from emojit.experiment.comparison.facts import Comparison, CurvePoint, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    title: str
    y_label: str
    value: Callable[[CurvePoint], float | None]
    percent: bool = False


_FIGURES = (
    _Figure(title="Training loss", y_label="what is minimised", value=lambda point: point.loss),
    _Figure(
        title="Loss on validation", y_label="cross entropy (nats per position)", value=lambda point: point.eval_loss
    ),
    _Figure(title="Jaccard index on validation", y_label="mean over rows", value=lambda point: point.jaccard),
    _Figure(
        title="Exact match on validation",
        y_label="share of the rows",
        value=lambda point: point.exact_match,
        percent=True,
    ),
    _Figure(title="Distinct emoji on validation", y_label="count", value=lambda point: point.distinct),
    _Figure(
        title="Emoji outside the top five on validation",
        y_label="share of the answered emoji",
        value=lambda point: point.outside_top,
        percent=True,
    ),
)


def curve_charts(comparison: Comparison, styles: Mapping[str, int | None]) -> list[LineChart]:
    """Return the charts that have at least one line: every run is one, and the seeds of a variant look alike.

    A dot marks the pass whose weights were taken, where the log has a value for it.
    """
    charts = [
        LineChart(
            title=figure.title,
            x_label="epoch",
            y_label=figure.y_label,
            lines=tuple(_line(run, figure, styles.get(run.variant)) for run in comparison.runs),
            percent=figure.percent,
        )
        for figure in _FIGURES
    ]
    return [chart for chart in charts if chart.drawn]


def _line(run: Run, figure: _Figure, style: int | None) -> Line:
    points = tuple((point.epoch, value) for point in run.curve if (value := figure.value(point)) is not None)
    chosen = next((point for point in points if point[0] == run.best_epoch), None)
    if figure.title == "Training loss":  # is a mean over steps, which belongs to no weights
        chosen = None
    return Line(name=run.variant, points=points, style=style, chosen=chosen)
