"""The frame that charts with two axes share: its size, its margins, grid, ticks and labels."""

from __future__ import annotations

from emojit.charts.axes import Axis
from emojit.charts.drawing import Element, add

WIDTH, HEIGHT = 360.0, 230.0
"""Of a chart without title and legend (units): small, so that the text stays readable on a phone."""
LEFT, RIGHT, TOP, BOTTOM = 46.0, 18.0, 24.0, 38.0
"""Room around the plane (units)."""


def draw_axes(root: Element, x: Axis, y: Axis, *, x_label: str, y_label: str) -> None:
    """Draw grid, ticks and labels of two axes."""
    for tick in y.ticks:
        place = y.place(tick)
        add(root, "line", {"class": "grid", "x1": x.start, "x2": x.end, "y1": place, "y2": place})
        add(root, "text", {"class": "soft", "x": x.start - 5, "y": place + 4, "text-anchor": "end"}, y.label(tick))
    add(root, "line", {"class": "axis", "x1": x.start, "x2": x.end, "y1": y.start, "y2": y.start})
    for tick in x.ticks:
        place = x.place(tick)
        add(root, "line", {"class": "axis", "x1": place, "x2": place, "y1": y.start, "y2": y.start + 4})
        add(root, "text", {"class": "soft", "x": place, "y": y.start + 16, "text-anchor": "middle"}, x.label(tick))
    add(root, "text", {"x": x.end, "y": y.start + 32, "text-anchor": "end"}, x_label)
    add(root, "text", {"x": 4.0, "y": y.end - 10}, y_label)
