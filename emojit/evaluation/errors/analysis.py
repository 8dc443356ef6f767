"""From rows to the error analysis: low rows with their categories, shares per system, and the rows that teach most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emojit.evaluation.analysis import CategoryShare, Errors, LowRow, SystemErrors
from emojit.evaluation.errors.rules import CATEGORIES, FREQUENT, LOW, Row, reasons
from emojit.evaluation.resampling import ratio_intervals
from emojit.evaluation.scored_rows import ScoredRows
from emojit.lexicon.keywords import Hit, keyword_index

EXAMPLES = 20
"""Low rows that are shown (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """A low row of a system, by its place among the rows."""

    place: int
    """From 0."""
    jaccard: float
    """Below the threshold."""
    reasons: dict[str, str]
    """The categories whose rules apply, in their order, and what these found; the first one is the row's."""

    @property
    def category(self) -> str:
        """The category of the row."""
        return next(iter(self.reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The error analysis with all its rows."""

    errors: Errors
    """What goes into the report."""
    low: dict[str, list[Low]]
    """Name of the system → every low row, in the order of the rows."""


def analyse(ids: Sequence[str], texts: Sequence[str], seen: Mapping[str, int], systems: Sequence[ScoredRows]) -> Found:
    """Find the low rows of every system and say what is wrong with them; the first system is the one that the report is about.

    Args:
        ids: of N rows.
        texts: what was answered to.
        seen: emoji → how often it stands in the training split (count).
        systems: all of them.
    """
    frequent = tuple(sorted(seen, key=lambda emoji: (-seen[emoji], emoji))[:FREQUENT])
    named: dict[int, tuple[Hit, ...]] = {}
    low = {system.name: _low(system, texts, frozenset(frequent), named) for system in systems}
    errors = Errors(
        threshold=LOW,
        frequent=frequent,
        systems=tuple(_shares(system, low[system.name]) for system in systems),
        examples=tuple(_examples(ids, texts, systems, low[systems[0].name])),
    )
    return Found(errors=errors, low=low)


def _low(
    system: ScoredRows, texts: Sequence[str], frequent: frozenset[str], named: dict[int, tuple[Hit, ...]]
) -> list[Low]:
    found = []
    for place, (answer, score) in enumerate(zip(system.answers, system.filled.tolist(), strict=True)):
        if answer is None or score >= LOW:
            continue
        if place not in named:  # once for all systems
            named[place] = tuple(keyword_index().find(texts[place]))
        row = Row(answer=tuple(answer), gold=tuple(system.references[place]), named=named[place], frequent=frequent)
        found.append(Low(place=place, jaccard=score, reasons=reasons(row)))
    return found


def _shares(system: ScoredRows, low: Sequence[Low]) -> SystemErrors:
    rows = len(system.answered)
    is_low = np.zeros(rows)
    is_low[[one.place for one in low]] = 1
    columns = [is_low]
    for category in CATEGORIES:
        column = np.zeros(rows)
        column[[one.place for one in low if one.category == category.name]] = 1
        columns.append(column)
    wholes = [system.answered, *[is_low] * len(CATEGORIES)]
    low_share, *shares = ratio_intervals(np.array(columns).T, np.array(wholes).T)
    counts, holds = Counter(one.category for one in low), Counter(name for one in low for name in one.reasons)
    return SystemErrors(
        system=system.name,
        rows=int(system.answered.sum()),
        low=len(low),
        low_share=low_share,
        categories=tuple(
            CategoryShare(name=one.name, rows=counts[one.name], share=share, holds=holds[one.name])
            for one, share in zip(CATEGORIES, shares, strict=True)
        ),
    )


def _examples(
    ids: Sequence[str], texts: Sequence[str], systems: Sequence[ScoredRows], low: Sequence[Low]
) -> list[LowRow]:
    """Return the rows that teach most.

    Each category gives its best row in turn, in the order of the rules, until there are enough: no kind of error is missing. Within a category a row teaches
    more the more another system did better on it, for then it can be answered; of equal ones the lower, then the earlier one.
    """
    others = [system for system in systems[1:] if not system.own_references]
    made = {one.place: _example(one, ids, texts, systems[0], others) for one in low}
    ranked = sorted(
        low, key=lambda one: (one.jaccard - made[one.place].better_jaccard, one.jaccard, one.place)
    )  # fmt: skip
    queues = [[one for one in ranked if one.category == category.name] for category in CATEGORIES]
    chosen: list[LowRow] = []
    for turn in range(len(low)):
        chosen += [made[queue[turn].place] for queue in queues if turn < len(queue)]
        if len(chosen) >= EXAMPLES:
            break
    order = [category.name for category in CATEGORIES]
    return sorted(chosen[:EXAMPLES], key=lambda row: order.index(row.category))


def _example(
    one: Low, ids: Sequence[str], texts: Sequence[str], system: ScoredRows, others: Sequence[ScoredRows]
) -> LowRow:
    place = one.place
    best = max(others, key=lambda other: other.filled[place], default=None)
    better = best if best is not None and best.filled[place] > one.jaccard else None
    return LowRow(
        id=ids[place],
        text=texts[place],
        gold=tuple(system.references[place]),
        answer=tuple(system.answers[place] or ()),
        jaccard=one.jaccard,
        category=one.category,
        holds=tuple(one.reasons),
        reason=one.reasons[one.category],
        better=None if better is None else better.name,
        better_answer=() if better is None else tuple(better.answers[place] or ()),
        better_jaccard=one.jaccard if better is None else float(better.filled[place]),
    )
