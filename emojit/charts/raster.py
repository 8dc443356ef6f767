"""The line chart as PNG, for Markdown and for viewers that show no SVG; on white, so that it is readable on a dark page as well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from emojit.charts.chart import Line, LineChart

_COLOURS = ("#1f2328", "#2563eb", "#c2410c", "#0f766e", "#be185d", "#7e22ce", "#946200", "#3f7a0b")
"""Those of `charts.css` on white."""
_DASHES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.", "-", "--", ":", "-.")
_QUIET = "#9a9ea5"
_MOST_NAMES = 24  # of a legend that leaves room for the picture


def write_png(chart: LineChart, path: Path) -> None:
    """Draw a chart of 1,400 pixels' width.

    Drawn without pyplot and without the user's matplotlibrc, so no figure or style of a caller is touched, and without version and date inside.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    with mpl.rc_context():
        mpl.rcdefaults()
        figure = Figure(figsize=(7, 4.2), dpi=200, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for line in chart.drawn:
            style = None if line.style is None else line.style % len(_COLOURS)
            colour = _QUIET if style is None else _COLOURS[style]
            axes.plot(
                [x for x, _ in line.points],
                [y for _, y in line.points],
                color=colour,
                linestyle="-" if style is None else _DASHES[style],
                linewidth=0.8 if style is None else 1.5,
                marker="o" if len(line.points) == 1 else "",
                markersize=4,
            )
            if line.chosen is not None:
                axes.plot(*line.chosen, marker="o", color=colour, markersize=5, markeredgecolor="white")
        for mark in chart.marks:
            axes.axvline(mark.x, color="#5b6068", linestyle=(0, (4, 3)), linewidth=0.9)
            axes.annotate(
                _drawable(mark.label),
                (mark.x, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, -9),
                textcoords="offset points",
                fontsize=8,
                color="#5b6068",
            )
        if chart.percent:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel(_drawable(chart.x_label))
        axes.set_ylabel(_drawable(chart.y_label))
        axes.set_title(_drawable(chart.title), fontsize=10, loc="left")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        shown = chart.legend()[:_MOST_NAMES]
        if len(shown) > 1:
            handles = [
                mpl.lines.Line2D(
                    [],
                    [],
                    color=_QUIET if line.style is None else _COLOURS[line.style % len(_COLOURS)],
                    linestyle="-" if line.style is None else _DASHES[line.style % len(_DASHES)],
                )
                for line in shown
            ]
            figure.legend(
                handles,
                [_drawable(line.name) for line in shown],
                loc="outside lower center",
                ncols=_columns(shown),
                fontsize=8,
                frameon=False,
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="png", metadata={"Software": None})


def _columns(lines: Sequence[Line]) -> int:
    """Return how many columns of a legend fit into the seven inches of the picture; a letter takes about 0.072 of one."""
    widest = max(len(line.name) for line in lines)
    return max(1, min(4, len(lines), int(7 / (0.6 + 0.072 * widest))))


def _drawable(text: str) -> str:
    """Return a text with question marks for what matplotlib's own font lacks, and no mathematics: a name may hold a dollar."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text.replace("−", "-").replace("–", "-"))
    return plain.encode("latin-1", errors="replace").decode("latin-1").replace("$", r"\$")
