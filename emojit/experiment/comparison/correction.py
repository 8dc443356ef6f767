"""Holm's correction: who looks at twenty variants finds one that is better by chance at the 5 % level.

Six lines of our own: scipy corrects false discovery rates only, and statsmodels would bring pandas and patsy into every installation that compares runs.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for a whole family of comparisons.

    Args:
        p_values: m values in [0, 1], in any order; m may be 0.

    Returns:
        m values in the same order, each at least as large as its own and at most 1. Comparing each with alpha keeps the chance of any wrong finding at alpha.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    reached = 0.0
    for place, index in enumerate(_ranking(p_values)):
        reached = max(reached, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = reached
    return corrected


def levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """Return the level at which each comparison is decided: its p-value is at most that level exactly where the corrected one is at most `alpha`.

    Args:
        p_values: m values in [0, 1].
        alpha: level of the family, in (0, 1).

    Returns:
        m levels, alpha / m for the smallest p-value, alpha / (m - 1) for the next one, and so on; from the first that fails on they stay.
    """
    found = [0.0] * len(p_values)
    failed: float | None = None
    for place, index in enumerate(_ranking(p_values)):
        level = alpha / (len(p_values) - place) if failed is None else failed
        found[index] = level
        if failed is None and p_values[index] > level:
            failed = level
    return found


def _ranking(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=lambda index: p_values[index])
