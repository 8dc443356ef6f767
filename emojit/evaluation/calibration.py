"""Whether scores can be believed: what they promise beside what came true, in bins of about equally many promises.

Source: the expected calibration error is that of Naeini, Cooper & Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning", with
bins of equal counts, as Nguyen & O'Connor (2015), "Posterior calibration and exploratory analysis for natural language processing models", have them: most
scores are small, and bins of equal width would be empty but for the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emojit.evaluation.analysis import Bin, Calibration, Reliability
from emojit.evaluation.resampling import ratio_intervals, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emojit.evaluation.certainty import Certainty
    from emojit.evaluation.scored_rows import ScoredRows

    Array = NDArray[np.float64]

BINS = 10
"""Bins at most (count)."""


def calibrate(certainty: Certainty, system: ScoredRows) -> Calibration:
    """Compare the promises of a system that answered every row with its scores."""
    of_row = [row for row, chances in enumerate(certainty.chances) for _ in chances]
    chances = [chance for row in certainty.chances for chance in row]
    right = [
        float(emoji in reference)
        for answer, reference in zip(system.answers, map(set, system.references), strict=True)
        for emoji in answer or ()
    ]
    rows = len(certainty.jaccard)
    return Calibration(
        system=system.name,
        scores=certainty.scores,
        jaccard=_reliability(certainty.jaccard, system.filled.tolist(), list(range(rows)), rows),
        precision=_reliability(chances, right, of_row, rows),
    )


def _reliability(
    promised: Sequence[float], came_true: Sequence[float], of_row: Sequence[int], rows: int
) -> Reliability:
    """Put promises into bins; the promises of a row are drawn together.

    Args:
        promised: M of them, in [0, 1].
        came_true: as many, in [0, 1].
        of_row: the row that each belongs to.
        rows: rows (count).
    """
    if not promised:
        return Reliability(count=0, expected=0.0, observed=0.0, error=0.0, bins=())
    expected, observed, places = np.array(promised), np.array(came_true), np.array(of_row)
    bins = _bins(expected)
    members = [bins == number for number in np.unique(bins)]
    parts, wholes = (
        np.array([np.bincount(places, weights=column * inside, minlength=rows) for inside in members]).T
        for column in (observed, np.ones_like(observed))
    )
    made = tuple(
        Bin(
            low=tidy(float(expected[inside].min())),
            high=tidy(float(expected[inside].max())),
            count=int(inside.sum()),
            expected=tidy(float(expected[inside].mean())),
            observed=interval,
        )
        for inside, interval in zip(members, ratio_intervals(parts, wholes), strict=True)
    )
    return Reliability(
        count=len(expected),
        expected=tidy(float(expected.mean())),
        observed=tidy(float(observed.mean())),
        error=tidy(sum(one.count * abs(one.expected - one.observed.mean) for one in made) / len(expected)),
        bins=made,
    )


def _bins(promised: Array) -> NDArray[np.int64]:
    """Return the bin of each promise: tenths of the promises by rank; equal promises are never parted."""
    edges = np.unique(np.quantile(promised, np.arange(1, BINS) / BINS))
    found: NDArray[np.int64] = np.searchsorted(edges, promised, side="left")
    return found
