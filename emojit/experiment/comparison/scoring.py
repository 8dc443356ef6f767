"""From answers to figures: the scores of one system, and what its rows add to the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.experiment.comparison.facts import Scores
from emojit.metrics import precision_recall_f1, score_columns, validity, variety

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TOP = 5
"""Emoji of the gold that count as the most common ones (count)."""

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
    rows = score_columns(answers, gold)
    common = frozenset(top)
    micro = precision_recall_f1(answers, gold, average="micro")
    macro = precision_recall_f1(answers, gold, average="macro")
    varied = variety(answers, top)
    return Scored(
        scores=Scores(
            jaccard=float(np.mean(rows.jaccard)),
            exact_match=float(np.mean(rows.exact_match)),
            f1_micro=micro.f1,
            f1_macro=macro.f1,
            outside_top=varied.outside_top,
            distinct=float(varied.distinct),
            entropy_bits=varied.entropy_bits,
            emojis_per_text=varied.total / len(answers),
            valid=validity(answers).valid,
        ),
        jaccard=np.array(rows.jaccard, dtype=np.float64),
        exact=np.array(rows.exact_match, dtype=np.float64),
        outside=np.array([sum(emoji not in common for emoji in row) for row in answers], dtype=np.float64),
        answered=np.array([len(row) for row in answers], dtype=np.float64),
    )


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Return the means over seeds, field by field."""
    names = Scores.__dataclass_fields__
    return Scores(**{name: float(np.mean([getattr(each, name) for each in scores])) for name in names})
