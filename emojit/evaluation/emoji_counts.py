"""How often every emoji is answered, expected and met, in draws of rows; and the figures that are made of these counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.metrics import most_common

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Array = NDArray[np.float64]

_TOP = 5
"""The references' most common emoji that diversity leaves out (count)."""

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Figures of draws, each of shape (B,)."""

    overlap: dict[str, Array]
    """Precision, recall and F1, micro and macro."""
    diversity: dict[str, Array]
    """Share outside the top, distinct emoji and entropy, of predictions and references."""
    distribution: dict[str, Array]
    """How far the two distributions are from each other."""


class EmojiCounts:
    """Counts of emoji by row, as sparse tables."""

    def __init__(self, predictions: Rows, references: Rows) -> None:
        labels = sorted({emoji for rows in (predictions, references) for row in rows for emoji in row})
        place = {emoji: column for column, emoji in enumerate(labels)}
        shared = [set(p).intersection(r) for p, r in zip(predictions, references, strict=True)]
        self._written, self._expected = _table(predictions, place), _table(references, place)
        self._hits = _table(shared, place)
        self._once = _table(map(set, predictions), place)
        self._expected_once = _table(map(set, references), place)
        self._common = [place[emoji] for emoji in most_common(references, _TOP)]

    def draws(self, block: Array) -> Counted:
        """Return the figures of draws (B, N)."""
        ours, theirs = _sums(block, self._written), _sums(block, self._expected)  # (emoji, B)
        return Counted(
            overlap=self._overlap(block),
            diversity=self._variety(ours, "") | self._variety(theirs, "reference_"),
            distribution=_distance(ours, theirs),
        )

    def _overlap(self, block: Array) -> dict[str, Array]:
        hits, once, expected = (_sums(block, table) for table in (self._hits, self._once, self._expected_once))
        n, p, r = hits.sum(axis=0), once.sum(axis=0), expected.sum(axis=0)
        nothing = (p == 0) & (r == 0)
        micro = {"precision": _share(n, p), "recall": _share(n, r), "f1": _share(2 * n, p + r)}
        found = {f"{name}_micro": np.where(nothing, 1.0, value) for name, value in micro.items()}
        labels = ((once + expected) > 0).sum(axis=0)
        for name, values in (
            ("precision", _share(hits, once)),
            ("recall", _share(hits, expected)),
            ("f1", _share(2 * hits, once + expected)),
        ):
            found[f"{name}_macro"] = np.where(nothing, 1.0, _share(values.sum(axis=0), labels.astype(np.float64)))
        return found

    def _variety(self, counts: Array, prefix: str) -> dict[str, Array]:
        total = counts.sum(axis=0)
        return {
            f"{prefix}outside_top": np.where(
                total > 0, 1 - _share(counts[self._common].sum(axis=0), np.maximum(total, 1)), 0.0
            ),
            f"{prefix}distinct": (counts > 0).sum(axis=0).astype(np.float64),
            f"{prefix}entropy_bits": _entropy(counts),
        }


def _distance(ours: Array, theirs: Array) -> dict[str, Array]:
    n, m = ours.sum(axis=0), theirs.sum(axis=0)
    p, q = _share(ours, n), _share(theirs, m)
    divergence = np.clip(_bits((p + q) / 2) - (_bits(p) + _bits(q)) / 2, 0, 1)
    variation = np.abs(p - q).sum(axis=0) / 2
    one_side = (n == 0) != (m == 0)
    divergence, variation = np.where(one_side, 1.0, divergence), np.where(one_side, 1.0, variation)
    return {
        "jensen_shannon": divergence,
        "jensen_shannon_distance": np.sqrt(divergence),
        "total_variation": variation,
        "entropy_bits": _entropy(ours),
        "reference_entropy_bits": _entropy(theirs),
        "never_in_references": _share((ours * (theirs == 0)).sum(axis=0), n),
        "never_predicted": _share((theirs * (ours == 0)).sum(axis=0), m),
    }


def _entropy(counts: Array) -> Array:
    return _bits(_share(counts, counts.sum(axis=0)))


def _bits(shares: Array) -> Array:
    """Return -Σ p log2 p over the emoji."""
    from scipy.special import entr

    found: Array = entr(shares).sum(axis=0) / np.log(2)
    return found


def _share(part: Array, whole: Array) -> Array:
    """Return part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=np.broadcast_to(whole != 0, part.shape))


def _sums(block: Array, table: csr_matrix) -> Array:
    found: Array = table.T @ block.T
    return found


def _table(rows: Sequence[Sequence[str]] | map[set[str]] | list[set[str]], place: dict[str, int]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    values: list[float] = []
    columns: list[int] = []
    stops = [0]
    for row in rows:
        for emoji, count in sorted(Counter(row).items()):
            values.append(float(count))
            columns.append(place[emoji])
        stops.append(len(values))
    return csr_matrix((values, columns, stops), shape=(len(stops) - 1, len(place)))
