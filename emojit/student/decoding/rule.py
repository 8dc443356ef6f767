"""The rule of every answer: distinct emoji, not too few, not too many, and then the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emojit.student.decoding.network import Columns, Logits


def permit(logits: Logits, written: Columns, *, least: int, most: int) -> Logits:
    """Take out, in place, what may not follow.

    Args:
        logits: (N, emoji + 1), the end last.
        written: columns so far, as many for every row (N, T).
        least: emoji before the end may come (count).
        most: emoji after which it must (count).

    Returns:
        `logits` with -inf at what is barred; at least one column of each row is left.
    """
    count = written.shape[1]
    if count >= most:
        logits[:, :-1] = -np.inf
        return logits
    if count < least:
        logits[:, -1] = -np.inf
    if count:
        np.put_along_axis(logits, written, -np.inf, axis=1)
    return logits


def log_softmax(logits: Logits) -> NDArray[np.float64]:
    """Return natural logarithms of probabilities, row by row, in float64; what is barred stays at -inf."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return wide


def top(scores: NDArray[np.float64], count: int) -> Columns:
    """Return the columns of the `count` highest scores of each row, the highest first; of equal ones that are returned, the first column first."""
    if count < scores.shape[1]:
        found = np.sort(np.argpartition(-scores, count - 1, axis=1)[:, :count], axis=1)
    else:
        found = np.tile(np.arange(scores.shape[1]), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
    columns: Columns = np.take_along_axis(found, order, axis=1)
    return columns
