"""Numbers as a report writes them."""

from __future__ import annotations

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
    return f"{value:.4f}{f' {metric.unit}' if metric.unit else ''}"


def epoch(value: float | None) -> str:
    """Return epochs with two decimals at most."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
