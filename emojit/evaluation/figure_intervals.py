"""Bootstrap intervals of what the metric modules answer: the same formulas over draws of rows, all draws of a system at once.

The figures themselves are those of `emojit.metrics`; here every one of them is written as a function of sums over rows, so that thousands of draws are a few
products of matrices. A test holds these functions, with every row drawn once, against `emojit.metrics`. Counts of rows, largest values and p-values have no
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from emojit.evaluation.emoji_counts import EmojiCounts
from emojit.evaluation.interval import Ends
from emojit.evaluation.resampling import ends, weights
from emojit.metrics import ceiling_scores, score_columns, validity, vote_scores
from emojit.metrics.groups import GROUPS, SUBGROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Rows = Sequence[Sequence[str]]
Figures = dict[str, dict[str, "Array"]]
"""Metric module → figure → one value per draw."""


_KINDS_OF_EMOJI = ("distinct", "reference_distinct", "entropy_bits", "reference_entropy_bits")
_SHARES = (
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "ks_statistic",
    "jensen_shannon",
    "jensen_shannon_distance",
    "total_variation",
    "never_in_references",
    "never_predicted",
)
OF_SIZE = frozenset((*_KINDS_OF_EMOJI, *_SHARES))
"""Figures that depend on how many different rows there are. A draw holds some rows twice and so fewer different ones, which moves all its figures to one side; the
interval is that of the draws moved back by their mean distance from the figure (Efron & Tibshirani (1993), "An introduction to the bootstrap", chapter 10, for
that distance as the estimate of bias). It is about what equally many other rows would give, and holds the figure."""


class FigureDraws:
    """The figures of one system as functions of how often each row was drawn."""

    def __init__(
        self,
        predictions: Rows,
        references: Rows,
        *,
        written: Sequence[str | Sequence[str]] | None = None,
        votes: Sequence[Rows] | None = None,
    ) -> None:
        """Prepare the sums.

        Args:
            predictions: the answers to N rows (count, at least 1).
            references: what they are scored against.
            written: the answers before emoji were read out of them; None where there is nothing else.
            votes: the votes of each row, possibly none; None where the system is not compared with votes.
        """
        self._rows = len(predictions)
        self._counts = EmojiCounts(predictions, references)
        self._means = _overlap_columns(predictions, references) | _kind_columns(predictions, references)
        self._validity = _validity_columns(predictions if written is None else written)
        self._lengths = (_lengths(predictions), _lengths(references))
        self._chance = _Chance(predictions, references)
        self._votes = None if votes is None else _vote_columns(predictions, votes)

    def intervals(self) -> dict[str, dict[str, Ends]]:
        """Return metric module → figure → interval; figures without a value in any draw are left out."""
        blocks = [self.draws(block) for block in weights(self._rows)]
        found: dict[str, dict[str, Ends]] = {}
        for module, figures in self.draws(np.ones((1, self._rows))).items():
            for name, value in figures.items():
                drawn = np.concatenate([block[module][name] for block in blocks])
                if np.isfinite(drawn).any():
                    shifted = _around(value[0], drawn, name) if name in OF_SIZE else drawn
                    found.setdefault(module, {})[name] = ends(shifted, 0.0)
        return found

    def draws(self, block: Array) -> Figures:
        """Return the figures of draws (B, N)."""
        total = block.sum(axis=1)
        means = {name: (block @ column) / total for name, column in self._means.items()}
        category = {name: means.pop(name) for name in _KIND_FIGURES} | {"group_by_chance": self._chance.draws(block)}
        category = {name: category[name] for name in sorted(category)}
        counted = self._counts.draws(block)
        figures: Figures = {
            "emoji_jaccard": means | counted.overlap,
            "emoji_diversity": counted.diversity,
            "emoji_length": _length_draws(block, *self._lengths),
            "emoji_category": category,
            "emoji_distribution": counted.distribution,
            "emoji_validity": {name: (block @ column) / total for name, column in self._validity.items()},
        }
        if self._votes is not None:
            figures["emoji_votes"] = {
                name: _share(block @ part, block @ whole) for name, (part, whole) in self._votes.items()
            }
        return figures


def _around(value: float, drawn: Array, name: str) -> Array:
    """Return draws moved so that their mean is the figure, inside what the figure can be."""
    return np.clip(drawn + (value - np.nanmean(drawn)), 0.0, 1.0 if name in _SHARES else np.inf)


_KIND_FIGURES = ("group_jaccard", "group_hit", "subgroup_jaccard", "subgroup_hit", "near_miss")


def _overlap_columns(predictions: Rows, references: Rows) -> dict[str, Array]:
    scores = score_columns(predictions, references)
    return {
        "jaccard": np.array(scores.jaccard),
        "exact_match": np.array(scores.exact_match, dtype=np.float64),
        "empty_predictions": np.array([float(not row) for row in predictions]),
        "empty_references": np.array([float(not row) for row in references]),
    }


def _kind_columns(predictions: Rows, references: Rows) -> dict[str, Array]:
    exact = np.array(score_columns(predictions, references).jaccard)
    group, subgroup = (
        np.array(score_columns(_kinds(predictions, kinds), _kinds(references, kinds)).jaccard)
        for kinds in (GROUPS, SUBGROUPS)
    )
    return {
        "group_jaccard": group,
        "group_hit": (group > 0).astype(np.float64),
        "subgroup_jaccard": subgroup,
        "subgroup_hit": (subgroup > 0).astype(np.float64),
        "near_miss": ((subgroup > 0) & (exact == 0)).astype(np.float64),
    }


def _kinds(rows: Rows, kinds: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [tuple([kinds[emoji] for emoji in row]) for row in rows]


def _validity_columns(written: Sequence[str | Sequence[str]]) -> dict[str, Array]:
    """Return the faults row by row; answers repeat, so every different one is looked at once."""
    known: dict[Any, dict[str, float]] = {}
    rows = []
    for answer in written:
        key = answer if isinstance(answer, str) else tuple(answer)
        if key not in known:
            known[key] = asdict(validity([answer]))
        rows.append(known[key])
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _lengths(rows: Rows) -> Array:
    return np.array([len(row) for row in rows], dtype=np.float64)


def _length_draws(block: Array, ours: Array, theirs: Array) -> dict[str, Array]:
    n = block.sum(axis=1)
    columns = (ours, theirs, ours**2, theirs**2, ours * theirs, np.abs(ours - theirs), (ours == theirs) * 1.0)
    a, b, aa, bb, ab, error, same = ((block @ column) / n for column in columns)
    spread_a, spread_b = np.maximum(aa - a * a, 0), np.maximum(bb - b * b, 0)
    spread_a[spread_a < 1e-12], spread_b[spread_b < 1e-12] = 0, 0  # one length in every row, but for rounding
    longest = int(max(ours.max(), theirs.max()))
    steps = np.arange(longest + 1)
    above = (ours[:, None] <= steps).astype(np.float64) - (theirs[:, None] <= steps)  # (N, lengths)
    return {
        "mean": a,
        "sd": np.sqrt(spread_a),
        "reference_mean": b,
        "reference_sd": np.sqrt(spread_b),
        "absolute_error": error,
        "same": same,
        "correlation": _share(ab - a * b, np.sqrt(spread_a * spread_b)),
        "ks_statistic": np.abs(block @ above).max(axis=1) / n,
    }


class _Chance:
    """Agreement by group when the answers are dealt out at random: the mean over all pairs of a drawn prediction and a drawn reference."""

    def __init__(self, predictions: Rows, references: Rows) -> None:
        ours, theirs = ([frozenset(row) for row in _kinds(rows, GROUPS)] for rows in (predictions, references))
        first, second = (list(dict.fromkeys(rows)) for rows in (ours, theirs))
        self._ours, self._theirs = _one_hot(ours, first), _one_hot(theirs, second)
        self._scores = np.array([[len(p & r) / len(p | r) if p | r else 1.0 for r in second] for p in first])

    def draws(self, block: Array) -> Array:
        pairs = ((block @ self._ours) @ self._scores) * (block @ self._theirs)
        found: Array = pairs.sum(axis=1) / block.sum(axis=1) ** 2
        return found


def _one_hot(rows: list[frozenset[str]], kinds: list[frozenset[str]]) -> Array:
    place = {kind: column for column, kind in enumerate(kinds)}
    table = np.zeros((len(rows), len(kinds)))
    table[np.arange(len(rows)), [place[row] for row in rows]] = 1.0
    return table


def _vote_columns(predictions: Rows, votes: Sequence[Rows]) -> dict[str, tuple[Array, Array]]:
    """Return figure → its numerators and denominators row by row."""
    voted = [place for place, row in enumerate(votes) if row]
    if not voted:
        return {}
    scores = vote_scores([predictions[place] for place in voted], [votes[place] for place in voted])
    several = [place for place in voted if len(votes[place]) > 1]
    has_votes, has_several = _column(len(votes), voted, 1.0), _column(len(votes), several, 1.0)
    found = {
        "jaccard_best": (_column(len(votes), voted, scores.best), has_votes),
        "jaccard_mean": (_column(len(votes), voted, scores.mean), has_votes),
        "votes_per_text": (_column(len(votes), voted, [len(votes[place]) for place in voted]), has_votes),
    }
    if not several:
        return found
    ceiling = ceiling_scores([votes[place] for place in several])
    means = dict(zip(voted, scores.mean, strict=True))
    left_out = [_best_of_one_less(predictions[place], votes[place]) for place in several]
    return found | {
        "compared_best": (_column(len(votes), several, left_out), has_several),
        "compared_mean": (_column(len(votes), several, [means[place] for place in several]), has_several),
        "ceiling_best": (_column(len(votes), several, ceiling.best), has_several),
        "ceiling_mean": (_column(len(votes), several, ceiling.mean), has_several),
    }


def _best_of_one_less(prediction: Sequence[str], votes: Rows) -> float:
    """Return the mean over the votes of the best score without that vote."""
    scores = score_columns([prediction] * len(votes), votes).jaccard
    second, first = sorted(scores)[-2:]
    return ((len(scores) - 1) * first + second) / len(scores)


def _column(rows: int, places: Sequence[int], values: Sequence[float] | float) -> Array:
    column = np.zeros(rows)
    column[list(places)] = values
    return column


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole != 0)
