"""The rows of the table: one per variant, one per baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.experiment.comparison.draws import Draws
from emojit.experiment.comparison.facts import (
    Baseline,
    Criterion,
    Difference,
    Expressible,
    Scores,
    Spread,
    Variant,
)
from emojit.experiment.comparison.members import Group, Members
from emojit.experiment.comparison.scoring import Rows, Scored, mean_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeedRun:
    """One run that is in the figures."""

    seed: int
    """Its seed."""
    scored: Scored
    """Its scores."""
    inventory: frozenset[str] | None
    """Emoji that it can write."""


def unread(group: Group, *, is_base: bool) -> Variant:
    """Return the row of a variant without a run in the figures."""
    return Variant(
        name=group.name,
        is_base=is_base,
        hypothesis=group.hypothesis,
        changes=group.changes,
        seeds=(),
        planned=len(group.members),
        scores=None,
        jaccard=None,
        exact_match=None,
        outside_top=None,
        spread={},
        expressible=None,
        difference=None,
        against_baseline=None,
        criteria=(),
        when=group.when,
    )


class Table:
    """All rows, worked out over one bootstrap."""

    def __init__(
        self,
        members: Members,
        runs: Mapping[str, Sequence[SeedRun]],
        baselines: Mapping[str, Scored],
        gold: Rows,
        articles: Sequence[int] | None = None,
    ) -> None:
        """Draw once for everything.

        Args:
            members: what belongs to the table.
            runs: variant to its runs by rising seed; at least one variant has one.
            baselines: name to scores.
            gold: the gold of the rows.
            articles: number of the article of each row; None where nobody knows.
        """
        self._members = members
        self._runs = {name: list(found) for name, found in runs.items() if found}
        self._baselines = baselines
        self._base = members.groups[0].name
        self._writable = {name: _writable(found, gold) for name, found in self._runs.items()}
        self._draws = Draws(self._columns(), articles)
        self._jaccards = {name: [run.scored.scores.jaccard for run in found] for name, found in self._runs.items()}
        strongest = max(baselines, key=lambda name: baselines[name].scores.jaccard, default=None)
        others = [name for name in self._runs if name != self._base] if self._base in self._runs else []
        self._to_base = self._family(
            {name: (("jaccard", name), ("jaccard", self._base), self._base) for name in others}
        )
        self._to_baseline = self._family(
            {name: (("jaccard", name), ("baseline", strongest), strongest) for name in self._runs} if strongest else {}
        )
        self._of_baselines = self._family(
            {name: (("baseline", name), ("jaccard", self._base), self._base) for name in baselines}
            if self._base in self._runs
            else {}
        )

    def variants(self) -> tuple[Variant, ...]:
        """Return the rows of the variants, the base first."""
        return tuple(self._variant(group) for group in self._members.groups)

    def baselines(self) -> tuple[Baseline, ...]:
        """Return the rows of the baselines, from weak to strong."""
        rows = [
            Baseline(
                name=name,
                scores=scored.scores,
                jaccard=self._draws.mean(("baseline", name)),
                difference=self._of_baselines.get(name),
            )
            for name, scored in self._baselines.items()
        ]
        return tuple(sorted(rows, key=lambda row: (row.scores.jaccard, row.name)))

    def _columns(self) -> dict[object, Array]:
        columns: dict[object, Array] = {}
        for name, runs in self._runs.items():
            columns["jaccard", name] = np.mean([run.scored.jaccard for run in runs], axis=0)
            columns["exact", name] = np.mean([run.scored.exact for run in runs], axis=0)
            for run in runs:
                columns["outside", name, run.seed] = run.scored.outside
                columns["answered", name, run.seed] = run.scored.answered
            if (writable := self._writable[name]) is not None:
                columns["writable", name] = writable[1]
                columns["jaccard there", name] = writable[1] * columns["jaccard", name]
        for name, scored in self._baselines.items():
            columns["baseline", name] = scored.jaccard
        return columns

    def _family(self, pairs: Mapping[str, tuple[object, object, str]]) -> dict[str, Difference]:
        found = self._draws.family(pairs)
        return {name: dataclasses.replace(row, seeds_overlap=self._overlap(name, row)) for name, row in found.items()}

    def _overlap(self, name: str, row: Difference) -> bool | None:
        """Whether the seeds of the two lie in one another's range."""
        mine, theirs = self._jaccards.get(name, []), self._jaccards.get(row.against, [])
        if len(mine) < 2 or len(theirs) < 2 or row.against in self._baselines or name in self._baselines:
            return None
        higher, lower = (mine, theirs) if row.jaccard.mean >= 0 else (theirs, mine)
        return max(lower) >= min(higher)

    def _variant(self, group: Group) -> Variant:
        name, runs = group.name, self._runs.get(group.name)
        row = unread(group, is_base=group.name == self._base)
        if runs is None:
            return row
        scores = mean_scores([run.scored.scores for run in runs])
        jaccard, exact = self._draws.mean(("jaccard", name)), self._draws.mean(("exact", name))
        outside = self._draws.mean_share([(("outside", name, run.seed), ("answered", name, run.seed)) for run in runs])
        lows = {"jaccard": jaccard.low, "exact_match": exact.low, "outside_top": outside.low}
        return dataclasses.replace(
            row,
            seeds=tuple(run.seed for run in runs),
            scores=scores,
            jaccard=jaccard,
            exact_match=exact,
            outside_top=outside,
            spread=_spread([run.scored.scores for run in runs]),
            expressible=self._expressible(name),
            difference=self._to_base.get(name),
            against_baseline=self._to_baseline.get(name),
            criteria=_criteria(self._members.targets, scores, lows),
        )

    def _expressible(self, name: str) -> Expressible | None:
        writable = self._writable[name]
        if writable is None:
            return None
        emojis, mask = writable
        if not mask.any():
            return Expressible(emojis=emojis, rows=0, jaccard=None, base_jaccard=None)
        there = mask.astype(bool)
        has_base = name != self._base and self._base in self._runs
        base = np.mean([run.scored.jaccard[there].mean() for run in self._runs[self._base]]) if has_base else None
        return Expressible(
            emojis=emojis,
            rows=int(mask.sum()),
            jaccard=self._draws.mean_share([(("jaccard there", name), ("writable", name))]),
            base_jaccard=None if base is None else float(base),
        )


def _writable(runs: Sequence[SeedRun], gold: Rows) -> tuple[int, Array] | None:
    """Return how many emoji all seeds of a variant can write, and 1 for each row whose whole gold is among them; shape (N,)."""
    common: frozenset[str] | None = None
    for run in runs:
        if run.inventory is None:
            return None
        common = run.inventory if common is None else common & run.inventory
    if common is None:
        return None
    return len(common), np.array([common.issuperset(row) for row in gold], dtype=np.float64)


def _spread(scores: Sequence[Scores]) -> dict[str, Spread]:
    spread = {}
    for name in Scores.__dataclass_fields__ if scores else ():
        values = [getattr(each, name) for each in scores]
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
        spread[name] = Spread(low=min(values), high=max(values), deviation=deviation)
    return spread


def _criteria(targets: Mapping[str, float], scores: Scores, lows: Mapping[str, float]) -> tuple[Criterion, ...]:
    found = []
    for name in ("jaccard", "outside_top", "exact_match"):
        if name in targets:
            target, reached = targets[name], getattr(scores, name)
            met = reached >= target
            found.append(
                Criterion(name=name, target=target, reached=reached, met=met, certain=met and lows[name] >= target)
            )
    return tuple(found)
