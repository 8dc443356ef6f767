"""In which order the decoder is fed the emoji of an answer while it learns them as a set.

The order is drawn anew for every row and epoch, and is a function of (seed, epoch, row) alone: a run that was killed and resumed sees the same orders as one
that went straight through, whatever was drawn in between, and so does every process of several.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.student.rows import Features

if TYPE_CHECKING:
    from torch import Tensor


class ShuffledAnswers(Sequence[Features]):
    """The rows of a training split, the emoji of each answer in an order that changes from epoch to epoch.

    Args:
        rows: features whose labels are emoji and, last, the end token.
        seed: of the orders.
    """

    def __init__(self, rows: Sequence[Features], *, seed: int) -> None:
        import torch

        self._rows = rows
        self._seed = seed
        # In shared memory: the processes of a data loader may live longer than an epoch.
        self._epoch: Tensor = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Features:  # type: ignore[override]  # no slices
        row = self._rows[index]
        *emojis, end = row["labels"]
        random.Random(f"{self._seed} {int(self._epoch)} {index}").shuffle(emojis)
        return {**row, "labels": [*emojis, end]}

    def start_epoch(self, epoch: int) -> None:
        """Draw the orders of an epoch, counted from 0."""
        self._epoch.fill_(epoch)
