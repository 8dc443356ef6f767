"""A few test rows with what everybody answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emojit.experiment.comparison.facts import Sample
from emojit.experiment.comparison.run_files import Answered
from emojit.metrics import jaccard

ROWS = 20
"""Rows that are shown (count)."""


def samples(rows: Answered, answers: Mapping[str, Sequence[Sequence[str]]]) -> tuple[Sample, ...]:
    """Return rows spread evenly over the test split in the order of their ids, which are hashes: a sample that nobody chose.

    Args:
        rows: the test rows, with the texts to show.
        answers: system to its answers to all of them.
    """
    count = min(ROWS, len(rows.ids))
    return tuple(
        Sample(
            id=rows.ids[place],
            text=rows.texts[place],
            gold=rows.gold[place],
            answers={name: tuple(found[place]) for name, found in answers.items()},
            jaccard={name: jaccard(found[place], rows.gold[place]) for name, found in answers.items()},
        )
        for place in (index * len(rows.ids) // count for index in range(count))
    )
