"""The bootstrap of everything in a table, by name: one matrix of row scores in, draws of every mean out.

Where it is known which rows are of one article, articles are drawn with all their rows (cluster bootstrap): Field & Welsh (2007), "Bootstrapping clustered
data", Journal of the Royal Statistical Society B 69. A mean is then a sum over the rows that were drawn over their number, which differs from draw to draw.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emojit.evaluation.report import Interval
from emojit.evaluation.scoring import CONFIDENCE
from emojit.experiment.articles import summed
from emojit.experiment.comparison.correction import holm, levels
from emojit.experiment.comparison.facts import Difference, Verdict
from emojit.experiment.comparison.resampling import RESAMPLES, SEED, interval, p_value, resampled_sums, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Draws:
    """Bootstrap sums of named columns, all over the same draws of rows or articles."""

    def __init__(self, columns: Mapping[Hashable, Array], articles: Sequence[int] | None = None) -> None:
        """Draw.

        Args:
            columns: name to row scores, each of shape (N,), in one order of the rows.
            articles: number of the article of each row; None draws rows.
        """
        names = list(columns)
        matrix = np.stack([columns[name] for name in names], axis=1)  # (N, K)
        units = np.column_stack([matrix, np.ones(len(matrix))])  # the last column counts the rows that were drawn
        sums = resampled_sums(units if articles is None else summed(units, articles), resamples=RESAMPLES, seed=SEED)
        self._rows = sums[:, -1]
        self._columns = columns
        self._sums = {name: sums[:, place] for place, name in enumerate(names)}

    def mean(self, name: Hashable) -> Interval:
        """Return the mean of a column with its interval."""
        return _interval(float(np.mean(self._columns[name])), self._sums[name] / self._rows)

    def share(self, name: Hashable, of: Hashable) -> tuple[float, Array]:
        """Return the sum of one column over that of another, and its draws; 0 where the other is empty."""
        whole = self._sums[of]
        drawn = np.divide(self._sums[name], whole, out=np.zeros_like(whole), where=whole != 0)
        total = float(self._columns[of].sum())
        return float(self._columns[name].sum()) / total if total else 0.0, drawn

    def mean_share(self, names: list[tuple[Hashable, Hashable]]) -> Interval:
        """Return the mean of several shares, one per seed, with its interval."""
        shares = [self.share(name, of) for name, of in names]
        return _interval(
            float(np.mean([share for share, _ in shares])), np.mean([drawn for _, drawn in shares], axis=0)
        )

    def family(self, pairs: Mapping[str, tuple[Hashable, Hashable, str]]) -> dict[str, Difference]:
        """Compare pairs of columns, with Holm's correction over all of them.

        Args:
            pairs: name to the column that is judged, the column it is compared with, and what that one is called.

        Returns:
            Name to difference; `seeds_overlap` is None, for rows know nothing of seeds.
        """
        gaps = {name: self._columns[first] - self._columns[second] for name, (first, second, _) in pairs.items()}
        drawn = {
            name: (self._sums[first] - self._sums[second]) / self._rows for name, (first, second, _) in pairs.items()
        }
        p_values = [p_value(drawn[name]) for name in pairs]
        corrected, decided_at = holm(p_values), levels(p_values, 1 - CONFIDENCE)
        found = {}
        for place, (name, (_, _, against)) in enumerate(pairs.items()):
            mean = float(np.mean(gaps[name]))
            wide = _interval(mean, drawn[name], confidence=1 - decided_at[place])
            found[name] = Difference(
                against=against,
                jaccard=_interval(mean, drawn[name]),
                corrected=wide,
                p_value=p_values[place],
                p_holm=corrected[place],
                verdict=_verdict(wide, same=not gaps[name].any()),
                seeds_overlap=None,
            )
        return found


def _interval(mean: float, drawn: Array, *, confidence: float = CONFIDENCE) -> Interval:
    low, high = interval(drawn, confidence=confidence)
    return Interval(mean=tidy(mean), low=low, high=high)


def _verdict(corrected: Interval, *, same: bool) -> Verdict:
    if same:
        return "equal"
    if corrected.low > 0:
        return "better"
    return "worse" if corrected.high < 0 else "undecided"
