# Generated from emojit/metrics/overlap.py by scripts/build_eval_modules.py; do not edit.
"""How well predicted emoji agree with the reference: Jaccard, exact match, precision, recall, F1.

A row is a *set* of emoji: order and repetition do not matter, an emoji written three times counts once, in precision and
recall too. The functions compare strings, so spellings must have been made canonical before (`read_rows`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreColumns:
    """The scores of N rows, a list of N for each; the fields of `RowScores`."""

    jaccard: list[float]
    """Shared emoji over all emoji of the two sets, in [0, 1]."""
    precision: list[float]
    """Share of the predicted emoji that stand in the reference, in [0, 1]."""
    recall: list[float]
    """Share of the reference's emoji that were predicted, in [0, 1]."""
    f1: list[float]
    """Harmonic mean of precision and recall, in [0, 1]."""
    exact_match: list[bool]
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
    scores: list[float] = []
    for prediction, reference in zip(predictions, references, strict=True):
        predicted = set(prediction)
        if predicted.isdisjoint(reference):  # half of the rows of a good student; no second set is made for them
            scores.append(0.0 if predicted or len(reference) else 1.0)
            continue
        expected = set(reference)
        hits = len(predicted & expected)
        scores.append(hits / (len(predicted) + len(expected) - hits))
    return scores


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
    return sum(len(row) == 0 for row in predictions) / len(predictions)


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


def score_columns(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> ScoreColumns:
    """Return what `row_scores` says of every row, a column for each score.

    Args:
        predictions: N sequences of emoji; `read_rows` makes them of strings.
        references: N sequences of emoji, aligned with `predictions`.

    Raises:
        MetricInputError: the lengths differ, there is no row, or a row is a string.

    Example:
        >>> score_columns([["🎉", "🎉", "😊"], []], [["🎉"], ["📚"]]).precision  # a repetition counts once
        [0.5, 0.0]
    """
    check_aligned(predictions, references)
    columns = ScoreColumns(jaccard=[], precision=[], recall=[], f1=[], exact_match=[])
    for prediction, reference in zip(predictions, references, strict=True):
        predicted, expected = set(prediction), set(reference)
        hits, p, r = len(predicted & expected), len(predicted), len(expected)
        empty = 1.0 if p == r == 0 else 0.0
        columns.jaccard.append(hits / (p + r - hits) if p + r else empty)
        columns.precision.append(hits / p if p else empty)
        columns.recall.append(hits / r if r else empty)
        columns.f1.append(2 * hits / (p + r) if p + r else empty)
        columns.exact_match.append(hits == p == r)
    return columns


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
    if average == "micro":
        pairs = [(set(p), set(r)) for p, r in zip(predictions, references, strict=True)]
        return _fractions(
            sum(len(p & r) for p, r in pairs), sum(len(p) for p, _ in pairs), sum(len(r) for _, r in pairs)
        )
    shared = (set(p).intersection(r) for p, r in zip(predictions, references, strict=True))
    hits, predicted, expected = (
        Counter(chain.from_iterable(sets)) for sets in (shared, map(set, predictions), map(set, references))
    )
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
