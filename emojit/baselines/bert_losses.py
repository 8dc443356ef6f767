"""Losses over independent labels, each a function of logits and targets of the same shape, summed over nothing.

Imported only by functions: it needs torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emojit.baselines.bert_config import LossName

if TYPE_CHECKING:
    import torch

_FOCUS = 2.0
"""Exponent of the focal loss: its authors' best."""
_NEGATIVE_FOCUS, _MARGIN = 4.0, 0.05
"""Exponent and shift of the asymmetric loss for absent labels: its authors' defaults; present labels are not damped."""


def bce(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross entropy: −t·log p − (1 − t)·log(1 − p) with p = σ(logit)."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    loss: torch.Tensor = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return loss


def focal(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross entropy times (1 − chance of the truth)².

    Source: Lin et al. (2017), "Focal Loss for Dense Object Detection", without α.
    """
    plain = bce(logits, targets)
    loss: torch.Tensor = plain * (1 - (-plain).exp()) ** _FOCUS
    return loss


def asymmetric(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """−t·log p − (1 − t)·q⁴·log(1 − q) with q = max(p − 0.05, 0): easy absent labels count nothing.

    Source: Ridnik et al. (2021), "Asymmetric Loss For Multi-Label Classification", γ₊ = 0, γ₋ = 4, m = 0.05.
    """
    from torch.nn.functional import logsigmoid

    chance = logits.sigmoid()
    shifted = (chance - _MARGIN).clamp(min=0)
    absent = shifted**_NEGATIVE_FOCUS * (1 - shifted).clamp(min=1e-8).log()
    loss: torch.Tensor = -(targets * logsigmoid(logits) + (1 - targets) * absent)
    return loss


LOSSES: dict[LossName, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "bce": bce,
    "focal": focal,
    "asymmetric": asymmetric,
}
