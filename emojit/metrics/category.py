"""How well predictions meet the kind of emoji that the reference holds: Unicode's groups and subgroups.

😄 for 😊 is wrong for the Jaccard index and right here: both are of the subgroup face-smiling. There are but nine groups in use, so a match by group is
read next to the one that chance gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from emojit.errors import MetricInputError
from emojit.metrics.groups import GROUPS, SUBGROUPS
from emojit.metrics.inputs import check_aligned
from emojit.metrics.overlap import jaccard_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryMatch:
    """Agreement by kind of emoji; fractions in [0, 1]. A row's groups are a set, as its emoji are."""

    group_jaccard: float
    """Mean Jaccard index of the sets of groups."""
    group_hit: float
    """Share of the rows with a group on both sides, or with nothing on either."""
    group_by_chance: float
    """What `group_jaccard` is on average when the predictions are dealt out to the rows at random: the mean over all pairs of a prediction and a reference."""
    subgroup_jaccard: float
    """Mean Jaccard index of the sets of subgroups."""
    subgroup_hit: float
    """Share of the rows with a subgroup on both sides, or with nothing on either."""
    near_miss: float
    """Share of the rows that have no emoji in common, and a subgroup all the same."""


def category_match(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> CategoryMatch:
    """Compare the groups and subgroups of predicted and reference emoji.

    Args:
        predictions: N sequences of canonical emoji.
        references: N sequences of canonical emoji, aligned with `predictions`.

    Raises:
        MetricInputError: the lengths differ, there is no row, a row is a string, or an emoji is none of the inventory.

    Source: groups and subgroups are those of Unicode's emoji-test.txt for Emoji 16.0; Jaccard (1912) for the index. The figure by chance is the
    expectation over all N! assignments, which by linearity is the mean over all N² pairs.

    Example:
        >>> found = category_match([["😄"], ["🐱"]], [["😊"], ["📚"]])
        >>> found.group_jaccard, found.subgroup_hit, found.near_miss, found.group_by_chance
        (0.5, 0.5, 0.5, 0.25)
    """
    check_aligned(predictions, references)
    ours, theirs = _kinds(predictions, GROUPS), _kinds(references, GROUPS)
    by_group = jaccard_scores(ours, theirs)
    by_subgroup = jaccard_scores(_kinds(predictions, SUBGROUPS), _kinds(references, SUBGROUPS))
    exact = jaccard_scores(predictions, references)
    n = len(exact)
    return CategoryMatch(
        group_jaccard=sum(by_group) / n,
        group_hit=sum(score > 0 for score in by_group) / n,
        group_by_chance=_by_chance(ours, theirs),
        subgroup_jaccard=sum(by_subgroup) / n,
        subgroup_hit=sum(score > 0 for score in by_subgroup) / n,
        near_miss=sum(kind > 0 and emoji == 0 for kind, emoji in zip(by_subgroup, exact, strict=True)) / n,
    )


def _kinds(rows: Sequence[Sequence[str]], kinds: dict[str, str]) -> list[tuple[str, ...]]:
    try:
        return [tuple([kinds[emoji] for emoji in row]) for row in rows]
    except KeyError as exc:
        raise MetricInputError(
            f"{exc.args[0]!r} is not a canonical emoji of Emoji 16.0", hint="read the fields with read_rows first"
        ) from None


def _by_chance(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Return the mean Jaccard index over all pairs; there are few different sets of at most ten groups."""
    ours, theirs = (Counter(map(frozenset, rows)) for rows in (predictions, references))
    pairs = [(p, r) for p in ours for r in theirs]
    scores = jaccard_scores([tuple(p) for p, _ in pairs], [tuple(r) for _, r in pairs])
    # sorted: a sum of floats depends on its order, and that of sets on nothing that may matter
    weighted = sorted(ours[p] * theirs[r] * score for (p, r), score in zip(pairs, scores, strict=True))
    return sum(weighted) / (len(predictions) * len(references))
