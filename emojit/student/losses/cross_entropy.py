"""Cross entropy with label smoothing.

With z (A,) the logits of a position, p = softmax(z), y its token and ε the smoothing:

    q_c = (1 − ε)·[c = y] + ε/A,        loss = −Σ_c q_c log p_c        (nats per position)

Shapes: logits (N, A), loss (N,). Source: Szegedy et al. (2016), "Rethinking the Inception Architecture for Computer Vision", section 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.student.losses.positions import Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def cross_entropy(*, label_smoothing: float) -> Criterion:
    """Make the cross entropy.

    Args:
        label_smoothing: share ε of the probability spread over all tokens that an answer may hold, in [0, 1).
    """
    from torch.nn import functional

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        return functional.cross_entropy(
            logits, positions.columns, label_smoothing=label_smoothing, reduction="none"
        )  # (N,)

    return loss
