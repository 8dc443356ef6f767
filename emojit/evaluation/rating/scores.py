"""Means and differences of systems over the texts, with intervals that draw texts: ratings of one text are not independent of each other."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from emojit.evaluation.rating.ratings import HIGHEST, SCALES, Question, Ratings
from emojit.evaluation.same_value import CONFIDENCE, same_value_ends
from emojit.metrics import bootstrap_interval

RESAMPLES = 2000
POWER = 0.8
"""Chance to find a difference that is there, for the number of texts needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over all ratings.

    Attributes:
        mean: in the unit of the question (0–4, or a share).
        sd: standard deviation over all ratings, n in the denominator.
        low: lower end of the 95 % interval of the mean; None with fewer than two texts.
        high: upper end.
    """

    mean: float
    sd: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScore:
    """What raters said of one system.

    Attributes:
        system: name.
        ratings: how many (count).
        items: texts (count).
        semantic: 0–4.
        naturalness: 0–4.
        misleading: share.
        preferred: how often its answer was found best (count); None where nobody was asked.
        shared: of these, how often another system had given the same answer (count).
    """

    system: str
    ratings: int
    items: int
    semantic: Mean
    naturalness: Mean
    misleading: Mean
    preferred: int | None
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The difference of two systems on one question, first minus second, over the texts that both were rated for.

    Attributes:
        question: semantic or naturalness.
        mean: of the differences per text (mean over raters).
        low: lower end of its 95 % interval, or None.
        high: upper end.
        items: texts (count).
        needed: texts at which a difference of this size is found in four of five studies (two-sided 5 %), with as many raters as here; None where there is no
            difference, or nothing to judge it by.
    """

    question: Question
    mean: float
    low: float | None
    high: float | None
    items: int
    needed: int | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two systems side by side.

    Attributes:
        first: name.
        second: name.
        gaps: one for each scale.
        prefer_first: preferences for the first and not the second (count).
        prefer_second: the other way round.
        undecided: for another one, for an answer of both, or none (count).
    """

    first: str
    second: str
    gaps: tuple[Gap, ...]
    prefer_first: int
    prefer_second: int
    undecided: int


def system_scores(ratings: Ratings, *, seed: int = 0) -> tuple[SystemScore, ...]:
    """Return the figures of every system, in their order."""
    return tuple(_score(ratings, system, seed) for system in ratings.systems if _of(ratings, system, "semantic"))


def pairs(ratings: Ratings, *, seed: int = 0) -> tuple[Pair, ...]:
    """Return every two systems that were rated for the same texts."""
    found = []
    for first, second in itertools.combinations(ratings.systems, 2):
        gaps = tuple(gap for question in SCALES if (gap := _gap(ratings, first, second, question, seed)))
        if not gaps:
            continue
        best = [(first in one.systems, second in one.systems) for one in ratings.preferences]
        found.append(
            Pair(
                first=first,
                second=second,
                gaps=gaps,
                prefer_first=best.count((True, False)),
                prefer_second=best.count((False, True)),
                undecided=best.count((True, True)) + best.count((False, False)),
            )
        )
    return tuple(found)


def items_needed(mean: float, sd: float) -> int | None:
    """Return how many paired differences it takes to find their mean.

    Args:
        mean: of the differences.
        sd: their standard deviation (n - 1 in the denominator).

    Returns:
        n = ((z for 97.5 % + z for the power) · sd / mean)², rounded up and at least 2; None for a mean of 0 or no spread.

    Source: the paired test's sample size in its normal approximation, e.g. Chow, Shao & Wang (2008), "Sample Size Calculations in Clinical Research", 3.1.
    """
    if mean == 0 or sd == 0:
        return None
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) + NormalDist().inv_cdf(POWER)
    return max(2, math.ceil((z * sd / mean) ** 2))


def _score(ratings: Ratings, system: str, seed: int) -> SystemScore:
    best = [one.systems for one in ratings.preferences if system in one.systems]
    values = _of(ratings, system, "semantic")
    return SystemScore(
        system=system,
        ratings=sum(map(len, values.values())),
        items=len(values),
        semantic=_mean(values, HIGHEST, seed),
        naturalness=_mean(_of(ratings, system, "naturalness"), HIGHEST, seed),
        misleading=_mean(_of(ratings, system, "misleading"), 1, seed),
        preferred=len(best) if ratings.preferences else None,
        shared=sum(len(one) > 1 for one in best),
    )


def _of(ratings: Ratings, system: str, question: Question) -> dict[str, dict[str, int]]:
    """Return text → rater → value."""
    values: dict[str, dict[str, int]] = defaultdict(dict)
    for one in ratings.ratings:
        if one.system == system:
            values[one.id][one.rater] = one.value(question)
    return dict(values)


def _mean(values: dict[str, dict[str, int]], highest: int, seed: int) -> Mean:
    every = np.array([value for one in values.values() for value in one.values()], dtype=np.float64)
    low, high = None, None
    if len(values) > 1:
        sums = np.array([sum(one.values()) for one in values.values()], dtype=np.float64)
        counts = np.array([len(one) for one in values.values()], dtype=np.float64)
        if np.ptp(sums / counts) == 0:
            ends = same_value_ends(float(every.mean()), len(values), lowest=0, highest=highest)
            return Mean(mean=float(every.mean()), sd=float(every.std()), low=ends.low, high=ends.high)
        drawn = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))  # (R, texts)
        means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        tail = (1 - CONFIDENCE) / 2
        low, high = (float(end) for end in np.quantile(means, [tail, 1 - tail]))
    return Mean(mean=float(every.mean()), sd=float(every.std()), low=low, high=high)


def _gap(ratings: Ratings, first: str, second: str, question: Question, seed: int) -> Gap | None:
    mine, theirs = _of(ratings, first, question), _of(ratings, second, question)
    differences = []
    for text in sorted(set(mine) & set(theirs)):
        both = sorted(set(mine[text]) & set(theirs[text]))
        if both:
            differences.append(float(np.mean([mine[text][rater] - theirs[text][rater] for rater in both])))
    if not differences:
        return None
    low, high, needed = None, None, None
    if len(differences) > 1:
        if min(differences) == max(differences):
            ends = same_value_ends(differences[0], len(differences), lowest=-HIGHEST, highest=HIGHEST)
            low, high = ends.low, ends.high
        else:
            low, high = bootstrap_interval(differences, confidence=CONFIDENCE, resamples=RESAMPLES, seed=seed)
        needed = items_needed(float(np.mean(differences)), float(np.std(differences, ddof=1)))
    return Gap(
        question=question,
        mean=float(np.mean(differences)),
        low=low,
        high=high,
        items=len(differences),
        needed=needed,
    )
