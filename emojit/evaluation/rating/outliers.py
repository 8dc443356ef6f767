"""Raters who rate unlike the others. Nobody is left out by this: it says whom to look at, and by which rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from emojit.evaluation.rating.agreement import krippendorff_alpha, question_grid, require_rate_extra
from emojit.evaluation.rating.ratings import Ratings

FAR = 1.0
"""So far from the mean of the others on the same answers, on semantic, is far (points of 4)."""
UNLIKE = 0.1
"""α on semantic that rises by so much without a rater says that this one differs."""
SAME = 0.9
"""So large a share of one value is answering without looking."""
_FEWEST = 20
"""Ratings that a rater must have to be judged (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rater:
    """One rater.

    Attributes:
        rater: code.
        items: texts rated (count).
        ratings: answers rated, as they were shown (count).
        semantic: mean (0–4).
        naturalness: mean (0–4).
        misleading: share.
        shift: mean difference to the others' mean on the same answers, semantic (points); None with nobody to compare with.
        alpha_without: α on semantic without this rater, where three or more rate.
        remarks: which of the rules above this rater breaks.
        remarks_ja: the same in Japanese.
    """

    rater: str
    items: int
    ratings: int
    semantic: float
    naturalness: float
    misleading: float
    shift: float | None
    alpha_without: float | None
    remarks: tuple[str, ...]
    remarks_ja: tuple[str, ...]


def raters(ratings: Ratings) -> tuple[Rater, ...]:
    """Return every rater, by code.

    Raises:
        MissingExtraError: there are three raters, and the extra `rate` is not installed.
    """
    every = ratings.raters
    whole = _alpha(ratings) if len(every) > 2 else None
    return tuple(_rater(ratings, code, whole) for code in every)


def _rater(ratings: Ratings, code: str, whole: float | None) -> Rater:
    shown = {(one.id, one.option): one for one in ratings.ratings if one.rater == code}
    grid = question_grid(ratings, "semantic")
    values = [one.semantic for one in shown.values()]
    shifts = []
    for unit, mine in shown.items():
        others = [value for rater, value in grid[unit].items() if rater != code and isinstance(value, int)]
        if others:
            shifts.append(mine.semantic - float(np.mean(others)))
    shift = float(np.mean(shifts)) if shifts else None
    without = None if whole is None else _alpha(ratings.without(code))
    remarks: list[tuple[str, str]] = []
    if len(values) >= _FEWEST:
        value, count = Counter(values).most_common(1)[0]
        if count >= SAME * len(values):
            remarks.append(
                (
                    f"gave semantic {value} to {count} of {len(values)} answers",
                    f"{len(values)}個の答えのうち{count}個の意味に {value} を付けた",
                )
            )
        if shift is not None and abs(shift) >= FAR:
            remarks.append(
                (
                    f"rates semantic {abs(shift):.2f} points {'above' if shift > 0 else 'below'} the others",
                    f"意味をほかの人より {abs(shift):.2f} 点{'高く' if shift > 0 else '低く'}付ける",
                )
            )
        if whole is not None and without is not None and without - whole >= UNLIKE:
            remarks.append(
                (
                    f"without this rater α on semantic rises from {whole:.2f} to {without:.2f}",
                    f"この人を除くと意味の α が {whole:.2f} から {without:.2f} に上がる",
                )
            )
    return Rater(
        rater=code,
        items=len({text for text, _ in shown}),
        ratings=len(values),
        semantic=float(np.mean(values)),
        naturalness=float(np.mean([one.naturalness for one in shown.values()])),
        misleading=float(np.mean([one.misleading for one in shown.values()])),
        shift=shift,
        alpha_without=without,
        remarks=tuple(english for english, _ in remarks),
        remarks_ja=tuple(japanese for _, japanese in remarks),
    )


def _alpha(ratings: Ratings) -> float | None:
    require_rate_extra()
    grid = question_grid(ratings, "semantic")
    return krippendorff_alpha({unit: list(values.values()) for unit, values in grid.items()}, "ordinal")
