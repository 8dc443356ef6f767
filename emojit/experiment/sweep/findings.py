"""Peak, plateau and onset of overfitting of one curve, and what early stopping would have done. Pure functions of the scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emojit.evaluation.resampling import ratio_intervals
from emojit.experiment.articles import summed
from emojit.experiment.sweep.facts import Checkpoint, Curve, Finding, Metric

POINTS = 100
"""Points in the whole: a share of 0.6604 is 1.37 points more than one of 0.6467."""

DEFAULT_TOLERANCE = 0.5


def finding(
    curve: Curve,
    metric: Metric,
    *,
    tolerance: float,
    differences: Sequence[float] | None = None,
    articles: Sequence[int] | None = None,
) -> Finding | None:
    """Return what a metric says about a run, or None where no checkpoint has a value of it.

    Args:
        curve: its checkpoints.
        metric: one of which high or low values are good.
        tolerance: how much worse than the peak is still as good: in points for shares, else in per cent of the peak.
        differences: of every validation row, value at the peak minus value at the last checkpoint, both turned so that high is good; None where the metric
            is no mean over rows.
        articles: number of the article of each row; None where nobody knows.
    """
    scored = curve.scored(metric.name)
    if not scored or metric.better == "neither":
        return None
    values = [value_of(checkpoint, metric) for checkpoint in scored]
    top = values.index(max(values))
    peak, last = scored[top], scored[-1]
    factor = POINTS if metric.unit == "share" else 1
    allowed = tolerance if metric.unit == "share" else tolerance / 100 * abs(values[top])
    # Seven decimals: 0.6604 minus 0.0050 shall be what a table writes as 0.6554.
    good = [round(value - values[top] + allowed / factor, 7) >= 0 for value in values]
    first = top
    while first > 0 and good[first - 1]:
        first -= 1
    end = top
    while end + 1 < len(good) and good[end + 1]:
        end += 1
    latest = max(place for place in range(len(good)) if good[place])
    onset = scored[latest + 1] if latest + 1 < len(scored) else None
    patience = _patience(values[: top + 1])
    stop = top + patience
    low, high = (None, None) if differences is None else _interval(differences, articles, factor)
    return Finding(
        run=curve.run,
        metric=metric.name,
        peak=peak.name,
        peak_step=peak.step,
        peak_epoch=peak.epoch,
        peak_score=peak.scores[metric.name],
        last_step=last.step,
        last_epoch=last.epoch,
        last_score=last.scores[metric.name],
        lost=round(factor * (values[top] - values[-1]), 10),
        lost_low=low,
        lost_high=high,
        tolerance=allowed,
        plateau=tuple(checkpoint.name for checkpoint in scored[first : end + 1]),
        plateau_from=scored[first].epoch,
        plateau_to=scored[end].epoch,
        onset_step=None if onset is None else onset.step,
        onset_epoch=None if onset is None else onset.epoch,
        spare=(last.step - peak.step) / last.step if last.step else 0.0,
        patience=patience,
        stops_at=scored[stop].epoch if stop < len(scored) else None,
    )


def _interval(differences: Sequence[float], articles: Sequence[int] | None, factor: int) -> tuple[float, float]:
    """Return the 95 % interval of a mean over rows, drawn by article where the articles are known."""
    values = np.array(differences, dtype=np.float64) * factor
    rows = np.column_stack([values, np.ones(len(values))])
    units = rows if articles is None else summed(rows, articles)
    (found,) = ratio_intervals(units[:, :1], units[:, 1:])
    return found.low, found.high


def value_of(checkpoint: Checkpoint, metric: Metric) -> float:
    """Return the value of a metric, turned so that high is good."""
    value = checkpoint.scores[metric.name]
    return -value if metric.better == "lower" else value


def _patience(values: Sequence[float]) -> int:
    """Return the smallest patience that reaches the last of these values, which is the best: one more than the longest wait on the way."""
    best, waited, longest = values[0], 0, 0
    for value in values[1:]:
        if value > best:
            best, waited = value, 0
        else:
            waited += 1
            longest = max(longest, waited)
    return longest + 1
