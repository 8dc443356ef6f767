"""What training minimises: the section `[loss]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive

LossName = Literal["cross_entropy", "focal", "class_weighted", "dice", "majority_or_minority", "set"]

SMOOTHED: tuple[LossName, ...] = ("cross_entropy", "set")
"""Losses that know `train.label_smoothing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """What training minimises (section `[loss]`); the losses are in `emojit.student.losses`, one file each.

    `train.label_smoothing` belongs to "cross_entropy" and "set".
    """

    name: LossName = "cross_entropy"
    """The loss. "set" takes the emoji of an answer as a set: whichever is still missing may come next."""
    gamma: float = 2.0
    """focal: how fast the weight of an easy position falls, >= 0; 0 is the cross entropy."""
    alpha: float = 0.0
    """focal: weight of the emoji in (0, 1), the end of the answer has the rest; 0 weighs both the same."""
    weighting: Literal["inverse", "effective"] = "effective"
    """class_weighted: weight of an emoji by its inverse frequency, or by the effective number of its samples."""
    beta: float = 0.999
    """class_weighted: of the effective number, in [0, 1); nearer to 1 is nearer to the inverse frequency."""
    dice_alpha: float = 0.0
    """dice: exponent that pushes easy positions down, >= 0; 0 is the plain dice coefficient."""
    dice_gamma: float = 1.0
    """dice: smoothing of the ratio, > 0."""
    majority_share: float = 0.5
    """majority_or_minority: the most frequent emoji that together hold this share of all emoji of the training rows are the majority, in (0, 1]."""
    majority_lambda: float = 0.5
    """majority_or_minority: share of the ordinary loss, in [0, 1]; the rest is the loss on the majority alone."""
    order: Literal["shuffled", "teacher"] = "shuffled"
    """set: order of the emoji that the decoder is fed while it learns: drawn anew for every row and epoch, or as the data set has it."""
    later: float = 1.0
    """set: weight of the positions behind the first, in (0, 1]; below 1 the student learns more of what fits a text, and less of what is missing from an answer."""
    soft_votes: bool = False
    """Weigh emoji by how many of the teacher's `votes` hold them."""

    def __post_init__(self) -> None:
        positive("loss", self, "dice_gamma")
        for name in ("alpha", "beta"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"loss.{name} must be in [0, 1), got {getattr(self, name)}")
        for name in ("gamma", "dice_alpha"):
            if getattr(self, name) < 0:
                raise ConfigError(f"loss.{name} must be >= 0, got {getattr(self, name)}")
        for name in ("majority_share", "later"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"loss.{name} must be in (0, 1], got {getattr(self, name)}")
        if not 0 <= self.majority_lambda <= 1:
            raise ConfigError(f"loss.majority_lambda must be in [0, 1], got {self.majority_lambda}")

    def check_smoothing(self, label_smoothing: float) -> None:
        """Refuse label smoothing that the loss does not know, instead of leaving it out in silence."""
        if label_smoothing and self.name not in SMOOTHED:
            raise ConfigError(
                f"train.label_smoothing is {label_smoothing}, which the loss {self.name!r} does not know",
                hint=f"set train.label_smoothing = 0.0; the losses with smoothing are {', '.join(SMOOTHED)}",
            )
