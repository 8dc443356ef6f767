"""How far raters agree: Krippendorff's α by the package krippendorff, Cohen's κ for each pair of raters by scikit-learn.

The unit is an answer that was shown: one that several systems gave was rated once and counts once. α is ordinal for semantic and naturalness and nominal for
misleading and the preference; κ has quadratic weights for the first two. Neither exists with one rater, or where all ratings are equal, and then the reason
stands in place of a number.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from emojit.errors import MissingExtraError
from emojit.evaluation.rating.ratings import QUESTIONS, SCALES, Question, Ratings

CONFIDENCE = 0.95
RESAMPLES = 500
"""Resamples of the texts for the interval of α (count)."""
ONE_RATER = "not available with one rater"
NEVER_TWICE = "not available: no answer was rated by two raters"
ALL_EQUAL = "not available: all ratings are equal"

Level = Literal["ordinal", "nominal"]
Value = int | str
Grid = dict[tuple[str, str], dict[str, Value]]
"""(text, unit within it) → rater → value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement on one question.

    Attributes:
        question: semantic, naturalness, misleading or preference.
        level: of measurement, for α.
        alpha: Krippendorff's α, at most 1; None where it does not exist.
        low: lower end of its 95 % interval over texts, or None.
        high: upper end.
        kappa: mean of Cohen's κ over the pairs of raters, or None.
        kappa_low: the least of them.
        kappa_high: the greatest.
        pairs: of raters with ratings in common for which κ exists (count).
        units: answers rated by two or more (count).
        why: why there is no α, or None.
    """

    question: str
    level: Level
    alpha: float | None
    low: float | None
    high: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    pairs: int
    units: int
    why: str | None


def require_rate_extra() -> None:
    """Refuse to go on where the packages for agreement are missing.

    Raises:
        MissingExtraError: krippendorff or scikit-learn is not installed.
    """
    missing = [name for name in ("krippendorff", "sklearn") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint="pip install 'emojit[rate]'")


def agreement(ratings: Ratings, *, seed: int = 0) -> tuple[Agreement, ...]:
    """Return the agreement on every question, on the preference where it was asked.

    Raises:
        MissingExtraError: there are two raters, and the extra `rate` is not installed.
    """
    found = [_agreement(question, question_grid(ratings, question), ratings.raters, seed) for question in QUESTIONS]
    if ratings.preferences:
        found.append(_agreement("preference", _preference_grid(ratings), ratings.raters, seed))
    return tuple(found)


def question_grid(ratings: Ratings, question: Question) -> Grid:
    """Return the values of every rater for every answer that was shown."""
    grid: Grid = defaultdict(dict)
    for one in ratings.ratings:
        grid[one.id, one.option][one.rater] = one.value(question)
    return dict(grid)


def krippendorff_alpha(grid: Mapping[Hashable, Sequence[Value]], level: Level) -> float | None:
    """Return α of the values of each unit; None where no two different values stand in units with two or more."""
    import krippendorff

    domain, counts = _counts(list(grid.values()), level)
    if len(counts) == 0 or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=level))


def _agreement(question: str, grid: Grid, raters: Sequence[str], seed: int) -> Agreement:
    level: Level = "ordinal" if question in SCALES else "nominal"
    shared = {unit: values for unit, values in grid.items() if len(values) > 1}
    why = ONE_RATER if len(raters) < 2 else NEVER_TWICE if not shared else None
    alpha, low, high, kappas = None, None, None, list[float]()
    if why is None:
        require_rate_extra()
        alpha = krippendorff_alpha({unit: list(values.values()) for unit, values in shared.items()}, level)
        why = ALL_EQUAL if alpha is None else None
        low, high = _interval(shared, level, seed)
        kappas = _kappas(shared, raters, weighted=level == "ordinal")
    return Agreement(
        question=question,
        level=level,
        alpha=alpha,
        low=low,
        high=high,
        kappa=float(np.mean(kappas)) if kappas else None,
        kappa_low=min(kappas, default=None),
        kappa_high=max(kappas, default=None),
        pairs=len(kappas),
        units=len(shared),
        why=why,
    )


def _interval(shared: Grid, level: Level, seed: int) -> tuple[float | None, float | None]:
    """Return the percentile bootstrap interval of α: texts are drawn with replacement, each with all its answers."""
    import krippendorff

    domain, counts = _counts([list(values.values()) for values in shared.values()], level)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, (text, _) in enumerate(shared):
        rows_of[text].append(row)
    by_text = list(rows_of.values())
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        rows = [row for text in rng.integers(len(by_text), size=len(by_text)) for row in by_text[text]]
        drawn = counts[rows]
        if (drawn.sum(axis=0) > 0).sum() > 1:
            found.append(krippendorff.alpha(value_counts=drawn, value_domain=domain, level_of_measurement=level))
    if len(found) < RESAMPLES / 2:
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)


def _counts(values: Sequence[Sequence[Value]], level: Level) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Return the values that occur in units with two or more, in order, and how often each occurs in each such unit; shape (units, values).

    The package compares values as numbers; of a nominal one, such as the name of a system, only the place is told.
    """
    shared = [unit for unit in values if len(unit) > 1]
    seen = sorted({value for unit in shared for value in unit}, key=lambda value: (isinstance(value, str), value))
    place = {value: index for index, value in enumerate(seen)}
    counts = np.zeros((len(shared), len(seen)), dtype=np.int64)
    for row, unit in enumerate(shared):
        for value in unit:
            counts[row, place[value]] += 1
    return [int(value) if level == "ordinal" else place[value] for value in seen], counts


def _kappas(shared: Grid, raters: Sequence[str], *, weighted: bool) -> list[float]:
    from sklearn.metrics import cohen_kappa_score

    found = []
    for first, second in itertools.combinations(raters, 2):
        both = [(one[first], one[second]) for one in shared.values() if first in one and second in one]
        seen = sorted({value for pair in both for value in pair}, key=str)
        if len(seen) < 2:  # κ does not exist where both gave one value alone
            continue
        mine, theirs = zip(*both, strict=True)
        labels = list(range(5)) if weighted else seen
        found.append(float(cohen_kappa_score(mine, theirs, labels=labels, weights="quadratic" if weighted else None)))
    return found


def _preference_grid(ratings: Ratings) -> Grid:
    return {
        (text, "preference"): {one.rater: "+".join(one.systems) for one in ratings.preferences if one.id == text}
        for text in ratings.ids
    }
