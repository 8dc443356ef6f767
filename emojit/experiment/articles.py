"""Which rows are of one article: sentences of an article are alike, so a bootstrap draws articles, with all their rows, and not rows.

Drawn row by row, ten sentences of one article count as ten witnesses where they are hardly more than one, and every interval is too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

COLUMN = "article"
"""Of `predictions.parquet`: source and id of the article that a row was written from; runs of older versions lack it."""

FEW_UNITS = 50
"""Articles, or rows where these are not known (count), below which a report warns: of five rows that all gained, the bootstrap says p < 0.001 and a sign test 0.06."""


def numbered(articles: Sequence[str | None] | None) -> tuple[int, ...] | None:
    """Return a number per row, the same for rows of one article, counted from 0 in the order of their first rows.

    Args:
        articles: of each row; a row without one stands for itself. None where nothing is known of any.

    Returns:
        N numbers, or None where no row has an article.
    """
    if articles is None or not any(articles):
        return None
    known: dict[object, int] = {}
    return tuple(known.setdefault(article or place, len(known)) for place, article in enumerate(articles))


def summed(columns: Array, numbers: Sequence[int]) -> Array:
    """Return the sums of columns over the rows of each article.

    Args:
        columns: row scores, shape (N, K).
        numbers: of each row, as `numbered` gives them.

    Returns:
        Shape (G, K), G articles in their order.
    """
    sums = np.zeros((max(numbers) + 1, columns.shape[1]))
    np.add.at(sums, np.asarray(numbers), columns)
    return sums
