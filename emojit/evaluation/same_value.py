"""The interval of a mean where every text has the same value, which resampling takes for certainty: a draw of equal values never differs from another one."""

from __future__ import annotations

from emojit.evaluation.interval import Ends

CONFIDENCE = 0.95
"""Chance that the interval holds the mean over all texts, in (0, 1)."""


def same_value_ends(value: float, texts: int, *, lowest: float, highest: float) -> Ends:
    """Return the ends that so many texts of one value allow.

    Of n texts none had another value, so with the confidence of both tails at most 1 - (tail)^(1/n) of all texts have one; it may be as low or as high as
    values can be.

    Args:
        value: that every text has.
        texts: n (count, at least 1).
        lowest: the least value that a text can have.
        highest: the greatest.

    Source: the exact bound of a share of which nothing was seen, Clopper & Pearson (1934), "The use of confidence or fiducial limits".
    """
    rare = 1 - ((1 - CONFIDENCE) / 2) ** (1 / texts)
    return Ends(low=value - (value - lowest) * rare, high=value + (highest - value) * rare)
