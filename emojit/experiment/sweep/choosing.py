"""Which weights to take, and why."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.experiment.sweep.facts import Checkpoint, Choice, Curve, Finding, Metric
from emojit.experiment.sweep.findings import POINTS, value_of
from emojit.experiment.sweep.words import gap, score


def choice(curve: Curve, metric: Metric, found: Finding, take: str | None = None) -> Choice:
    """Return which weights of a run to take: those of the peak, or a mean of neighbours that is better.

    Args:
        curve: the run.
        metric: what chooses.
        found: what it says about the run.
        take: name of a checkpoint or mean that somebody takes in its place.
    """
    peak = next(one for one in curve.checkpoints if one.name == found.peak)
    if take is not None:
        one = next(one for one in (*curve.checkpoints, *curve.averages) if take == one.name)
        why = f"asked for; the best alone is {peak.name} with {score(metric, found.peak_score)}"
        return _choice(curve, metric, one, why, asked=True)
    means = [one for one in curve.averages if metric.name in one.scores]
    best = max(means, key=lambda one: value_of(one, metric), default=None)
    if best is not None and value_of(best, metric) > value_of(peak, metric):
        better = value_of(best, metric) - value_of(peak, metric)
        why = (
            f"the best of {len(means)} means of {len(best.members)} neighbours, "
            f"{gap(metric, better * _factor(metric))} better than the best alone ({peak.name})"
        )
        return _choice(curve, metric, best, why)
    return _choice(curve, metric, peak, _why(curve, metric, found, best))


def _why(curve: Curve, metric: Metric, found: Finding, best_mean: Checkpoint | None) -> str:
    many = len(curve.scored(metric.name))
    parts = ["the only checkpoint with a value" if many == 1 else f"best {metric.label} of {many} checkpoints"]
    if many == 1:
        pass  # one value says nothing of where the run was going
    elif found.peak_step == found.last_step:
        parts.append("the last one: the run had not come to its peak, and longer training may help")
    elif found.lost == 0:
        parts.append("the last is no better")
    else:
        chance = ", which may be chance" if found.lost_low is not None and found.lost_low <= 0 else ""
        parts.append(f"{gap(metric, found.lost)} better than the last{chance}")
    if best_mean is not None:
        parts.append(
            f"the best mean of {len(best_mean.members)} neighbours reaches {score(metric, best_mean.scores[metric.name])}"
        )
    return "; ".join(parts)


def _choice(curve: Curve, metric: Metric, one: Checkpoint, why: str, *, asked: bool = False) -> Choice:
    return Choice(
        run=curve.run,
        checkpoint=one.name,
        members=one.members,
        epoch=one.epoch,
        score=one.scores[metric.name],
        why=why,
        asked=asked,
    )


def best_of(choices: Sequence[Choice], metric: Metric) -> Choice | None:
    """Return the best choice of all runs; the first of equal ones."""
    if not choices:
        return None
    sign = -1 if metric.better == "lower" else 1
    return max(choices, key=lambda one: sign * one.score)


def _factor(metric: Metric) -> int:
    return POINTS if metric.unit == "share" else 1
