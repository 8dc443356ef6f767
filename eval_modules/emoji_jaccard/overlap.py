# Generated from emojit/metrics/overlap.py by scripts/build_eval_modules.py; do not edit.
"""How well predicted emoji agree with the reference: Jaccard, exact match, precision, recall, F1.

A row is a *set* of emoji: order and repetition do not matter, an emoji written three times counts once. The functions
compare strings, so spellings must have been made canonical before (`emojit.emoji.extract`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .inputs import check_aligned, check_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionRecallF1:
    """Three fractions in [0, 1]."""

    precision: float
    """Share of the predicted emoji that stand in the reference."""
    recall: float
    """Share of the reference's emoji that were predicted."""
    f1: float
    """Harmonic mean of precision and recall (mean of the emoji's own F1 for the macro average)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScores:
    """Everything that can be said about one row; fractions in [0, 1]."""

    jaccard: float
    """Shared emoji over all emoji of the two sets."""
    precision: float
    """Share of the predicted emoji that stand in the reference."""
    recall: float
    """Share of the reference's emoji that were predicted."""
    f1: float
    """Harmonic mean of precision and recall."""
    exact_match: bool
    """Whether the two sets are equal."""


def jaccard(prediction: Sequence[str], reference: Sequence[str]) -> float:
    """Jaccard index of one row: the size of the intersection over the size of the union.

    Args:
        prediction: emoji, one per item; repetitions count once.
        reference: emoji, one per item; repetitions count once.

    Returns:
        A fraction in [0, 1]. Two empty sets agree perfectly: 1.0. One empty set: 0.0.

    Raises:
        MetricInputError: a string was given instead of a sequence of emoji.

    Source: Jaccard (1912), "The distribution of the flora in the alpine zone", New Phytologist 11.

    Example:
        >>> jaccard(["📖", "😊", "🇯🇵", "📚", "👏"], ["🤔", "📚", "📖", "🇯🇵", "🔍"])  # 3 shared of 7
        0.42857142857142855
        >>> jaccard(["🎉", "🇯🇵", "🇯🇵", "😊", "🇯🇵"], ["🏆", "🎉", "👏", "🇯🇵", "💪"])  # 2 shared of 6
        0.3333333333333333
    """
    check_aligned([prediction], [reference])
    return _jaccard(set(prediction), set(reference))


def jaccard_scores(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[float]:
    """Jaccard index of every row; its mean is the metric, its values feed `bootstrap_interval`.

    Args:
        predictions: N sequences of emoji.
        references: N sequences of emoji, aligned with `predictions`.

    Returns:
        N fractions in [0, 1].

    Raises:
        MetricInputError: the lengths differ, there is no row, or a row is a string.
    """
    check_aligned(predictions, references)
    return [_jaccard(set(p), set(r)) for p, r in zip(predictions, references, strict=True)]


def exact_match(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Share of the rows whose two sets of emoji are equal, in [0, 1]. Arguments and errors as in `jaccard_scores`."""
    check_aligned(predictions, references)
    return sum(set(p) == set(r) for p, r in zip(predictions, references, strict=True)) / len(references)


def empty_share(predictions: Sequence[Sequence[str]]) -> float:
    """Share of the rows that hold no emoji at all, in [0, 1].

    Raises:
        MetricInputError: there is no row, or a row is a string.
    """
    check_rows("predictions", predictions)
    return sum(not row for row in predictions) / len(predictions)


def row_scores(prediction: Sequence[str], reference: Sequence[str]) -> RowScores:
    """Jaccard, precision, recall, F1 and exact match of one row.

    Two empty sets score 1.0 everywhere; where only one is empty, everything is 0.0.

    Raises:
        MetricInputError: a string was given instead of a sequence of emoji.
    """
    check_aligned([prediction], [reference])
    predicted, expected = set(prediction), set(reference)
    scores = _fractions(len(predicted & expected), len(predicted), len(expected))
    return RowScores(
        jaccard=_jaccard(predicted, expected),
        precision=scores.precision,
        recall=scores.recall,
        f1=scores.f1,
        exact_match=predicted == expected,
    )


def precision_recall_f1(
    predictions: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    *,
    average: Literal["micro", "macro"] = "micro",
) -> PrecisionRecallF1:
    """Precision, recall and F1 over all rows.

    Args:
        predictions: N sequences of emoji.
        references: N sequences of emoji, aligned with `predictions`.
        average: "micro" adds the hits of all emoji and divides once, so that frequent emoji weigh more; "macro" scores
            every emoji that occurs in the predictions or the references by itself and takes the plain mean, so that
            every emoji weighs the same. These are the averages that scikit-learn calls by the same names.

    Returns:
        Three fractions. What would be divided by zero is 0.0, except where neither side holds a single emoji: 1.0, as
        for Jaccard.

    Raises:
        MetricInputError: the lengths differ, there is no row, or a row is a string.
    """
    check_aligned(predictions, references)
    hits: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for prediction, reference in zip(predictions, references, strict=True):
        p, r = set(prediction), set(reference)
        hits.update(p & r)
        predicted.update(p)
        expected.update(r)
    if average == "micro":
        return _fractions(hits.total(), predicted.total(), expected.total())
    labels = sorted(predicted.keys() | expected.keys())  # sorted: a sum of floats depends on its order
    if not labels:
        return _fractions(0, 0, 0)
    scores = [_fractions(hits[label], predicted[label], expected[label]) for label in labels]
    return PrecisionRecallF1(
        precision=sum(s.precision for s in scores) / len(scores),
        recall=sum(s.recall for s in scores) / len(scores),
        f1=sum(s.f1 for s in scores) / len(scores),
    )


def _jaccard(prediction: set[str], reference: set[str]) -> float:
    union = len(prediction | reference)
    return len(prediction & reference) / union if union else 1.0


def _fractions(hits: int, predicted: int, expected: int) -> PrecisionRecallF1:
    if predicted == expected == 0:
        return PrecisionRecallF1(precision=1.0, recall=1.0, f1=1.0)
    return PrecisionRecallF1(
        precision=hits / predicted if predicted else 0.0,
        recall=hits / expected if expected else 0.0,
        f1=2 * hits / (predicted + expected),
    )
