"""One system row by row: its answers, what they are scored against, and their Jaccard indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.metrics import jaccard_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emojit.evaluation.answers import Answers

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """N rows of one system."""

    name: str
    """Of the system."""
    answers: Sequence[Sequence[str] | None]
    """None where it has none."""
    references: Sequence[Sequence[str]]
    """What they are scored against; what stands here for a row without an answer means nothing."""
    own_references: bool
    """Whether these are others than the rows' gold."""
    filled: Array
    """Jaccard index of each row, 0 where there is no answer; shape (N,)."""
    answered: Array
    """1 where there is an answer, else 0; shape (N,)."""


def score_rows(answers: Answers, gold: Sequence[Sequence[str]]) -> ScoredRows:
    """Score every row of a system."""
    against = gold if answers.references is None else [row or [] for row in answers.references]
    scores = jaccard_scores([row or [] for row in answers.rows], against)
    answered = np.array([float(row is not None) for row in answers.rows])
    return ScoredRows(
        name=answers.name,
        answers=answers.rows,
        references=against,
        own_references=answers.references is not None,
        filled=np.array(scores) * answered,
        answered=answered,
    )
