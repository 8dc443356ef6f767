# Generated from emojit/metrics/diversity.py by scripts/build_eval_modules.py; do not edit.
"""How varied a set of predictions is, beside the references it is measured against.

A high figure is no merit by itself: random emoji are the most varied of all. Read it next to the Jaccard index and
next to the references' own figures. Every emoji counts as often as it was written, repetitions within a row included.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .inputs import check_count, check_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """The variety of one list of rows."""

    outside_top: float
    """Share of the emoji that are not among the references' most common ones, in [0, 1]; 0.0 without any emoji."""
    distinct: int
    """Number of different emoji (count)."""
    entropy_bits: float
    """Shannon entropy of the emoji frequencies (bits): 0.0 for one emoji only, log2(k) for k equally frequent ones."""
    total: int
    """Number of emoji (count), repetitions included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """The variety of the predictions with that of the references beside it."""

    predictions: Variety
    """Variety of the predictions."""
    references: Variety
    """The same figures for the references: what a perfect student would reach."""
    top: tuple[str, ...]
    """The references' most common emoji, most common first; at most n."""


def diversity(
    predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], *, top_n: int = 5
) -> Diversity:
    """Compare the variety of predictions with that of references. The two need not be aligned or of equal length.

    Args:
        predictions: N sequences of emoji.
        references: M sequences of emoji.
        top_n: how many of the references' most common emoji count as "the top" (count, at least 1).

    Raises:
        MetricInputError: one of the lists is empty, a row is a string, or `top_n` is below 1 or no whole number.

    Source: the share outside the five most common emoji is the measure by which collapsed students of earlier
    experiments showed (about 0 % where the references had far more); entropy: Shannon (1948), "A mathematical theory
    of communication".

    Example:
        >>> found = diversity([["🎉", "😊"], ["🎉"]], [["🎉"], ["📚", "🎉"]], top_n=1)
        >>> found.top, found.predictions.outside_top, found.predictions.distinct
        (('🎉',), 0.3333333333333333, 2)
    """
    check_rows("predictions", predictions)
    top = most_common(references, top_n)
    return Diversity(predictions=variety(predictions, top), references=variety(references, top), top=top)


def most_common(rows: Sequence[Sequence[str]], n: int) -> tuple[str, ...]:
    """Return the n most frequent emoji, most frequent first.

    Equally frequent ones come in the order of their code points, so the order of the rows changes nothing.

    Raises:
        MetricInputError: there is no row, a row is a string, or `n` is below 1 or no whole number.
    """
    check_rows("references", rows)
    size = check_count("top_n", n)
    counts = Counter(emoji for row in rows for emoji in row)
    return tuple(sorted(counts, key=lambda emoji: (-counts[emoji], emoji))[:size])


def variety(rows: Sequence[Sequence[str]], top: Sequence[str]) -> Variety:
    """Return the figures of one list of rows, given the emoji that count as the top."""
    counts = Counter(emoji for row in rows for emoji in row)
    total = counts.total()
    common = set(top)
    outside = sum(count for emoji, count in counts.items() if emoji not in common)
    # fsum: the exact sum does not depend on the order in which the emoji were met
    entropy = math.fsum(count / total * math.log2(total / count) for count in counts.values())
    return Variety(
        outside_top=outside / total if total else 0.0, distinct=len(counts), entropy_bits=entropy, total=total
    )
