"""How many rows per emoji a larger data set of the same making would have.

A data set of n rows is thought of as n draws: emoji e stands in a row with probability p_e, so that it gets Poisson(n p_e) rows. What is not known are
the 1,906 probabilities, most of all those of emoji that have not been seen yet. Dividing rows by rows is no answer for them: it says that what has not
been seen never will be (measured: 621 different emoji predicted at 4,500 rows from 1,000 of them, where 1,075 came).

The estimator is empirical Bayes without an assumed shape: the distribution of the probabilities over the whole inventory is the one under which the
observed counts, zeros included, are likeliest (nonparametric maximum likelihood of a Poisson mixture on a fixed grid, by a fixed number of EM steps,
which also smooths it). Each emoji then has its own distribution given its own count, and every figure below is that of these distributions.

Source: Robbins (1956), "An empirical Bayes approach to statistics"; Laird (1978), "Nonparametric maximum likelihood estimation of a mixing
distribution"; Efron & Thisted (1976), "Estimating the number of unseen species: how many words did Shakespeare know?", for the question itself and
for its limit: beyond a few times the rows at hand the unseen part is a guess, since a probability of zero and a very small one look alike.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SIZES = (5_000, 10_000, 20_000, 50_000)
"""Rows of the data sets that are looked at."""
TOPS = (100, 50)
"""Inventories beside the whole one: the so many most frequent emoji of the build at hand."""
MANY = (10, 50)
"""Rows from which an emoji counts as covered."""

# Probabilities of the grid beside zero: at 1,000 rows about ten per factor of two, finer changed no figure.
_GRID = 160
_SMALLEST = 0.02  # the smallest one, in rows expected at hand: less than that cannot be told from never
_NARROW = 30  # from this count on the grid is coarser than what the count tells, so that the count's own share joins the grid
_STEPS = 300  # EM steps: with 100 to 1,000 the figures of the test moved by less than their error
_EXACT = 64  # from this many rows on the Poisson distribution is approximated, with an error below 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """What one inventory would look like at one size; every figure is an expectation unless stated.

    Attributes:
        emoji: emoji of the inventory (count).
        rows: rows of the data set (count).
        mean: rows per emoji of the inventory.
        median: half of the inventory has this many rows or fewer (count).
        least: rows of the rarest one (count), the median of that figure.
        at_least: emoji with at least `MANY` rows (count each), in that order.
        unseen: share of the inventory without any row, in [0, 1].
    """

    emoji: int
    rows: int
    mean: float
    median: int
    least: int
    at_least: tuple[float, ...]
    unseen: float


def densities(counts: Mapping[str, int], rows: int, *, inventory: int, sizes: Sequence[int] = SIZES) -> list[Density]:
    """Estimate the rows per emoji of larger and smaller data sets.

    Args:
        counts: emoji -> rows that hold it, in the build at hand; at least one.
        rows: rows of the build at hand (count), at least 1.
        inventory: emoji that could occur (count); at least as many as do.
        sizes: rows of the data sets to look at (counts).

    Returns:
        One record per inventory and size: the whole inventory first, then the most frequent 100 and 50 where the build has so many.
    """
    import numpy as np

    seen = sorted(counts.values(), reverse=True)
    every = np.array(seen + [0] * (inventory - len(seen)))
    grid, weights = _mixture(every, rows)  # (J,), (K, J): distribution of the probability for each different count
    tops = [inventory, *(top for top in TOPS if top <= len(seen))]
    found = []
    for top in tops:
        values, times = np.unique(every[:top], return_counts=True)
        mixtures = weights[np.searchsorted(np.unique(every), values)]  # (k, J)
        for size in sizes:
            found.append(_density(grid * size, mixtures, times, rows=size))
    return found


def _mixture(counts: NDArray[np.int64], rows: int) -> tuple[Array, Array]:
    """Return the grid of probabilities, and for each different count in order how likely each of them is."""
    import numpy as np

    values, times = np.unique(counts, return_counts=True)
    spread = np.geomspace(_SMALLEST, 1.2 * values[-1], _GRID)
    expected = np.unique(np.concatenate([[0.0], spread, values[values > _NARROW]]))  # (J,), in rows
    log = values[:, None] * np.log(np.maximum(expected, 1e-300)) - expected  # (K, J), up to a constant of each count
    likelihood = np.exp(log - log.max(axis=1, keepdims=True))
    prior = np.full(len(expected), 1 / len(expected))
    for _ in range(_STEPS):
        prior = times @ _posterior(likelihood, prior) / times.sum()
    return expected / rows, _posterior(likelihood, prior)


def _posterior(likelihood: Array, prior: Array) -> Array:
    joint: Array = likelihood * prior
    share: Array = joint / joint.sum(axis=1, keepdims=True)
    return share


def _density(expected: Array, mixtures: Array, times: NDArray[np.int64], *, rows: int) -> Density:
    """Work out one record.

    Args:
        expected: rows that an emoji of each probability would get, shape (J,).
        mixtures: how likely each probability is, for each different count of the inventory, shape (K, J).
        times: emoji of the inventory with each of these counts, shape (K,).
        rows: rows of the data set.
    """
    import numpy as np

    total = int(times.sum())

    def at_most(n: int) -> Array:  # (K,): the chance that an emoji of each count has n rows or fewer
        return np.minimum(mixtures @ _poisson_at_most(expected, n), 1.0)

    def least(n: int) -> float:  # the chance that the rarest emoji has n rows or fewer
        return float(1 - np.exp(times @ np.log1p(-np.minimum(at_most(n), 1 - 1e-15))))

    most = int(expected[-1] + 10 * np.sqrt(expected[-1])) + 1
    return Density(
        emoji=total,
        rows=rows,
        mean=float(times @ (mixtures @ expected) / total),
        median=bisect.bisect_left(range(most), 0.5, key=lambda n: float(times @ at_most(n) / total)),
        least=bisect.bisect_left(range(most), 0.5, key=least),
        at_least=tuple(float(total - times @ at_most(many - 1)) for many in MANY),
        unseen=float(times @ at_most(0) / total),
    )


def _poisson_at_most(expected: Array, n: int) -> Array:
    """Return the chance of n or fewer for each expectation, shape (J,); from `_EXACT` on by Wilson & Hilferty (1931)."""
    import numpy as np

    if n < _EXACT:
        terms = [
            np.exp(k * np.log(np.maximum(expected, 1e-300)) - expected - math.lgamma(k + 1)) for k in range(n + 1)
        ]
        total: Array = np.sum(terms, axis=0)
        return total
    width = 1 / (9 * (n + 1))
    z = (np.cbrt(expected / (n + 1)) - (1 - width)) / math.sqrt(2 * width)
    return np.array([math.erfc(value) / 2 for value in z])
