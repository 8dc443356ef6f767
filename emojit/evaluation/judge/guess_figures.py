"""From guesses to the figures of a report: how often each system's emoji led to the text, and whether more often than another system's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from emojit.evaluation.judge.intervals import mean_by_text, rate_interval
from emojit.evaluation.judge.paired import paired_interval
from emojit.evaluation.judge.records import Guess
from emojit.evaluation.judge.schema import Bill, GuessDifference, GuessReport, SystemGuesses
from emojit.evaluation.judge.score_figures import exact_share, twice


def guess_figures(
    rows: Sequence[Guess],
    systems: Sequence[str],
    rejected: Mapping[str, int],
    bill: Bill,
    *,
    candidates: int,
    distractors: str,
) -> GuessReport:
    """Return what guesses come to.

    A system has a guess for the texts that it answered and whose reply could be read, so two systems may have been asked about different texts. Beside the
    accuracy over its own texts stand the one over the texts of all systems, and the difference of every two systems over the texts of both.
    """
    right = {
        name: mean_by_text([(row.id, float(row.correct)) for row in rows if row.system == name]) for name in systems
    }
    common = [row_id for row_id in right[systems[0]] if all(row_id in right[name] for name in systems)]
    return GuessReport(
        rejected=dict(rejected),
        bill=bill,
        systems=tuple(
            SystemGuesses(
                name=name,
                texts=len(own),
                accuracy=rate_interval(own),
                common_accuracy=rate_interval({row_id: own[row_id] for row_id in common}),
            )
            for name, own in right.items()
        ),
        common_texts=len(common),
        differences=tuple(_difference(right, one, other) for one, other in combinations(systems, 2)),
        candidates=candidates,
        distractors=distractors,
        chance=1 / candidates,
        agreement=exact_share(twice({(row.id, row.system, row.ask): row.choice for row in rows})),
    )


def _difference(right: Mapping[str, Mapping[str, float]], system: str, against: str) -> GuessDifference:
    """Compare two systems on the texts for which both have a guess."""
    theirs = right[against]
    gaps = {row_id: value - theirs[row_id] for row_id, value in right[system].items() if row_id in theirs}
    return GuessDifference(system=system, against=against, texts=len(gaps), accuracy=paired_interval(gaps))
