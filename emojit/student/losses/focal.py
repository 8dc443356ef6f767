"""Focal loss: what is known already counts less.

With p the probability of the token y that stands at a position:

    loss = −α_y (1 − p)^γ log p

γ = 0 is the cross entropy. The paper's α balances foreground and background; here the background is the end of the answer, which stands in every row:
α_y is α for an emoji and 1 − α for the end, and 1 for both where α is 0.

Shapes: logits (N, A), loss (N,). log p is minus the cross entropy, so that nothing of the size (N, A) is kept besides what that keeps.

Source: Lin et al. (2017), "Focal Loss for Dense Object Detection", equations 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.student.losses.positions import Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def focal(*, gamma: float, alpha: float) -> Criterion:
    """Make the focal loss.

    Args:
        gamma: γ, >= 0.
        alpha: α in (0, 1), or 0 for no balancing.
    """
    from torch.nn import functional

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        surprise = functional.cross_entropy(logits, positions.columns, reduction="none")  # (N,) −log p
        wrong = -(-surprise).expm1()  # 1 − p, exact where p is nearly 1
        # A power below 1 has an endless slope at 0: the smallest number keeps the gradient finite.
        value = surprise * wrong.clamp(min=logits.new_tensor(1e-12)) ** gamma if gamma else surprise
        if not alpha:
            return value
        return value * (positions.columns == positions.end).to(value.dtype).mul(1 - 2 * alpha).add(alpha)

    return loss
