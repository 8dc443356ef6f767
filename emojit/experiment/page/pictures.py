"""The pictures beside the curves: intervals of differences, shares of emoji, and density against the Jaccard index.

Those that stand in a row of a list hold no text: the row around them says it, and they share one axis, which is a picture of its own below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emojit.charts.axes import Axis, linear_axis, log_axis
from emojit.charts.drawing import add, as_svg, picture, style_class
from emojit.charts.frame import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, draw_axes
from emojit.charts.strip import HEIGHT as STRIP_HEIGHT
from emojit.charts.strip import SIDE
from emojit.charts.strip import WIDTH as STRIP_WIDTH
from emojit.experiment.comparison.facts import Comparison, Difference, EmojiShare
from emojit.experiment.page.wording import percent, score, signed, signed_interval, verdict


def difference_axis(differences: Sequence[Difference]) -> Axis:
    """Return the axis that holds all intervals of differences and zero."""
    ends = [end for one in differences for end in (one.corrected.low, one.corrected.high, one.jaccard.mean)]
    return linear_axis(ends, SIDE, STRIP_WIDTH - SIDE, most=5, zero=True)


def difference_svg(name: str, difference: Difference, axis: Axis, style: int | None) -> str:
    """Draw one difference: a thick line for the plain interval, a thin one for the corrected, a dot for the mean."""
    alt = (
        f"{name} against {difference.against}: {signed(difference.jaccard.mean)}, interval "
        f"{signed_interval(difference.jaccard)}, corrected {signed_interval(difference.corrected)}: {verdict(difference.verdict)}"
    )
    root = picture(STRIP_WIDTH, STRIP_HEIGHT, alt)
    middle = STRIP_HEIGHT / 2
    zero = axis.place(0)
    add(root, "line", {"class": "mark", "x1": zero, "x2": zero, "y1": 0.0, "y2": STRIP_HEIGHT})
    for kind, ends in (("thin", difference.corrected), ("wide", difference.jaccard)):
        places = {"x1": axis.place(ends.low), "x2": axis.place(ends.high), "y1": middle, "y2": middle}
        add(root, "line", {"class": f"{kind} {style_class(style)}", **places})
    dot = {"class": f"dot {style_class(style)}", "cx": axis.place(difference.jaccard.mean), "cy": middle, "r": 5.5}
    add(root, "circle", dot)
    return as_svg(root)


def share_axis(shares: Sequence[EmojiShare]) -> Axis:
    """Return the axis that holds all shares of emoji."""
    values = [value for one in shares for value in (one.gold, *one.variants.values())]
    return linear_axis(values, SIDE, STRIP_WIDTH - SIDE, most=5, zero=True, percent=True)


def share_svg(share: EmojiShare, axis: Axis, styles: Mapping[str, int | None]) -> str:
    """Draw how often one emoji is used: a bar for the gold, a dot for each variant."""
    said = ", ".join(
        f"{name} {percent(value)}" for name, value in share.variants.items() if styles.get(name) is not None
    )
    root = picture(STRIP_WIDTH, STRIP_HEIGHT, f"{share.name}: gold {percent(share.gold)}; {said}")
    bar = {"x": axis.start, "width": axis.place(share.gold) - axis.start, "y": 5.0, "height": STRIP_HEIGHT - 10}
    add(root, "rect", {"class": "bar", **bar})
    for name, value in sorted(share.variants.items(), key=lambda item: styles.get(item[0]) is not None):
        style = styles.get(name)
        dot = {"class": f"dot {style_class(style)}", "cx": axis.place(value), "cy": STRIP_HEIGHT / 2}
        drawn = add(root, "circle", {**dot, "r": 3.0 if style is None else 4.6})
        add(drawn, "title", {}, f"{name}: {percent(value)}")
    return as_svg(root)


def density_svg(comparison: Comparison, styles: Mapping[str, int | None]) -> str | None:
    """Draw training rows per emoji against the Jaccard index on test, one dot per run; None where no run tells both."""
    known = [
        (run, run.rows_per_emoji, run.scores.jaccard)
        for run in comparison.runs
        if run.scores is not None and run.rows_per_emoji is not None and run.rows_per_emoji > 0
    ]
    if not known:
        return None
    said = "; ".join(
        f"{run.variant} seed {run.seed}: {at:.1f} rows per emoji, {score(value)}" for run, at, value in known[:12]
    )
    more = f"; and {len(known) - 12} more runs" if len(known) > 12 else ""
    root = picture(WIDTH, HEIGHT, f"Training rows per emoji against the Jaccard index on test. {said}{more}.")
    x = log_axis([at for _, at, _ in known], LEFT, WIDTH - RIGHT)
    y = linear_axis([value for _, _, value in known], HEIGHT - BOTTOM, TOP)
    draw_axes(root, x, y, x_label="training rows per emoji that can be answered", y_label="mean Jaccard index on test")
    for run, at, value in sorted(known, key=lambda one: styles.get(one[0].variant) is not None):
        place = {"cx": x.place(at), "cy": y.place(value), "r": 5.0}
        drawn = add(root, "circle", {"class": f"dot {style_class(styles.get(run.variant))}", **place})
        add(drawn, "title", {}, f"{run.variant}, seed {run.seed}: {score(value)} at {at:.1f} rows per emoji")
    return as_svg(root)
