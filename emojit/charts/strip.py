"""Pictures that stand in the rows of a list: values on a line, and below the list the axis that all of them share.

They hold no text: the row around them says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emojit.charts.axes import Axis, linear_axis
from emojit.charts.drawing import add, as_svg, picture, style_class

WIDTH, HEIGHT, SIDE = 320.0, 22.0, 16.0
"""Of the picture of a row, and the room at its ends (units)."""
_AXIS_HEIGHT = 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value, with or without an interval.

    Attributes:
        name: for those who point at it.
        value: where its dot stands.
        style: number of its colour, from 0 to `drawing.STYLES` - 1; None for the quiet one.
        low: lower end of its interval; None draws no line.
        high: upper end.
    """

    name: str
    value: float
    style: int | None
    low: float | None = None
    high: float | None = None


def strip_axis(values: Iterable[float], *, percent: bool = False) -> Axis:
    """Return the axis that holds all values, and zero."""
    return linear_axis(values, SIDE, WIDTH - SIDE, most=5, zero=True, percent=percent)


def strip_svg(alt: str, axis: Axis, marks: Sequence[Mark], *, zero: bool = False) -> str:
    """Draw one row: intervals as thick lines, values as dots; what stands first in `marks` lies on top.

    Args:
        alt: what it shows, in words.
        axis: shared by all rows.
        marks: what is on it.
        zero: whether a dashed line marks the zero.
    """
    root = picture(WIDTH, HEIGHT, alt)
    middle = HEIGHT / 2
    if zero:
        place = axis.place(0)
        add(root, "line", {"class": "mark", "x1": place, "x2": place, "y1": 0.0, "y2": HEIGHT})
    for mark in reversed(marks):
        if mark.low is not None and mark.high is not None:
            places = {"x1": axis.place(mark.low), "x2": axis.place(mark.high), "y1": middle, "y2": middle}
            add(root, "line", {"class": f"wide {style_class(mark.style)}", **places})
        wide = mark.low is not None
        dot = {"class": f"dot {style_class(mark.style)}", "cx": axis.place(mark.value), "cy": middle}
        add(add(root, "circle", {**dot, "r": 5.5 if wide else 4.6}), "title", {}, mark.name)
    return as_svg(root)


def axis_svg(axis: Axis) -> str:
    """Draw the axis below the pictures of a list; those who do not see it read the numbers in the rows."""
    root = picture(WIDTH, _AXIS_HEIGHT, "")
    del root.attrib["role"], root.attrib["aria-label"]
    root.set("aria-hidden", "true")
    add(root, "line", {"class": "axis", "x1": axis.start, "x2": axis.end, "y1": 1.0, "y2": 1.0})
    for tick in axis.ticks:
        place = axis.place(tick)
        add(root, "line", {"class": "axis", "x1": place, "x2": place, "y1": 1.0, "y2": 5.0})
        add(root, "text", {"class": "soft", "x": place, "y": 18.0, "text-anchor": "middle"}, axis.label(tick))
    return as_svg(root)
