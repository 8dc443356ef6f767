"""From answers to scores: one system by itself, and two row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.evaluation.interval import Interval
from emojit.evaluation.report import Difference, SystemReport
from emojit.evaluation.resampling import CONFIDENCE, RESAMPLES, SEED
from emojit.metrics import bootstrap_interval, jaccard_scores

__all__ = ["CONFIDENCE", "RESAMPLES", "SEED", "difference", "interval", "score"]

if TYPE_CHECKING:
    from emojit.evaluation.answers import Answers
    from emojit.evaluation.modules import Scorer


def score(
    answers: Answers,
    references: Sequence[Sequence[str]],
    scorer: Scorer,
    *,
    votes: Sequence[Sequence[Sequence[str]]] = (),
) -> SystemReport:
    """Score the rows that a system answered, against its own references where it brings some.

    Args:
        answers: what the system answered to N rows.
        references: the rows' emoji.
        scorer: the metric modules.
        votes: the votes of each row, none for a row without; nothing at all where the data set has no votes.
    """
    against = references if answers.references is None else answers.references
    pairs = [
        (row, reference)
        for row, reference in zip(answers.rows, against, strict=True)
        if row is not None and reference is not None
    ]
    predictions, expected = [row for row, _ in pairs], [reference for _, reference in pairs]
    both = {"predictions": predictions, "references": expected}
    written = predictions if answers.written is None else answers.written
    return SystemReport(
        name=answers.name,
        kind=answers.kind,
        label=answers.label,
        rows=len(pairs),
        jaccard=interval(jaccard_scores(predictions, expected)),
        overlap=_numbers(scorer.figures("emoji_jaccard", **both)),
        diversity=_numbers(scorer.figures("emoji_diversity", **both)),
        emojis_per_text=sum(len(row) for row in predictions) / len(pairs),
        seconds=None if answers.seconds is None else round(answers.seconds, 3),
        length=scorer.figures("emoji_length", **both),
        category=scorer.figures("emoji_category", **both),
        distribution=scorer.figures("emoji_distribution", **both),
        validity=scorer.figures("emoji_validity", predictions=written),
        votes=_votes(answers, votes, scorer),
    )


def _numbers(figures: dict[str, float | None]) -> dict[str, float]:
    """Return figures that are never unknown."""
    return {name: value for name, value in figures.items() if value is not None}


def _votes(answers: Answers, votes: Sequence[Sequence[Sequence[str]]], scorer: Scorer) -> dict[str, float | None]:
    if answers.references is not None or not votes:
        return {}
    voted = [(row, given) for row, given in zip(answers.rows, votes, strict=True) if row is not None and given]
    if not voted:
        return {}
    return scorer.figures(
        "emoji_votes", predictions=[row for row, _ in voted], references=[given for _, given in voted]
    )


def difference(system: Answers, against: Answers, references: Sequence[Sequence[str]]) -> Difference:
    """Compare two systems that answered every row.

    The interval is that of the row-wise differences: both systems meet the same easy and hard rows, so it is narrower
    than their two intervals suggest.
    """
    first, second = (jaccard_scores([row or [] for row in answers.rows], references) for answers in (system, against))
    gaps = [a - b for a, b in zip(first, second, strict=True)]
    return Difference(system=system.name, against=against.name, jaccard=interval(gaps))


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of row scores with its interval."""
    low, high = bootstrap_interval(values, confidence=CONFIDENCE, resamples=RESAMPLES, seed=SEED)
    return Interval(mean=sum(values) / len(values), low=low, high=high)
