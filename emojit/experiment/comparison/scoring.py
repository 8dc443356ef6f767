"""From answers to figures: the scores of one system, and what its rows add to the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.emoji import INVENTORY
from emojit.experiment.comparison.facts import Scores
from emojit.metrics import exact_match, jaccard_scores, precision_recall_f1, variety

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TOP = 5
"""Emoji of the gold that count as the most common ones (count)."""
_MOST = 5
_KNOWN = frozenset(INVENTORY)

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """One system on the test rows."""

    scores: Scores
    """Over all rows."""
    jaccard: Array
    """Jaccard index of each row; shape (N,)."""
    exact: Array
    """1 where the sets are equal, else 0; shape (N,)."""
    outside: Array
    """Answered emoji outside the top (count); shape (N,)."""
    answered: Array
    """Answered emoji (count); shape (N,)."""


def score(answers: Rows, gold: Rows, top: Sequence[str]) -> Scored:
    """Score the answers of one system.

    Args:
        answers: N answers.
        gold: the gold of the same rows.
        top: the gold's most common emoji.
    """
    jaccards = jaccard_scores(answers, gold)
    common = frozenset(top)
    micro = precision_recall_f1(answers, gold, average="micro")
    macro = precision_recall_f1(answers, gold, average="macro")
    varied = variety(answers, top)
    return Scored(
        scores=Scores(
            jaccard=float(np.mean(jaccards)),
            exact_match=exact_match(answers, gold),
            f1_micro=micro.f1,
            f1_macro=macro.f1,
            outside_top=varied.outside_top,
            distinct=float(varied.distinct),
            entropy_bits=varied.entropy_bits,
            emojis_per_text=varied.total / len(answers),
            valid=sum(map(_is_valid, answers)) / len(answers),
        ),
        jaccard=np.array(jaccards, dtype=np.float64),
        exact=np.array([set(a) == set(g) for a, g in zip(answers, gold, strict=True)], dtype=np.float64),
        outside=np.array([sum(emoji not in common for emoji in row) for row in answers], dtype=np.float64),
        answered=np.array([len(row) for row in answers], dtype=np.float64),
    )


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Return the means over seeds, field by field."""
    names = Scores.__dataclass_fields__
    return Scores(**{name: float(np.mean([getattr(each, name) for each in scores])) for name in names})


def _is_valid(answer: Sequence[str]) -> bool:
    return 1 <= len(answer) <= _MOST and len(set(answer)) == len(answer) and _KNOWN.issuperset(answer)
