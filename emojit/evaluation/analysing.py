"""Everything of a report beyond the scores, from the answers of all systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.evaluation.analysis import Analysis
from emojit.evaluation.breakdowns import bands, breakdowns
from emojit.evaluation.calibration import calibrate
from emojit.evaluation.errors.analysis import Low, analyse
from emojit.evaluation.figure_intervals import FigureDraws
from emojit.evaluation.interval import Ends
from emojit.evaluation.scored_rows import ScoredRows, score_rows
from emojit.metrics import read_rows

if TYPE_CHECKING:
    from emojit.evaluation.answers import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """The analysis with all low rows."""

    analysis: Analysis
    """What goes into the report; the summary is still empty."""
    low: dict[str, list[Low]]
    """Name of the system → every low row."""


def analyse_answers(
    every: Sequence[Answers],
    *,
    ids: Sequence[str],
    texts: Sequence[str],
    gold: Sequence[Sequence[str]],
    votes: Sequence[Sequence[Sequence[str]]],
    train: Sequence[Sequence[str]],
) -> Analysed:
    """Analyse the answers of all systems; the first one is what the report is about.

    Args:
        every: the systems.
        ids: of N rows.
        texts: what was answered to.
        gold: the rows' emoji.
        votes: the votes of each row, possibly none.
        train: the emoji of the training rows.
    """
    canonical = read_rows(gold)
    systems = [score_rows(answers, canonical) for answers in every]
    seen = Counter(emoji for row in read_rows(train) for emoji in set(row))
    found = analyse(ids, texts, seen, systems)
    analysis = Analysis(
        intervals={answers.name: _intervals(answers, canonical, votes) for answers in every},
        breakdowns=breakdowns(texts, canonical, seen, systems),
        bands=bands(canonical, seen, _against_gold(systems)),
        calibration=tuple(
            calibrate(answers.certainty, system)
            for answers, system in zip(every, systems, strict=True)
            if answers.certainty is not None
        ),
        errors=found.errors,
    )
    return Analysed(analysis=analysis, low=found.low)


def _against_gold(systems: Sequence[ScoredRows]) -> Mapping[str, Sequence[Sequence[str] | None]]:
    return {system.name: system.answers for system in systems if not system.own_references}


def _intervals(
    answers: Answers, gold: Sequence[Sequence[str]], votes: Sequence[Sequence[Sequence[str]]]
) -> dict[str, dict[str, Ends]]:
    """Return the intervals of all figures of a system, over the rows that it answered."""
    against = gold if answers.references is None else answers.references
    there = [
        place
        for place, (row, reference) in enumerate(zip(answers.rows, against, strict=True))
        if row is not None and reference is not None
    ]
    own = answers.references is not None  # would meet itself among the votes
    draws = FigureDraws(
        read_rows([answers.rows[place] or [] for place in there]),
        read_rows([against[place] or [] for place in there]),
        written=None if answers.written is None else [answers.written[place] for place in there],
        votes=None if own else [read_rows(votes[place]) for place in there],
    )
    return draws.intervals()
