"""Majority-or-Minority learning: the ordinary loss, and once more the loss on the majority.

    loss = λ·ce + (1 − λ)·[y in the majority]·ce,        ce = −log p_y

A position of the majority so has the weight 1, any other the weight λ: mistakes in favour of rare tokens are paid for, rare tokens themselves are learned as
before. The paper has one majority class, the "O" of named entity recognition. Here the majority are the most frequent emoji that together hold
`majority_share` of all emoji in the training answers (the last one needed to reach it included), and the end of the answer, which stands in every row.

Shapes: logits (N, A), loss (N,). Source: Nemoto, Kitada and Iyatomi (2025), "Majority or Minority: Data Imbalance Learning Method for Named Entity
Recognition", IEEE Access 13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.student.losses.positions import Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def majority(counts: Tensor, *, end: int, share: float) -> Tensor:
    """Return which tokens are the majority: (A,) bool.

    Args:
        counts: (A,) float64, how often each token stands in the training answers.
        end: column of the end token, which always belongs to it.
        share: of the emoji in the answers that it shall hold at least, in (0, 1]. Of equally frequent emoji the lower id comes first.
    """
    import torch

    emoji = counts.clone()
    emoji[end] = 0
    order = emoji.argsort(descending=True, stable=True)
    before = emoji[order].cumsum(0) - emoji[order]  # held by the more frequent ones
    chosen = torch.zeros(len(counts), dtype=torch.bool)
    chosen[order] = (before < share * emoji.sum()) & (emoji[order] > 0)
    chosen[end] = True
    return chosen


def majority_or_minority(chosen: Tensor, *, ordinary: float) -> Criterion:
    """Make the loss.

    Args:
        chosen: (A,) bool, the majority.
        ordinary: share λ of the ordinary loss, in [0, 1].
    """
    from torch.nn import functional

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        value = functional.cross_entropy(logits, positions.columns, reduction="none")
        extra = chosen.to(value)[positions.columns]  # 1 where the majority stands
        return value * (ordinary + (1 - ordinary) * extra)

    return loss
