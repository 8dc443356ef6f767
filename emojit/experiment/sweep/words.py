"""Numbers as a report writes them."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.experiment.sweep.facts import Metric


def score(metric: Metric, value: float | None) -> str:
    """Return a value of a metric."""
    if value is None:
        return ""
    return f"{value:.4f}" if metric.unit != "emoji" or value != int(value) else f"{value:.0f}"


def gap(metric: Metric, value: float) -> str:
    """Return a difference of two values: points (hundredths) for shares, else the metric's own unit."""
    if metric.unit == "share":
        return f"{value:.2f} points"
    return f"{short(value)}{f' {metric.unit}' if metric.unit else ''}"


def short(value: float) -> str:
    """Return a number with four decimals at most."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def epoch(value: float | None) -> str:
    """Return epochs with two decimals at most."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def number(value: float | None) -> str:
    """Return a count or a mean of counts with one decimal at most."""
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def listed(names: Sequence[str]) -> str:
    """Return names in a row: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))
