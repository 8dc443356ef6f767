"""What decoding asks of a model, whatever runs it.

A network speaks of columns, not of token ids: column `c` is the emoji `c` of the student's vocabulary in its order, and the last column is the end. What is no
column cannot be written, so no runtime has to suppress anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]
Columns = NDArray[np.int64]


class Session(Protocol):
    """Texts that were read, and an answer begun to each: the rows."""

    def step(self, written: Columns | None) -> Logits:
        """Go on by one emoji.

        Args:
            written: the column that was chosen for each row (N,), never the end; None at the beginning.

        Returns:
            The logit of each column for what comes next (N, emoji + 1), unmasked; the caller may write into it.
        """

    def keep(self, rows: Columns) -> None:
        """Go on with these rows (M,) in this order: rows may be left out, or stand several times."""


class Network(Protocol):
    """A model."""

    @property
    def emojis(self) -> int:
        """Emoji of the vocabulary (count); the end is the column behind them."""

    def open(self, input_ids: Sequence[Sequence[int]]) -> Session:
        """Read texts, given as token ids with the end token."""
