"""What the scores of a system promise: for every answered emoji the chance that it is right, and for the answer the expected Jaccard index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.baselines.base import Baseline
from emojit.baselines.scored import ScoredBaseline

if TYPE_CHECKING:
    from emojit.student.predict import Student

_BLOCK = 512
"""Texts scored at once (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """The promises of one system on N rows."""

    scores: str
    """What its scores are, in a sentence."""
    chances: list[list[float]]
    """Of every emoji of every answer, in [0, 1]."""
    jaccard: list[float]
    """Of every answer, in [0, 1]."""


def student_certainty(student: Student, texts: Sequence[str], answers: Sequence[Sequence[str]]) -> Certainty:
    """Return the promises of a student: probabilities of the first step, read as its decoding reads them.

    An answer's emoji come in any order, so the chance that one is in it is about `decoding.scale` times the chance that it comes first; the expected size of
    the true answer is `decoding.size`. Both are fitted on validation for the method `mbr`, and preset for the others.
    """
    from emojit.student.first_step import first_step_chances

    settings = student.settings
    first = first_step_chances(student, texts, answers)
    chances = [[min(1.0, settings.scale * chance) for chance in row] for row in first]
    return Certainty(
        scores=f"{settings.scale:g} times the probability of an emoji at the first step, at most 1",
        chances=chances,
        jaccard=[expected_jaccard(row, settings.size) for row in chances],
    )


def baseline_certainty(
    baseline: Baseline, texts: Sequence[str], answers: Sequence[Sequence[str]], *, size: float
) -> Certainty | None:
    """Return the promises of a baseline that scores its emoji; None for the others.

    Its scores are a fit to answers of zeros and ones, so that they can be read as chances once they are cut to [0, 1].

    Args:
        baseline: a fitted one.
        texts: N texts.
        answers: its answers.
        size: emoji of a true answer on average (count).
    """
    if not isinstance(baseline, ScoredBaseline):
        return None
    column = {emoji: place for place, emoji in enumerate(baseline.labels)}
    chances: list[list[float]] = []
    for start in range(0, len(texts), _BLOCK):
        scores = baseline.scores(texts[start : start + _BLOCK])
        for row, answer in zip(scores, answers[start : start + _BLOCK], strict=True):
            given = (float(row[column[emoji]]) if emoji in column else 0.0 for emoji in answer)
            chances.append([min(1.0, max(0.0, score)) for score in given])
    return Certainty(
        scores="the score of an emoji, cut to [0, 1]",
        chances=chances,
        jaccard=[expected_jaccard(row, size) for row in chances],
    )


def expected_jaccard(chances: Sequence[float], size: float) -> float:
    """Return about the expected Jaccard index of an answer: expected intersection over expected union.

    Args:
        chances: of its emoji.
        size: emoji of the true answer on average (count); never less than what is found.

    Source: as `emojit.student.decoding.mbr.prefix_jaccard`.
    """
    found = sum(chances)
    union = len(chances) + max(size, found) - found
    return found / union if union else 1.0
