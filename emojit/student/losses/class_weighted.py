"""Cross entropy in which rare emoji weigh more.

With n_c how often emoji c stands in the training answers:

    loss = −w_y log p_y,    w_c ∝ 1 / n_c                      ("inverse")
                            w_c ∝ (1 − β) / (1 − β^n_c)        ("effective": one over the effective number of samples)

scaled so that the mean weight of the emoji in the training answers, Σ_c n_c w_c / Σ_c n_c, is 1: the learning rate need not change. An emoji that no
answer holds counts as one that stands there once. The end of the answer keeps the weight 1, however frequent it is: it decides the length, and a small
weight there makes students that never stop.

Shapes: logits (N, A), loss (N,). Source: Cui et al. (2019), "Class-Balanced Loss Based on Effective Number of Samples"; the inverse frequency
is its limit β → 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from emojit.student.losses.positions import Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def class_weights(counts: Tensor, *, end: int, weighting: Literal["inverse", "effective"], beta: float) -> Tensor:
    """Return the weight of each token: (A,) float64.

    Args:
        counts: (A,) float64, how often each token stands in the training answers.
        end: column of the end token, which keeps the weight 1.
        weighting: by the inverse frequency or by the effective number of samples.
        beta: β of the effective number, in [0, 1).
    """
    held = counts.clamp(min=1)
    weights = 1 / held if weighting == "inverse" else (1 - beta) / (1 - beta**held)
    emoji = counts.clone()
    emoji[end] = 0
    if emoji.sum() > 0:
        weights = weights * emoji.sum() / (emoji * weights).sum()
    weights[end] = 1
    return weights


def class_weighted(weights: Tensor) -> Criterion:
    """Make the weighted cross entropy.

    Args:
        weights: (A,), as `class_weights` returns them.
    """
    from torch.nn import functional

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        value = functional.cross_entropy(logits, positions.columns, reduction="none")
        return value * weights.to(value)[positions.columns]

    return loss
