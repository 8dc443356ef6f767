"""The set of emoji with the highest expected Jaccard: minimum Bayes risk, under samples of the model or under its distribution of the first emoji.

Source: Kumar and Byrne (2004), "Minimum Bayes-Risk Decoding for Statistical Machine Translation", https://aclanthology.org/N04-1022. Here the risk is
1 - Jaccard, and not only what was sampled is a candidate but every set of the emoji that were sampled most.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from emojit.student.decoding.rule import top

Floats = NDArray[np.float64]

POOL = 10
"""Emoji whose sets are all weighed: 637 sets of one to five (count)."""


def expected_jaccard(candidates: Floats, samples: Floats) -> Floats:
    """Return the mean Jaccard of each candidate (C,) with the samples.

    Args:
        candidates: 1 where an emoji is in the set, else 0 (C, U).
        samples: the same (K, U), no row empty.
    """
    both = candidates @ samples.T  # (C, K)
    either = candidates.sum(axis=1)[:, None] + samples.sum(axis=1)[None, :] - both
    means: Floats = (both / either).mean(axis=1)
    return means


@cache
def _sets(pool: int, least: int, most: int) -> Floats:
    """Return every set of `least` to `most` out of `pool` emoji (C, pool), small ones first."""
    chosen = [one for size in range(least, min(most, pool) + 1) for one in combinations(range(pool), size)]
    table = np.zeros((len(chosen), pool))
    for row, one in enumerate(chosen):
        table[row, list(one)] = 1.0
    table.flags.writeable = False
    return table


def best_set(samples: Sequence[Sequence[int]], *, least: int, most: int) -> tuple[list[int], float]:
    """Return the set with the highest expected Jaccard under samples, and that Jaccard.

    The candidates are the samples and every set of the `POOL` emoji that are in most of them; where no more emoji were sampled at all, no set is better.

    Args:
        samples: answers of `least` to `most` distinct emoji each; at least one.
        least: emoji of the answer, at least (count).
        most: at most (count).

    Returns:
        The emoji, those in most samples first, and a fraction in [0, 1].
    """
    seen = np.array(sorted({emoji for sample in samples for emoji in sample}))
    table = np.zeros((len(samples), len(seen)))
    for row, sample in enumerate(samples):
        table[row, np.searchsorted(seen, list(sample))] = 1.0
    order = np.argsort(-table.sum(axis=0), kind="stable")
    table, seen = table[:, order], seen[order]
    pool = min(POOL, len(seen))
    every = _sets(pool, least, most)
    candidates = np.concatenate([np.pad(every, ((0, 0), (0, len(seen) - pool))), np.unique(table, axis=0)])
    scores = expected_jaccard(candidates, table)
    best = int(scores.argmax())
    return seen[candidates[best] > 0].tolist(), float(scores[best])


def rank(chances: Floats, most: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the `most` likeliest emoji of each row by falling probability (N, `most`), and their probabilities.

    Args:
        chances: probability of each emoji to come first (N, emoji).
        most: emoji (count).
    """
    order = top(chances, most)
    return order, np.take_along_axis(chances, order, axis=1)


def prefix_jaccard(chances: Floats, *, scale: float, size: float) -> Floats:
    """Return the expected Jaccard of the first 1, 2, … emoji of a ranking (N, T).

    The answer's emoji come in any order, so the chance that one is in it is about `scale` times the chance that it comes first, and at most 1. With
    c_k the sum of the first k of these, the Jaccard is about c_k / (k + size - c_k): the expected intersection over the expected union.

    Args:
        chances: probabilities to come first, falling (N, T).
        scale: see above.
        size: emoji of the true answer on average (count); never less than what was found.
    """
    found = np.cumsum(np.minimum(scale * chances, 1.0), axis=1)
    either = np.arange(1, chances.shape[1] + 1) + np.maximum(size, found) - found
    jaccards: Floats = found / either
    return jaccards


def best_prefixes(
    order: NDArray[np.int64], chances: Floats, *, scale: float, size: float, least: int
) -> list[list[int]]:
    """Return for each row the beginning of its ranking with the highest expected Jaccard; see `rank` and `prefix_jaccard`."""
    jaccards = prefix_jaccard(chances, scale=scale, size=size)
    lengths = jaccards[:, least - 1 :].argmax(axis=1) + least
    return [row[:length].tolist() for row, length in zip(order, lengths, strict=True)]
