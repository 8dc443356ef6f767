"""The line chart of reports: curves over epochs or steps, as SVG for a page and as a file, and as PNG where a page can show no SVG.

The same chart gives the same bytes: nothing in it knows the clock, and SVG is written by us, without generated ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import east_asian_width

from emojit.charts.axes import Axis, linear_axis
from emojit.charts.chart import Line, LineChart
from emojit.charts.drawing import Element, add, as_svg, picture, style_class
from emojit.charts.frame import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, draw_axes
from emojit.charts.raster import write_png

_TITLE_ROOM, _LEGEND_ROW, _SWATCH, _MARGIN = 20.0, 16.0, 24.0, 8.0
_MOST_POINTS = 400
"""Of one line (count): more than there are places on the picture."""


def line_svg(chart: LineChart, *, standalone: bool = False) -> str:
    """Return a chart as SVG.

    Args:
        chart: what it shows.
        standalone: with title, legend and colours, as a file of its own; else a page brings these (`drawing.style_sheet`).
    """
    rows = list(_legend_rows(chart.legend())) if standalone else []
    top = TOP + (_TITLE_ROOM if standalone else 0)
    bottom = top + HEIGHT - TOP - BOTTOM
    root = picture(
        WIDTH, bottom + BOTTOM + 4 * bool(rows) + _LEGEND_ROW * len(rows), chart.in_words(), standalone=standalone
    )
    x, y = _axes(chart, top, bottom)
    if standalone:
        add(root, "text", {"x": 8.0, "y": 18.0, "class": "title"}, chart.title)
    draw_axes(root, x, y, x_label=chart.x_label, y_label=chart.y_label)
    for mark in chart.marks:
        place = x.place(mark.x)
        add(root, "line", {"class": "mark", "x1": place, "x2": place, "y1": y.end, "y2": y.start})
        side, shift = ("end", -4.0) if place > WIDTH / 2 else ("start", 4.0)
        add(root, "text", {"class": "soft", "x": place + shift, "y": y.end + 10, "text-anchor": side}, mark.label)
    for line in chart.drawn:
        places = " ".join(f"{x.place(at):.1f},{y.place(value):.1f}" for at, value in _thinned(line.points))
        drawn = add(root, "polyline", {"class": f"line {style_class(line.style)}", "points": places})
        add(drawn, "title", {}, line.name)
        dots = (line.chosen,) if line.chosen is not None else line.points if len(line.points) == 1 else ()
        for at, value in dots:
            dot = {"class": f"dot {style_class(line.style)}", "cx": x.place(at), "cy": y.place(value), "r": 4.0}
            add(add(root, "circle", dot), "title", {}, f"{line.name}: {value:.4g} at {at:g}")
    if not chart.drawn:
        add(
            root,
            "text",
            {"class": "soft", "x": WIDTH / 2, "y": (top + bottom) / 2, "text-anchor": "middle"},
            "nothing recorded",
        )
    for number, row in enumerate(rows):
        _draw_legend(root, row, bottom + BOTTOM + 10 + _LEGEND_ROW * number)
    return as_svg(root)


def write_line_chart(chart: LineChart, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a chart as `NAME.svg`, which follows the reader's choice of light or dark, and as `NAME.png` on white.

    Returns:
        The paths of both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
    svg.write_text(line_svg(chart, standalone=True) + "\n", encoding="utf-8", newline="\n")
    write_png(chart, png)
    return svg, png


def _axes(chart: LineChart, top: float, bottom: float) -> tuple[Axis, Axis]:
    points = [point for line in chart.drawn for point in line.points]
    x = linear_axis([x for x, _ in points] + [mark.x for mark in chart.marks], LEFT, WIDTH - RIGHT, most=8)
    y = linear_axis([y for _, y in points], bottom, top, percent=chart.percent)
    return x, y


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Return at most `_MOST_POINTS` of a line's points, evenly spread, the last among them."""
    if len(points) <= _MOST_POINTS:
        return points
    return [points[place * (len(points) - 1) // (_MOST_POINTS - 1)] for place in range(_MOST_POINTS)]


def _legend_rows(lines: Sequence[Line]) -> Iterator[list[tuple[float, Line]]]:
    """Yield the rows of a legend: places and lines."""
    row: list[tuple[float, Line]] = []
    at = _MARGIN
    for line in lines:
        width = _SWATCH + 8 + _length(line.name)
        if row and at + width > WIDTH - _MARGIN:
            yield row
            row, at = [], _MARGIN
        row.append((at, line))
        at += width + 14
    if row:
        yield row


def _draw_legend(root: Element, row: Sequence[tuple[float, Line]], y: float) -> None:
    for at, line in row:
        places = f"{at:.1f},{y - 4:.1f} {at + _SWATCH:.1f},{y - 4:.1f}"
        add(root, "polyline", {"class": f"line {style_class(line.style)}", "points": places})
        add(root, "text", {"x": at + _SWATCH + 6, "y": y}, line.name)


def _length(text: str) -> float:
    """Return about how wide a text is drawn (units)."""
    return sum(11.5 if east_asian_width(letter) in "WF" else 6.4 for letter in text)
