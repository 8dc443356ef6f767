"""How the page writes numbers, settings and verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable

from emojit.evaluation.report import Interval
from emojit.experiment.comparison.facts import NONE, OTHER
from emojit.experiment.comparison.words import drawn_of

_VERDICTS = {"better": "better", "worse": "worse", "undecided": "undecided", "equal": "the same"}
_SCORES = {"jaccard": "Jaccard index", "outside_top": "outside the top five", "exact_match": "exact match"}
_LABELS = {NONE: "no emoji", OTHER: "any other emoji"}


def score(value: float | None) -> str:
    """Return a score in [0, 1] with four decimals."""
    return "–" if value is None else f"{value:.4f}"


def signed(value: float) -> str:
    """Return a difference with its sign and three decimals; what rounds to zero has none."""
    written = f"{value:+.4f}"
    return "0.0000" if float(written) == 0 else written.replace("-", "−")


def percent(value: float | None) -> str:
    """Return a fraction as per cent with one decimal."""
    return "–" if value is None else f"{100 * value:.1f} %"


def interval(value: Interval | None) -> str:
    """Return the ends of an interval of a score."""
    return "" if value is None else f"{value.low:.4f} to {value.high:.4f}"


def percent_interval(value: Interval | None) -> str:
    """Return the ends of an interval of a share."""
    return "" if value is None else f"{100 * value.low:.1f} to {percent(value.high)}"


def signed_interval(value: Interval) -> str:
    """Return the ends of an interval of a difference."""
    return f"{signed(value.low)} to {signed(value.high)}"


def probability(value: float) -> str:
    """Return a p-value; a bootstrap cannot tell small ones apart."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def number(value: float | None) -> str:
    """Return a count or a mean of counts with thousands separators, and one decimal where it has some."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def setting(value: object) -> str:
    """Return a value of a recipe."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return "not set" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it."""
    if seconds is None:
        return "–"
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def verdict(value: str) -> str:
    """Return a verdict in words."""
    return _VERDICTS.get(value, value)


def score_name(value: str) -> str:
    """Return what a score of the plan's targets is called."""
    return _SCORES.get(value, value)


def label(value: str) -> str | None:
    """Return what a row or column of a confusion stands for where it is no emoji."""
    return _LABELS.get(value)


FILTERS: dict[str, Callable[..., str | None]] = {
    "score": score,
    "signed": signed,
    "percent": percent,
    "interval": interval,
    "signed_interval": signed_interval,
    "percent_interval": percent_interval,
    "probability": probability,
    "number": number,
    "setting": setting,
    "duration": duration,
    "verdict": verdict,
    "score_name": score_name,
    "label": label,
    "drawn_of": drawn_of,
}
"""The filters that the templates use, by name."""
