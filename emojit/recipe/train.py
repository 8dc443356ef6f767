"""The recipe of a training run: how it is trained, and the whole with data, model and decoding."""

from __future__ import annotations

from dataclasses import dataclass, field

from emojit.errors import ConfigError
from emojit.recipe.decoding import DecodingConfig
from emojit.recipe.loss import LossConfig
from emojit.recipe.model import ModelConfig
from emojit.recipe.names import check_name
from emojit.recipe.ranges import positive
from emojit.recipe.train_data import DataConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How the student is trained (section `[train]`)."""

    epochs: float = 10.0
    """Passes over the training split."""
    batch_size: int = 16
    """Rows per device and step (count)."""
    gradient_accumulation: int = 1
    """Steps whose gradients are added before an update (count)."""
    learning_rate: float = 3e-4
    """Peak learning rate of AdamW."""
    warmup_ratio: float = 0.05
    """Share of the steps during which the learning rate rises, in [0, 1)."""
    weight_decay: float = 0.01
    """AdamW weight decay."""
    label_smoothing: float = 0.0
    """Label smoothing in [0, 1)."""
    early_stopping: int = 3
    """Stop after this many evaluations without a better validation Jaccard (count); 0 never stops early."""
    save_total_limit: int = 2
    """Checkpoints kept on disk while training, the newest and the best always among them (count)."""
    bf16: bool = False
    """Train in bfloat16 where the device can."""
    seed: int = 0
    """Seed of initialisation, order and dropout."""

    def __post_init__(self) -> None:
        positive("train", self, "epochs", "batch_size", "gradient_accumulation", "learning_rate", "save_total_limit")
        for name in ("warmup_ratio", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"train.{name} must be in [0, 1), got {getattr(self, name)}")
        if not 0 <= self.seed < 2**32:  # what numpy takes
            raise ConfigError(f"train.seed must be in [0, 2**32), got {self.seed}")
        if self.weight_decay < 0 or self.early_stopping < 0:
            raise ConfigError("train.weight_decay and train.early_stopping must be >= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecipe:
    """Everything that decides a training run."""

    name: str = "student"
    """Short name of the run: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
        self.loss.check_smoothing(self.train.label_smoothing)
