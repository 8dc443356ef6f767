"""The plot of a data set card: how the emoji are spread. A function of `statistics.json` alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emojit.dataset.folder import STATISTICS
from emojit.release.dataset_emoji import named_histogram
from emojit.release.facts import Facts

PLOT = "plots/emoji.png"
"""Where it lies in a published data set."""

_COLOUR = "#d9480f"
_PALE = "#868e96"


def can_plot() -> bool:
    """Whether matplotlib is installed, which the build and the push can do without."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_emoji(folder: Path) -> Path:
    """Draw `plots/emoji.png` of a data set folder: rows by rank, and how many emoji occur how often.

    Drawn without pyplot, so no window system is asked and no figure or style of a caller is touched; without date and version inside, so the same
    statistics and the same matplotlib give the same bytes.

    Args:
        folder: holds `statistics.json`.

    Returns:
        The PNG of 1,600 × 640 pixels.

    Raises:
        CardError: the statistics are missing, or a fact in them.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    facts = Facts(folder / STATISTICS, hint="build the data set again with this version of emojit")
    counts = [rows for _, rows in facts.items("emoji.counts")]
    distinct, inventory = facts.count("emoji.distinct"), facts.count("emoji.inventory")
    bins = named_histogram(facts.items("emoji.histogram"))
    path = folder / PLOT
    path.parent.mkdir(exist_ok=True)
    with mpl.rc_context():
        mpl.rcdefaults()  # a matplotlibrc of the user would change the bytes
        figure = Figure(figsize=(10, 4), dpi=160, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        left.plot(range(1, len(counts) + 1), counts, color=_COLOUR, marker=".", markersize=4, linewidth=1)
        left.set_xscale("log")
        left.set_yscale("log")
        left.set_xlabel("rank of the emoji")
        left.set_ylabel("rows")
        left.set_title(f"{distinct:,} of {inventory:,} emoji occur", fontsize=10)
        left.grid(alpha=0.3)
        bars = right.barh([item["rows"] for item in bins], [item["emoji"] for item in bins], color=_PALE)
        right.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        right.set_xscale("symlog")
        right.invert_yaxis()
        right.margins(x=0.15)
        right.set_xlabel("emoji")
        right.set_ylabel("rows per emoji")
        right.set_title("how many emoji occur how often", fontsize=10)
        for axis in (left.xaxis, left.yaxis, right.xaxis):
            axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axis.set_minor_formatter(NullFormatter())
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="png", metadata={"Software": None})
    return path
