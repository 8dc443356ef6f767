# Generated from emojit/metrics/distribution.py by scripts/build_eval_modules.py; do not edit.
"""How far the frequencies of the predicted emoji are from those of the references, whatever row they stand in.

Every emoji counts as often as it was written. The figures say nothing about single rows: predictions dealt out to the wrong texts are at distance 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .inputs import check_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionDistance:
    """Two distributions over emoji, compared."""

    jensen_shannon: float
    """Jensen–Shannon divergence (bits), in [0, 1]: 0.0 for the same frequencies, 1.0 where no emoji is on both sides."""
    jensen_shannon_distance: float
    """Its square root, which keeps the triangle inequality, in [0, 1]."""
    total_variation: float
    """Half the sum of the absolute differences of the frequencies, in [0, 1]: the share of the emoji that would have to be others."""
    entropy_bits: float
    """Shannon entropy of the predictions' frequencies (bits); 0.0 for one emoji only, or none."""
    reference_entropy_bits: float
    """The same of the references (bits)."""
    never_in_references: float
    """Share of the predicted emoji, as written, that no reference holds, in [0, 1]."""
    never_predicted: float
    """Share of the references' emoji that no prediction holds, in [0, 1]."""


def distribution_distance(
    predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
) -> DistributionDistance:
    """Compare the frequencies of emoji. The two lists need not be aligned or of equal length.

    Args:
        predictions: N sequences of emoji.
        references: M sequences of emoji.

    Returns:
        The figures. Where one side holds no emoji at all, divergence and distances are 1.0; where neither does, 0.0.

    Raises:
        MetricInputError: one of the lists is empty, or a row is a string.

    Source: Lin (1991), "Divergence measures based on the Shannon entropy", with logarithms to base 2; Endres & Schindelin (2003), "A new metric for
    probability distributions", for the square root. The divergence of two samples of one distribution is above 0, and the more so the fewer
    emoji there are (about (k - 1) / (4 n ln 2) bits for k kinds and n emoji on either side): compare figures of equally many rows.

    Example:
        >>> found = distribution_distance([["🎉", "🎉"]], [["🎉"], ["📚"]])
        >>> round(found.jensen_shannon, 4), found.total_variation, found.never_predicted
        (0.3113, 0.5, 0.5)
    """
    check_rows("predictions", predictions)
    check_rows("references", references)
    ours, theirs = (Counter(emoji for row in rows for emoji in row) for rows in (predictions, references))
    n, m = ours.total(), theirs.total()
    if not n or not m:
        divergence = variation = 0.0 if n == m else 1.0
    else:
        shares = [(ours[emoji] / n, theirs[emoji] / m) for emoji in ours.keys() | theirs.keys()]
        # fsum: the exact sum does not depend on the order in which a set is walked
        terms = (x * math.log2(2 * x / (p + q)) for p, q in shares for x in (p, q) if x)
        divergence = min(1.0, max(0.0, math.fsum(terms) / 2))
        variation = math.fsum(abs(p - q) for p, q in shares) / 2
    return DistributionDistance(
        jensen_shannon=divergence,
        jensen_shannon_distance=math.sqrt(divergence),
        total_variation=variation,
        entropy_bits=_entropy(ours),
        reference_entropy_bits=_entropy(theirs),
        never_in_references=_share_outside(ours, theirs),
        never_predicted=_share_outside(theirs, ours),
    )


def _entropy(counts: Counter[str]) -> float:
    total = counts.total()
    return math.fsum(count / total * math.log2(total / count) for count in counts.values())


def _share_outside(counts: Counter[str], other: Counter[str]) -> float:
    total = counts.total()
    return sum(count for emoji, count in counts.items() if emoji not in other) / total if total else 0.0
