"""What a line chart shows, whoever draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve.

    Attributes:
        name: of its entry in the legend; lines of one name share it.
        points: pairs of x and y, x rising.
        style: number of its colour and dash, from 0 to `drawing.STYLES` - 1; None draws it quietly in the background.
        chosen: a point to be marked by a dot, such as the checkpoint that was taken.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    style: int | None = 0
    chosen: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A dashed vertical line.

    Attributes:
        x: where it stands.
        label: words at its top.
    """

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """What a chart shows.

    Attributes:
        title: in one line.
        x_label: what runs along, with its unit.
        y_label: what is shown, with its unit.
        lines: the curves; those without points are left out.
        marks: vertical lines.
        percent: whether the values are fractions that are written as per cent.
        alt: what it shows, in words; None names ranges and last values.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    percent: bool = False
    alt: str | None = None

    @property
    def drawn(self) -> tuple[Line, ...]:
        """The lines that have points, the quiet ones first, so that the others lie above them."""
        return tuple(sorted(self._known(), key=lambda line: line.style is not None))

    def in_words(self) -> str:
        """Return what it shows for those who do not see it."""
        if self.alt is not None:
            return self.alt
        lines = self._known()
        if not lines:
            return f"{self.title}: nothing was recorded."
        ends = "; ".join(f"{line.name}: {line.points[0][1]:.4g} to {line.points[-1][1]:.4g}" for line in lines[:12])
        more = f"; and {len(lines) - 12} more lines" if len(lines) > 12 else ""
        last = max(line.points[-1][0] for line in lines)
        return f"{self.title}. Line chart over {self.x_label} up to {last:g}, from first to last value. {ends}{more}."

    def legend(self) -> tuple[Line, ...]:
        """Return the first line of each name, in the order of the lines."""
        return tuple({line.name: line for line in reversed(self._known())}.values())[::-1]

    def _known(self) -> list[Line]:
        """Return the lines with their points that are numbers, but for lines that have none."""
        finite = (
            replace(line, points=tuple(point for point in line.points if all(map(math.isfinite, point))))
            for line in self.lines
        )
        return [line for line in finite if line.points]
