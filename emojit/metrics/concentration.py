"""How unequally the emoji of a data set are used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from emojit.errors import MetricInputError


def gini(counts: Sequence[int]) -> float:
    """Return the Gini coefficient: half the mean absolute difference of two counts over their mean.

    Args:
        counts: how often each emoji occurs, N values in any order; an emoji that could occur and does not is a 0 among them. The figure says
            nothing without the set that it is taken over: with zeros for a whole inventory it is higher than over the emoji that occur.

    Returns:
        A fraction in [0, 1 - 1/N]: 0.0 where every emoji occurs equally often, 1 - 1/N where one has everything.

    Raises:
        MetricInputError: there is no count, one is negative, or all are 0.

    Source: Gini (1912), "Variabilità e mutabilità"; the form for sorted counts x_1 <= … <= x_N, G = sum_i (2 i - N - 1) x_i / (N sum_i x_i), is that of
    Dixon, Weiner, Mitchell-Olds & Woodley (1987), "Bootstrapping the Gini coefficient of inequality", without their factor N / (N - 1) for samples: these
    are all emoji of the data set. Neither numpy nor scipy nor scikit-learn has it.

    Example:
        >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 8]), gini([1, 3])
        (0.0, 0.75, 0.25)
    """
    ordered = sorted(counts)
    total = sum(ordered)
    if not total or ordered[0] < 0:
        raise MetricInputError("gini needs counts of which none is negative and one at least is above 0")
    n = len(ordered)
    return sum((2 * i - n - 1) * count for i, count in enumerate(ordered, start=1)) / (n * total)


def top_share(counts: Iterable[int], n: int) -> float:
    """Return the share of all occurrences that falls to the n most frequent emoji, in [0, 1].

    Args:
        counts: how often each emoji occurs, in any order.
        n: how many count as the top (count).

    Raises:
        MetricInputError: there is no occurrence.

    Example:
        >>> top_share([5, 1, 3, 1], 2)
        0.8
    """
    ordered = sorted(counts, reverse=True)
    if not sum(ordered):
        raise MetricInputError("top_share needs one occurrence at least")
    return math.fsum(ordered[:n]) / sum(ordered)
