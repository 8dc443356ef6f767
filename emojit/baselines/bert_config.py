"""The settings of the multi-label encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError

LossName = Literal["bce", "focal", "asymmetric"]
Choice = Literal["expected", "threshold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BertConfig:
    """How the encoder is trained; `emojit baseline fit bert --set KEY=VALUE` changes one value."""

    base: str = "sbintuitions/modernbert-ja-130m"
    """Pretrained encoder: a repository such as "tohoku-nlp/bert-base-japanese-v3", a folder, or that of a domain run of `emojit train`."""
    revision: str = "main"
    """Revision of its repository."""
    labels: int = 100
    """Most frequent emoji of the training rows that can be answered (count)."""
    loss: LossName = "asymmetric"
    """What is minimised per label, see `emojit.baselines.bert_losses`."""
    choice: Choice = "expected"
    """How many of the most probable emoji are given, learned on a tenth of the training rows that is held out: "expected", those with the highest expected
    Jaccard index, or "threshold", those whose probability reaches the threshold with the highest Jaccard index."""
    epochs: float = 5.0
    """Passes over the training rows."""
    batch_size: int = 32
    """Rows of a step (count)."""
    learning_rate: float = 5e-5
    """Peak learning rate of AdamW; it rises for a tenth of the steps and then falls to zero."""
    max_tokens: int = 128
    """Tokens that are read of a text (count)."""
    seed: int = 0
    """Seed of the new head, the order and dropout."""

    def __post_init__(self) -> None:
        for name in ("labels", "epochs", "batch_size", "learning_rate", "max_tokens"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be > 0, got {getattr(self, name)}")
        if self.seed < 0:
            raise ConfigError(f"seed must be >= 0, got {self.seed}")
