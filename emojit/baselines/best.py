"""From a matrix of scores to answers: the best emoji of each text, and how many of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.baselines.base import MAX_EMOJIS
from emojit.baselines.choosing import CANDIDATES, Chooser
from emojit.baselines.threshold import Threshold

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix


def answers(scores: np.ndarray, labels: Sequence[str], chooser: Chooser | Threshold) -> list[list[str]]:
    """Return the answer to each text.

    Args:
        scores: (texts, emoji).
        labels: the emoji of the columns.
        chooser: decides how many.
    """
    order, best = _best(scores, MAX_EMOJIS)
    counts = chooser.counts(best)
    return [[labels[column] for column in row[:count]] for row, count in zip(order, counts, strict=True)]


def fit_chooser(scores: np.ndarray, targets: csr_matrix, lengths: Sequence[Sequence[str]]) -> Chooser:
    """Return a chooser that has learned from held-out rows.

    Args:
        scores: (rows, emoji), by models that have not seen the row.
        targets: (rows, emoji), 1 where the row has the emoji.
        lengths: answers of all rows, for how long answers are.
    """
    chooser = Chooser()
    chooser.fit_lengths(lengths)
    if len(scores):
        import numpy as np

        order, best = _best(scores, CANDIDATES)
        chooser.fit_curve(best, np.take_along_axis(targets.toarray(), order, axis=1) > 0)
    return chooser


def fit_threshold(scores: np.ndarray, targets: csr_matrix, sizes: Sequence[int]) -> Threshold:
    """Return a threshold that was learned from held-out rows.

    Args:
        scores: (rows, emoji), by a model that has not seen the row.
        targets: (rows, emoji), 1 where the row has the emoji.
        sizes: emoji of each row's answer, those that are no label included (count).
    """
    import numpy as np

    threshold = Threshold()
    if len(scores):
        order, best = _best(scores, CANDIDATES)
        threshold.fit(best, np.take_along_axis(targets.toarray(), order, axis=1) > 0, np.asarray(sizes))
    return threshold


def _best(scores: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and scores (texts, up to `most`), best first, of equal ones the first column first."""
    import numpy as np

    most = min(most, scores.shape[1])
    border = -np.partition(-scores, most - 1, axis=1)[:, most - 1 : most]
    order = np.empty((len(scores), most), dtype=np.int64)
    for index, row in enumerate(scores):
        # Sorting the few that can be among the best costs a fiftieth of sorting all.
        reach = np.flatnonzero(row >= border[index])
        order[index] = reach[np.argsort(-row[reach], kind="stable")[:most]]
    return order, np.take_along_axis(scores, order, axis=1)
