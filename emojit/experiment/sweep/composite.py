"""One score of several: a weighted mean, whose weights the report states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from emojit.errors import UsageError
from emojit.experiment.sweep.facts import Curve, Metric, StatedComposite

COMPOSITE = "composite"
STATED = "composite_stated"
"""What a column "composite" of a table is called where weights are given, too."""

_HINT = "for example --weights jaccard=0.7,exact_match=0.3"


def parse_weights(text: str) -> dict[str, float]:
    """Read `NAME=WEIGHT,…`, and divide the weights by their sum.

    Raises:
        UsageError: it is none, a weight is no number above 0, or a name stands there twice.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, separator, value = part.partition("=")
        name = name.strip()
        try:
            weight = float(value)
        except ValueError:
            weight = math.nan
        if not separator or not name or not math.isfinite(weight) or weight <= 0:
            raise UsageError(f"--weights {text}: {part.strip()!r} is no NAME=NUMBER with a number above 0", hint=_HINT)
        if name in weights:
            raise UsageError(f"--weights {text}: {name} stands there twice", hint=_HINT)
        weights[name] = weight
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def composite_metric(weights: Mapping[str, float], metrics: Sequence[Metric]) -> Metric:
    """Return the composite as a metric.

    Raises:
        UsageError: a weight names no metric, or one of which neither high nor low is good.
    """
    known = {metric.name: metric for metric in metrics}
    for name in weights:
        if name not in known:
            raise UsageError(f"--weights: no metric {name!r} here", hint=f"one of {', '.join(known)}")
        if known[name].better == "neither":
            raise UsageError(
                f"--weights: {name} only describes: neither high nor low is good", hint="give it no weight"
            )
    plain = all(known[name].unit == "share" and known[name].better == "higher" for name in weights)
    return Metric(name=COMPOSITE, label="composite", better="higher", unit="share" if plain else "")


def composite(weights: Mapping[str, float], scores: Mapping[str, float], metrics: Sequence[Metric]) -> float | None:
    """Return the weighted mean of scores, those of which less is better with a minus; None where one is missing."""
    if any(name not in scores for name in weights):
        return None
    sign = {metric.name: -1 if metric.better == "lower" else 1 for metric in metrics}
    return math.fsum(weight * sign[name] * scores[name] for name, weight in weights.items())


def compare_stated(curves: Sequence[Curve], digits: int) -> StatedComposite | None:
    """Compare the composite of the weights with the one that a table states; None where no row has both.

    Args:
        curves: of which rows may have both.
        digits: decimals of the table (count); a difference of half a unit of the last is that of rounding, and both the stated score and those that it was
            made of are rounded.
    """
    gaps = [
        (abs(one.scores[COMPOSITE] - one.scores[STATED]), curve.run, one.name)
        for curve in curves
        for one in curve.checkpoints
        if COMPOSITE in one.scores and STATED in one.scores
    ]
    if not gaps:
        return None
    furthest, run, name = max(gaps, key=lambda gap: gap[0])
    allowed = 10.0**-digits + 1e-12
    apart = {run for gap, run, _ in gaps if gap > allowed}
    return StatedComposite(
        column=STATED,
        rows=len(gaps),
        equal=sum(gap <= allowed for gap, _, _ in gaps),
        runs=tuple(dict.fromkeys(run for _, run, _ in gaps if run not in apart)),
        furthest=furthest,
        furthest_at=f"{run}, {name}",
    )
