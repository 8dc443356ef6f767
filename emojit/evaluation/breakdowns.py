"""Where a system is good and where it is not: the rows by length, topic, seen emoji and frequency, and the gold's emoji by frequency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emojit.evaluation.analysis import Band, Breakdown, Group, GroupScore
from emojit.evaluation.resampling import ratio_intervals
from emojit.evaluation.sampling import NO_TOPIC, topic

if TYPE_CHECKING:
    from emojit.evaluation.scored_rows import ScoredRows

LENGTHS = ((20, "up to 20"), (40, "21 to 40"), (60, "41 to 60"), (80, "61 to 80"), (120, "81 to 120"))
"""Longest text of a group (code points), and its name; what is longer is the last group. Fixed, so that reports can be compared."""
_LONGEST = "over 120"

BANDS = ((100, "100 times or more"), (20, "20 to 99 times"), (5, "5 to 19 times"), (1, "1 to 4 times"), (0, "never"))
"""Fewest occurrences in the training split (count) of a band, and its name."""

_SEEN = ("all seen", "some unseen", "none seen")
_TOPICS = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
    NO_TOPIC,
)


def breakdowns(
    texts: Sequence[str], gold: Sequence[Sequence[str]], seen: Mapping[str, int], systems: Sequence[ScoredRows]
) -> tuple[Breakdown, ...]:
    """Return the four breakdowns.

    Args:
        texts: N texts.
        gold: their references.
        seen: emoji → how often it stands in the training split (count).
        systems: all systems with a score for each row, or None.
    """
    kinds = (
        (
            "length",
            "By length of the text",
            "Code points of the text.",
            [_length(text) for text in texts],
            [*(name for _, name in LENGTHS), _LONGEST],
        ),
        (
            "topic",
            "By topic",
            "Unicode's group of the gold's first emoji.",
            [topic(row) for row in gold],
            list(_TOPICS),
        ),
        (
            "seen",
            "By seen and unseen emoji",
            "Whether the gold's emoji stand in the training split.",
            [_seen(row, seen) for row in gold],
            list(_SEEN),
        ),
        (
            "frequency",
            "By the gold's rarest emoji",
            "How often it stands in the training split.",
            [band(min((seen.get(emoji, 0) for emoji in row), default=0)) for row in gold],
            [name for _, name in BANDS],
        ),
    )
    return tuple(
        Breakdown(name=name, title=title, note=note, groups=_groups(of_rows, order, systems))
        for name, title, note, of_rows, order in kinds
    )


def bands(
    gold: Sequence[Sequence[str]], seen: Mapping[str, int], answers: Mapping[str, Sequence[Sequence[str] | None]]
) -> tuple[Band, ...]:
    """Return recall by frequency of the gold's emoji; bands without any are left out.

    Args:
        gold: N references.
        seen: emoji → how often it stands in the training split (count).
        answers: name of the system → N answers, None where it has none; those that are scored against something else than the gold are left out by the caller.
    """
    there = Counter(emoji for row in gold for emoji in set(row))
    found = []
    for _, name in BANDS:
        of_band = {emoji for emoji in there if band(seen.get(emoji, 0)) == name}
        if not of_band:
            continue
        wanted = [of_band.intersection(row) for row in gold]
        parts = [
            [
                0.0 if answer is None else float(len(row.intersection(answer)))
                for row, answer in zip(wanted, rows, strict=True)
            ]
            for rows in answers.values()
        ]
        wholes = [
            [0.0 if answer is None else float(len(row)) for row, answer in zip(wanted, rows, strict=True)]
            for rows in answers.values()
        ]
        recall = ratio_intervals(np.array(parts).T, np.array(wholes).T)
        found.append(
            Band(
                name=name,
                emojis=len(of_band),
                occurrences=sum(there[emoji] for emoji in of_band),
                recall=dict(zip(answers, recall, strict=True)),
            )
        )
    return tuple(found)


def band(count: int) -> str:
    """Return the name of the band of an emoji that stands `count` times in the training split."""
    return next(name for least, name in BANDS if count >= least)


def _length(text: str) -> str:
    return next((name for most, name in LENGTHS if len(text) <= most), _LONGEST)


def _seen(row: Sequence[str], seen: Mapping[str, int]) -> str:
    unseen = sum(emoji not in seen for emoji in row)
    return _SEEN[0] if not unseen else _SEEN[2] if unseen == len(row) else _SEEN[1]


def _groups(of_rows: Sequence[str], order: Sequence[str], systems: Sequence[ScoredRows]) -> tuple[Group, ...]:
    names = [name for name in order if name in of_rows]
    inside = {name: np.array([float(one == name) for one in of_rows]) for name in names}
    keys = [(name, system) for name in names for system in systems]
    parts = np.array([inside[name] * system.filled for name, system in keys]).T
    wholes = np.array([inside[name] * system.answered for name, system in keys]).T
    scores = dict(zip([(name, system.name) for name, system in keys], ratio_intervals(parts, wholes), strict=True))
    return tuple(
        Group(
            name=name,
            rows=int(inside[name].sum()),
            scores={
                system.name: GroupScore(rows=rows, jaccard=scores[name, system.name])
                for system in systems
                if (rows := int((inside[name] * system.answered).sum()))
            },
        )
        for name in names
    )
