"""Rows that are not the same in every epoch: the order of an answer's emoji, and tokens of a text that are left out.

What changes is drawn anew for every row and epoch, and is a function of (seed, epoch, row) alone: a run that was killed and resumed sees the same rows as one
that went straight through, whatever was drawn in between, and so does every process of several.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from emojit.student.rows import Features

if TYPE_CHECKING:
    from torch import Tensor


class ChangingRows(Sequence[Features]):
    """The rows of a training split with something that changes from epoch to epoch.

    Args:
        rows: features; they may change themselves.
        seed: of the changes.
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
        return self._changed(self._rows[index], f"{self._seed} {int(self._epoch)} {index}")

    def start_epoch(self, epoch: int) -> None:
        """Draw the changes of an epoch, counted from 0."""
        self._epoch.fill_(epoch)
        if isinstance(self._rows, ChangingRows):
            self._rows.start_epoch(epoch)

    @abstractmethod
    def _changed(self, row: Features, seed: str) -> Features:
        """Return a row as it is in this epoch; the row itself stays as it is."""


class ShuffledAnswers(ChangingRows):
    """The emoji of each answer, before the end token, in an order that changes from epoch to epoch: how the decoder is fed while it learns them as a set."""

    def _changed(self, row: Features, seed: str) -> Features:
        *emojis, end = row["labels"]
        random.Random(seed).shuffle(emojis)
        return {**row, "labels": [*emojis, end]}


class DroppedTokens(ChangingRows):
    """Texts of which some tokens are left out, others in every epoch, so that a student learns to answer from what else a text says.

    Source: Iyyer et al. (2015), "Deep Unordered Composition Rivals Syntactic Methods for Text Classification" (word dropout).
    """

    def __init__(self, rows: Sequence[Features], *, seed: int, rate: float, keep: Collection[int]) -> None:
        """Take the rows, the share of the tokens that is left out, in [0, 1), and the tokens that always stay, such as that of the end."""
        super().__init__(rows, seed=seed)
        self._rate = rate
        self._keep = frozenset(keep)

    def _changed(self, row: Features, seed: str) -> Features:
        draw = random.Random(f"tokens {seed}")
        ids = [token for token in row["input_ids"] if token in self._keep or draw.random() >= self._rate]
        return {**row, "input_ids": ids} if any(token not in self._keep for token in ids) else row
