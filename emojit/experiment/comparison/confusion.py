"""What is answered in place of what, for the frequent emoji of the gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from emojit.experiment.comparison.facts import NONE, OTHER, Confusion
from emojit.metrics import most_common

FREQUENT = 15
"""Emoji of the gold with a row and a column of their own (count)."""

Rows = Sequence[Sequence[str]]


def confusion(variant: str, answers: Iterable[Rows], gold: Rows) -> Confusion:
    """Count what a variant says in place of the frequent emoji; how, `Confusion` says.

    Args:
        variant: its name.
        answers: one list of N answers for each seed.
        gold: N rows.
    """
    labels = (*most_common(gold, FREQUENT), OTHER, NONE)
    place = {label: index for index, label in enumerate(labels)}
    other, none = place[OTHER], place[NONE]
    counts = np.zeros((len(labels), len(labels)))
    for rows in answers:
        for answer, expected in zip(rows, gold, strict=True):
            said, meant = dict.fromkeys(answer), dict.fromkeys(expected)
            surplus = [place.get(emoji, other) for emoji in said if emoji not in meant]
            missed = [place.get(emoji, other) for emoji in meant if emoji not in said]
            for emoji in meant:
                if emoji in said:
                    counts[place.get(emoji, other), place.get(emoji, other)] += 1
            for row in missed if surplus else ():
                for column in surplus:
                    counts[row, column] += 1 / len(surplus)
            for row in () if surplus else missed:
                counts[row, none] += 1
            for column in () if missed else surplus:
                counts[none, column] += 1
    return Confusion(variant=variant, labels=labels, counts=tuple(tuple(map(_tidy, row)) for row in counts))


def _tidy(count: float) -> float:
    return round(float(count), 6)
