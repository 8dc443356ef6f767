"""Texts with masked tokens to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emojit.student.domain.masking import IGNORED

if TYPE_CHECKING:
    from torch import Tensor


class MaskedCollator:
    """A data collator.

    Args:
        pad_id: the token that fills a batch up.
    """

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Tensor]:
        """Return `input_ids`, `attention_mask` and `labels` (B, T)."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        ids = [torch.tensor(row["input_ids"]) for row in rows]
        labels = [torch.tensor(row["labels"]) for row in rows]
        return {
            "input_ids": pad_sequence(ids, batch_first=True, padding_value=self._pad_id),
            "attention_mask": pad_sequence([torch.ones_like(row) for row in ids], batch_first=True),
            "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
        }
