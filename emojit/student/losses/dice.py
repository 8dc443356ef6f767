"""Self-adjusting dice loss: one minus a soft F1 of the token that stands at a position.

With p its probability:

    p' = (1 − p)^α p,        loss = 1 − (2 p' + γ) / (p' + 1 + γ)        (in [0, 1), no nats)

Of the paper's sum over all classes only the term of the gold token is taken: the softmax ties the others to it, and their terms would keep probabilities of
the size (N, A). With α = 0 it is the plain dice loss. The paper's α = 1 makes p' largest at p = 1/2, so that a sure right answer costs more than an unsure
one; with 1,907 possible tokens a student then stays unsure, which is why the recipe's default is 0 and a small value the most that is sensible.

The loss is nearly flat where p is nearly 0, which it is everywhere in a student from nothing: it suits the fine tuning of one that knows something.

Shapes: logits (N, A), loss (N,). Source: Li et al. (2020), "Dice Loss for Data-imbalanced NLP Tasks", the self-adjusting form (DSC).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.student.losses.positions import Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def dice(*, alpha: float, gamma: float) -> Criterion:
    """Make the dice loss.

    Args:
        alpha: exponent α that pushes easy positions down, >= 0.
        gamma: smoothing γ, > 0.
    """
    from torch.nn import functional

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        surprise = functional.cross_entropy(logits, positions.columns, reduction="none")  # (N,) −log p
        share = (-surprise).exp()
        if alpha:
            # See `focal` for the smallest number.
            share = share * (-(-surprise).expm1()).clamp(min=logits.new_tensor(1e-12)) ** alpha
        return 1 - (2 * share + gamma) / (share + 1 + gamma)

    return loss
