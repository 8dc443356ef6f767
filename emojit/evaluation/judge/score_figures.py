"""From absolute scores to the figures of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from emojit.evaluation.judge.intervals import deviation, mean_by_text, mean_interval, rate_interval
from emojit.evaluation.judge.records import ERROR_CATEGORIES, MOST, Judgement
from emojit.evaluation.judge.schema import Bill, ScoreAgreement, ScoreDifference, ScoresReport, SystemScores

K = TypeVar("K", bound=Hashable)
L = TypeVar("L", bound=Hashable)
V = TypeVar("V")


def score_figures(
    rows: Sequence[Judgement], systems: Sequence[str], rejected: Mapping[str, int], bill: Bill
) -> ScoresReport:
    """Return what absolute scores come to."""
    return ScoresReport(
        rejected=dict(rejected),
        bill=bill,
        systems=tuple(_system(name, [row for row in rows if row.system == name]) for name in systems),
        differences=tuple(_difference(rows, one, other) for one, other in combinations(systems, 2)),
        agreement=_agreement(rows),
        place_effects=_place_effects(rows),
    )


def twice(values: Mapping[tuple[K, L, int], V]) -> list[tuple[V, V]]:
    """Return what the first and the second independent answer say about the same thing.

    Args:
        values: by what it is about and the number of the answer.
    """
    return [
        (first, values[about[0], about[1], 1])
        for about, first in values.items()
        if about[2] == 0 and (about[0], about[1], 1) in values
    ]


def exact_share(pairs: Sequence[tuple[V, V]]) -> float | None:
    """Return the share of equal pairs, or None without one."""
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _system(name: str, rows: Sequence[Judgement]) -> SystemScores:
    semantic = mean_by_text([(row.id, float(row.semantic)) for row in rows])
    naturalness = mean_by_text([(row.id, float(row.naturalness)) for row in rows])
    counts = Counter(row.error_category for row in rows)
    return SystemScores(
        name=name,
        texts=len(semantic),
        semantic=mean_interval(semantic, lowest=0, highest=MOST),
        semantic_sd=deviation(semantic),
        naturalness=mean_interval(naturalness, lowest=0, highest=MOST),
        naturalness_sd=deviation(naturalness),
        misleading=rate_interval(mean_by_text([(row.id, float(row.misleading)) for row in rows])),
        error_categories={category: counts[category] for category in ERROR_CATEGORIES if counts[category]},
    )


def _difference(rows: Sequence[Judgement], system: str, against: str) -> ScoreDifference:
    """Compare two systems on the texts where both have a score."""
    gaps: dict[str, dict[str, float]] = {}
    for question in ("semantic", "naturalness"):
        first, second = (
            mean_by_text([(row.id, float(getattr(row, question))) for row in rows if row.system == name])
            for name in (system, against)
        )
        gaps[question] = {text: mark - second[text] for text, mark in first.items() if text in second}
    return ScoreDifference(
        system=system,
        against=against,
        texts=len(gaps["semantic"]),
        semantic=mean_interval(gaps["semantic"], lowest=-MOST, highest=MOST),
        naturalness=mean_interval(gaps["naturalness"], lowest=-MOST, highest=MOST),
    )


def _place_effects(rows: Sequence[Judgement]) -> tuple[float, ...]:
    marks: dict[str, list[int]] = {}
    for row in rows:
        marks.setdefault(row.system, []).append(row.semantic)
    usual = {name: sum(of) / len(of) for name, of in marks.items()}
    above: dict[int, list[float]] = {}
    for row in rows:
        above.setdefault(row.place, []).append(row.semantic - usual[row.system])
    return tuple(sum(above[place]) / len(above[place]) for place in sorted(above))


def _agreement(rows: Sequence[Judgement]) -> ScoreAgreement | None:
    pairs = twice({(row.id, row.system, row.ask): row for row in rows})
    if not pairs:
        return None
    semantic = [(a.semantic, b.semantic) for a, b in pairs]
    naturalness = [(a.naturalness, b.naturalness) for a, b in pairs]
    return ScoreAgreement(
        compared=len(pairs),
        semantic_exact=exact_share(semantic) or 0.0,
        semantic_distance=sum(abs(a - b) for a, b in semantic) / len(pairs),
        semantic_kappa=_kappa(semantic),
        naturalness_exact=exact_share(naturalness) or 0.0,
        naturalness_distance=sum(abs(a - b) for a, b in naturalness) / len(pairs),
        naturalness_kappa=_kappa(naturalness),
        misleading_exact=exact_share([(a.misleading, b.misleading) for a, b in pairs]) or 0.0,
        category_exact=exact_share([(a.error_category, b.error_category) for a, b in pairs]) or 0.0,
    )


def _kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return Cohen's kappa with quadratic weights, or None where only one mark was ever given and nothing can be expected by chance."""
    from sklearn.metrics import cohen_kappa_score

    if len({mark for pair in pairs for mark in pair}) < 2:
        return None
    return float(cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs], weights="quadratic"))
