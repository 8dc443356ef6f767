"""What a card says beside the Jaccard index: validity, length, kinds, frequencies and votes, with intervals, from `eval_metrics.json` alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emojit.release.eval_results import find_system
from emojit.release.facts import Facts

_FIELDS = {
    "emoji_validity": "validity",
    "emoji_length": "length",
    "emoji_category": "category",
    "emoji_distribution": "distribution",
    "emoji_diversity": "diversity",
    "emoji_votes": "votes",
}
"""Metric module → key of its figures in the report of a system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A figure that cards show."""

    module: str
    name: str
    label: str
    beside: str | None = None
    """Figure of the same module and system that it is held against."""
    beside_label: str = ""


_ROWS = (
    _Row(module="emoji_validity", name="valid", label="answers that keep every rule"),
    _Row(module="emoji_validity", name="empty", label="answers without an emoji"),
    _Row(module="emoji_validity", name="repeated", label="answers with an emoji twice"),
    _Row(
        module="emoji_length",
        name="mean",
        label="emoji per text",
        beside="reference_mean",
        beside_label="the references",
    ),
    _Row(
        module="emoji_length",
        name="sd",
        label="their standard deviation",
        beside="reference_sd",
        beside_label="the references",
    ),
    _Row(module="emoji_length", name="ks_statistic", label="Kolmogorov–Smirnov distance of the lengths"),
    _Row(module="emoji_length", name="correlation", label="correlation of the lengths"),
    _Row(
        module="emoji_category",
        name="group_jaccard",
        label="Jaccard index of the Unicode groups",
        beside="group_by_chance",
        beside_label="by chance",
    ),
    _Row(module="emoji_category", name="subgroup_jaccard", label="Jaccard index of the subgroups"),
    _Row(module="emoji_category", name="near_miss", label="rows with a subgroup in common and no emoji"),
    _Row(
        module="emoji_distribution", name="jensen_shannon", label="Jensen–Shannon divergence of the frequencies (bits)"
    ),
    _Row(
        module="emoji_diversity",
        name="outside_top",
        label="emoji outside the references' five most common",
        beside="reference_outside_top",
        beside_label="the references",
    ),
    _Row(
        module="emoji_diversity",
        name="distinct",
        label="different emoji",
        beside="reference_distinct",
        beside_label="the references",
    ),
    _Row(
        module="emoji_votes",
        name="compared_best",
        label="Jaccard index with the best of the other votes",
        beside="ceiling_best",
        beside_label="a vote, the ceiling",
    ),
    _Row(
        module="emoji_votes",
        name="compared_mean",
        label="mean Jaccard index with the votes",
        beside="ceiling_mean",
        beside_label="a vote, the ceiling",
    ),
)


def figure_table(facts: Facts) -> dict[str, object] | None:
    """Return the table of further figures of the system that the evaluation is about, beside the strongest baseline.

    Args:
        facts: of `eval_metrics.json`.

    Returns:
        Labels of the columns, rows of four cells, and the texts with several votes (count, 0 where there are none); None for a report of before these figures.

    Raises:
        CardError: the report lacks the system.
    """
    system = find_system(facts, facts.text("system"))
    baselines = [one for one in facts.items("systems") if isinstance(one, dict) and one.get("kind") == "baseline"]
    other = max(baselines, key=_mean_jaccard, default=None)
    shown = [one for one in _ROWS if _value(system, one.module, one.name) is not None]
    if not any(one.module != "emoji_diversity" for one in shown):
        return None
    rows = []
    for one in shown:
        beside = None if one.beside is None else _cell(facts, system, one.module, one.beside)
        rows.append(
            {
                "label": one.label,
                "system": _cell(facts, system, one.module, one.name),
                "baseline": None if other is None else _cell(facts, other, one.module, one.name),
                "beside": None if beside is None else f"{one.beside_label}: {beside}",
            }
        )
    return {
        "system": system.get("label"),
        "baseline": None if other is None else other.get("label"),
        "rows": rows,
        "votes": int(_value(system, "emoji_votes", "compared_texts") or 0),
    }


def _mean_jaccard(system: dict[str, Any]) -> float:
    interval = system.get("jaccard")
    value = interval.get("mean") if isinstance(interval, dict) else None
    return float(value) if isinstance(value, int | float) else -1.0


def _cell(facts: Facts, system: dict[str, Any], module: str, name: str) -> str | None:
    """Write a figure with its interval, where it has one; None for what the report does not say."""
    value = _value(system, module, name)
    if value is None:
        return None
    digits = 0 if isinstance(value, int) else 3
    written = f"{value:,.{digits}f}"
    ends = facts.values.get("analysis", {})
    for key in ("intervals", system.get("name"), module, name):
        ends = ends.get(key) if isinstance(ends, dict) else None
    if not isinstance(ends, dict) or not (_is_number(ends.get("low")) and _is_number(ends.get("high"))):
        return written
    return f"{written} [{ends['low']:,.{digits}f}, {ends['high']:,.{digits}f}]"


def _value(system: dict[str, Any], module: str, name: str) -> float | None:
    figures = system.get(_FIELDS[module])
    value = figures.get(name) if isinstance(figures, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
