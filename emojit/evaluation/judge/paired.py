"""The interval of a comparison text by text, that ties alone do not make certain: the adjusted Wald interval of Bonett and Price.

A bootstrap over texts that are ties, all or nearly all, gives an interval without width, or calls a system better that won four texts of forty and lost none.
Here one win more is counted for either side, so that the width follows from the number of texts also where nothing was decided.

Source: Bonett & Price (2012), "Adjusted Wald confidence interval for a difference of binomial proportions based on paired data", Journal of Educational and
Behavioral Statistics 37(4). Where the judge was asked several times, the mean of a text may be a fraction; then the same sums are taken over fractions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

from emojit.evaluation.report import Interval
from emojit.evaluation.same_value import CONFIDENCE


def paired_interval(by_text: Mapping[str, float]) -> Interval | None:
    """Return the mean of differences with its interval, or None without a text.

    Args:
        by_text: of each text the difference of two systems, in [-1, 1]: 1 where the first alone is right or has won, -1 where the other has.
    """
    if not by_text:
        return None
    total = len(by_text) + 2  # one text more for either side
    middle = sum(by_text.values()) / total
    spread = (sum(value**2 for value in by_text.values()) + 2) / total - middle**2
    reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(spread / total)
    mean = sum(by_text.values()) / len(by_text)
    return Interval(mean=mean, low=max(-1.0, middle - reach), high=min(1.0, middle + reach))


def win_rate_interval(by_text: Mapping[str, float]) -> Interval | None:
    """Return the mean of wins (1), ties (0.5) and losses (0) with its interval in [0, 1], or None without a text."""
    found = paired_interval({text: 2 * value - 1 for text, value in by_text.items()})
    if found is None:
        return None
    return Interval(mean=(1 + found.mean) / 2, low=(1 + found.low) / 2, high=(1 + found.high) / 2)
