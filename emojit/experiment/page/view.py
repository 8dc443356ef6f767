"""What the template of the page is given: the comparison, and all that is drawn or counted from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emojit.charts.plots import line_svg
from emojit.charts.strip import axis_svg
from emojit.experiment.comparison.absent import Absent, absent, went
from emojit.experiment.comparison.facts import Comparison, Confusion, Variant
from emojit.experiment.page.curves import curve_charts
from emojit.experiment.page.palette import palette
from emojit.experiment.page.pictures import (
    density_svg,
    difference_axis,
    difference_svg,
    share_axis,
    share_svg,
)

_BANDS = 10
"""Steps of the shading of a confusion's cells (count): each is a class of the style sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture with its title."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a confusion: share of its row in [0, 1], and the shade that it gets (0 to `_BANDS`)."""

    share: float
    band: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionRow:
    """One row of a confusion: the gold emoji, how often it occurs (count; a seed each), and what was answered."""

    label: str
    total: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionTable:
    """A confusion as shares of its rows."""

    variant: str
    labels: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All of a page beside the comparison itself."""

    styles: Mapping[str, int | None]
    """Variant → colour and dash."""
    quiet: int
    """Variants that have no colour of their own (count)."""
    differences: Mapping[str, str]
    """Variant → picture of its difference to the base."""
    difference_axis: str
    """The axis of these."""
    curves: tuple[Drawn, ...]
    """Charts over epochs."""
    shares: tuple[str, ...]
    """One picture per emoji of the distribution."""
    share_axis: str
    """The axis of these."""
    density: str | None
    """Density against Jaccard index."""
    confusions: tuple[ConfusionTable, ...]
    """Base and best variant first, then the others in the order of the table."""
    open_confusions: int
    """How many of them are shown at once (count)."""
    absent: tuple[Absent, ...]
    """Runs that are not in the figures."""
    without: Mapping[str, str]
    """Variant without figures → why, in a few words."""


def page_of(comparison: Comparison) -> Page:
    """Draw and count what the page shows."""
    styles = palette(comparison)
    compared = {one.name: one.difference for one in comparison.variants if one.difference is not None}
    differences = difference_axis(list(compared.values()))
    shares = share_axis(comparison.distribution)
    first = [name for name in (comparison.base, _best(comparison)) if name is not None]
    confusions = sorted(
        comparison.confusions, key=lambda one: first.index(one.variant) if one.variant in first else len(first)
    )
    return Page(
        styles=styles,
        quiet=sum(style is None for style in styles.values()),
        differences={
            name: difference_svg(name, difference, differences, styles.get(name))
            for name, difference in compared.items()
        },
        difference_axis=axis_svg(differences),
        curves=tuple(Drawn(title=chart.title, svg=line_svg(chart)) for chart in curve_charts(comparison, styles)),
        shares=tuple(share_svg(one, shares, styles) for one in comparison.distribution),
        share_axis=axis_svg(shares),
        density=density_svg(comparison, styles),
        confusions=tuple(_table(one) for one in confusions),
        open_confusions=sum(one.variant in first for one in confusions),
        absent=absent(comparison),
        without={one.name: went(comparison, one) for one in comparison.variants if one.scores is None},
    )


def _best(comparison: Comparison) -> str | None:
    """Return the variant beside the base with the highest Jaccard index."""
    scored: list[tuple[float, Variant]] = [
        (one.scores.jaccard, one) for one in comparison.variants if one.scores is not None and not one.is_base
    ]
    return max(scored, key=lambda pair: pair[0])[1].name if scored else None


def _table(confusion: Confusion) -> ConfusionTable:
    rows = []
    for label, counts in zip(confusion.labels, confusion.counts, strict=True):
        total = sum(counts)
        shares = [count / total if total else 0.0 for count in counts]
        cells = tuple(Cell(share=share, band=round(_BANDS * share)) for share in shares)
        rows.append(ConfusionRow(label=label, total=total, cells=cells))
    return ConfusionTable(variant=confusion.variant, labels=confusion.labels, rows=tuple(rows))
