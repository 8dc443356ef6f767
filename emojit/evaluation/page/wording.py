"""How the page writes figures."""

from __future__ import annotations

from collections.abc import Callable

from emojit.evaluation.interval import Interval


def score(value: float | None) -> str:
    """Return a score with three decimals, a count without."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}".replace("-", "−")


def signed(value: float) -> str:
    """Return a difference with its sign; what rounds to zero has none."""
    written = f"{value:+.3f}"
    return "0.000" if float(written) == 0 else written.replace("-", "−")


def between(value: Interval) -> str:
    """Return the ends of an interval."""
    return f"{score(value.low)} to {score(value.high)}"


def signed_between(value: Interval) -> str:
    """Return the ends of an interval of a difference."""
    return f"{signed(value.low)} to {signed(value.high)}"


def percent(value: float) -> str:
    """Return a fraction as per cent."""
    return f"{100 * value:.1f}\u00a0%"  # never parted from its sign


def number(value: float) -> str:
    """Return a count with thousands separators."""
    return f"{value:,.0f}"


FILTERS: dict[str, Callable[..., str]] = {
    "score": score,
    "signed": signed,
    "between": between,
    "signed_between": signed_between,
    "percent": percent,
    "number": number,
}
"""The filters that the template uses, by name."""
