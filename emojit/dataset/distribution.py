"""How the emoji of a build are spread: the figures by which a data set is seen to be rich or poor."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from emojit.dataset.density import MANY, densities
from emojit.dataset.tally import Tally
from emojit.emoji import INVENTORY
from emojit.metrics import gini, top_share

TOP = 10
"""How many of the most frequent emoji have their share stated."""


def spread(tally: Tally) -> dict[str, object]:
    """Return concentration and rows per emoji, JSON-ready.

    Keys: inventory (count), top_share (of all occurrences, of the `TOP` most frequent), gini (over the emoji that occur), gini_inventory (over the whole
    inventory, zeros included), rows_per_emoji {min, lower_quartile, median, upper_quartile, max} over the emoji that occur, histogram
    [[from, emoji], …] in steps of 1, 2, 5, 10, … rows with 0 for those that never occur.
    """
    counts = sorted(tally.all_emoji.values())
    never = len(INVENTORY) - len(counts)
    return {
        "inventory": len(INVENTORY),
        "top_share": _rounded(top_share(counts, TOP)),
        "gini": _rounded(gini(counts)),
        "gini_inventory": _rounded(gini([0] * never + counts)),
        "rows_per_emoji": {
            "min": counts[0],
            "lower_quartile": _quantile(counts, 0.25),
            "median": _quantile(counts, 0.5),
            "upper_quartile": _quantile(counts, 0.75),
            "max": counts[-1],
        },
        "histogram": _histogram(counts, never),
    }


def density(tally: Tally) -> dict[str, object]:
    """Return the density report, JSON-ready: what larger data sets of the same making would look like.

    Rows of the stage for rare emoji are left out, because they do not grow with the data set: it writes as many as the floor asks for.

    Keys: rows (of the build, without that stage; count), table [{emoji, rows, mean, median, least, at_least {"10": …, "50": …}, unseen}, …], see
    `emojit.dataset.density.Density`; empty where every row is of that stage.
    """
    found = densities(tally.drawn_emoji, tally.drawn, inventory=len(INVENTORY)) if tally.drawn else []
    return {
        "rows": tally.drawn,
        "table": [
            {
                **dataclasses.asdict(one),
                # Rounded, because an estimate has no more digits than that, and so that another processor's sums give the same file.
                "mean": round(one.mean, 2),
                "at_least": {str(many): round(n) for many, n in zip(MANY, one.at_least, strict=True)},
                "unseen": round(one.unseen, 3),
            }
            for one in found
        ],
    }


def _rounded(share: float) -> float:
    return round(share, 6)


def _quantile(ordered: Sequence[int], share: float) -> int:
    """Return the smallest value that at least this share of the values does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def _histogram(counts: Sequence[int], never: int) -> list[tuple[int, int]]:
    steps = list(_steps(counts[-1]))
    bins: Counter[int] = Counter(max(step for step in steps if step <= n) for n in counts)
    return [(0, never), *((step, bins[step]) for step in steps)]


def _steps(most: int) -> Iterator[int]:
    """Give 1, 2, 5, 10, 20, 50, … up to `most`."""
    decade = 1
    while True:
        for factor in (1, 2, 5):
            if factor * decade > most:
                return
            yield factor * decade
        decade *= 10
