"""The card's figures about emoji: how they are spread, what balancing did to them, and what more rows would bring."""

from __future__ import annotations

import itertools
from typing import TypedDict

from emojit.dataset.density import MANY
from emojit.dataset.distribution import TOP
from emojit.emoji import entry
from emojit.release.facts import Facts

_LISTED = 20
_RARE = 5  # rows
_FAR = 10  # times the rows at hand: beyond that the benchmark of the density report has nothing to say


class HistogramBin(TypedDict):
    """How many emoji occur how often."""

    rows: str
    """Rows per emoji, in words."""
    emoji: int
    """Different emoji with so many rows (count)."""


def emoji_facts(facts: Facts, rows: int) -> dict[str, object]:
    """Return counts, concentration and the most frequent emoji.

    Args:
        facts: `statistics.json`.
        rows: rows of the data set (count).
    """
    counts = facts.items("emoji.counts")
    top = []
    for emoji, n in counts[:_LISTED]:
        names = entry(emoji)
        top.append({"emoji": emoji, "name": names.name, "name_ja": names.name_ja, "rows": n, "share": n / rows})
    return {
        "total": facts.count("emoji.total"),
        "distinct": facts.count("emoji.distinct"),
        "inventory": facts.count("emoji.inventory"),
        "mean_per_row": facts.number("emoji.mean_per_row"),
        "rare": sum(n < _RARE for _, n in counts),
        "rare_below": _RARE,
        "top": top,
        "top_n": TOP,
        "top_share": facts.number("emoji.top_share"),
        "gini": facts.number("emoji.gini"),
        "gini_inventory": facts.number("emoji.gini_inventory"),
        "quartiles": {
            name: facts.count(f"emoji.rows_per_emoji.{name}")
            for name in ("min", "lower_quartile", "median", "upper_quartile", "max")
        },
        "histogram": named_histogram(facts.items("emoji.histogram")),
    }


def named_histogram(bins: list[list[int]]) -> list[HistogramBin]:
    """Name the bins, which come as [first, emoji] in order."""
    starts = [start for start, _ in bins]
    named: list[HistogramBin] = []
    for (start, n), following in itertools.zip_longest(bins, starts[1:]):
        if following is None:
            name = f"{start:,} or more"
        else:
            name = f"{start:,}" if following == start + 1 else f"{start:,} to {following - 1:,}"
        named.append({"rows": "never" if start == 0 else name, "emoji": n})
    return named


def balance_facts(facts: Facts, rows: int) -> dict[str, object]:
    """Return what the asked number of pairs, the cap and the floor came to.

    Args:
        facts: `statistics.json`.
        rows: rows of the data set (count).
    """
    names = (
        "wanted", "short_of", "free_rows", "deferred", "asked_again", "steered", "over_represented", "floor_rows", "floor_emoji", "posts", "rare"
    )  # fmt: skip
    counts = {name: facts.count(f"balance.{name}") for name in names}
    max_share = facts.number("balance.max_share")
    most = facts.items("emoji.counts")[0]
    return {
        **counts,
        "why": facts.text("balance.why") if facts.has("balance.why") else None,
        "cap": max_share if max_share < 1 else None,
        "touched": counts["steered"] + counts["over_represented"] > 0,
        "steered_share": counts["steered"] / rows,
        "highest": {"emoji": most[0], "share": most[1] / facts.count("emoji.total")},
        "below": facts.items("balance.below"),
    }


def density_facts(facts: Facts) -> dict[str, object]:
    """Return the density report, and from how many rows on it is a guess."""
    rows = facts.count("density.rows")
    table = facts.items("density.table")
    inventory = facts.count("emoji.inventory")
    return {
        "rows": rows,
        "many": MANY,
        "far": rows * _FAR,
        "guessed": any(line["rows"] > rows * _FAR for line in table),
        "table": [
            {
                **line,
                "inventory": "all" if line["emoji"] == inventory else f"the {line['emoji']} most frequent",
                "at_least": [line["at_least"][str(many)] for many in MANY],
            }
            for line in table
        ],
    }
