"""The recipe of a training run: how it is trained, and the whole with data, model and decoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.decoding import DecodingConfig
from emojit.recipe.loss import LossConfig
from emojit.recipe.model import ModelConfig
from emojit.recipe.names import check_name
from emojit.recipe.ranges import positive
from emojit.recipe.stages import StageConfig, check_stages
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
    optimiser: Literal["adamw", "lazy_adamw", "schedule_free"] = "adamw"
    """AdamW; AdamW that updates of the embedding only the rows whose tokens a batch has, which is faster where the embedding is most of the model; or schedule-free
    AdamW (Defazio et al. 2024, "The Road Less Scheduled"), which averages its own weights and needs no decay."""
    learning_rate: float = 3e-4
    """Peak learning rate."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes on after the warm-up: down to zero in a line or a half cosine, or not at all."""
    warmup_ratio: float = 0.05
    """Share of the steps during which the learning rate rises, in [0, 1)."""
    warmup_steps: int = 0
    """The same as a number of updates (count), in place of the share; 0: the share."""
    weight_decay: float = 0.01
    """Weight decay of every optimiser; the lazy one decays no embedding."""
    adam_beta2: float = 0.999
    """Decay of the mean of squared gradients, in [0, 1). A token that comes once in many steps moves by about 0.1 / sqrt(1 - adam_beta2) learning rates per text."""
    label_smoothing: float = 0.0
    """Label smoothing in [0, 1)."""
    token_dropout: float = 0.0
    """Share of a text's tokens that are left out, others in every epoch, in [0, 1); of the teacher's pairs alone, not of the stages before."""
    best_by: Literal["jaccard", "loss"] = "jaccard"
    """What chooses the checkpoint and stops early: mean Jaccard of the generated emoji on validation, or the validation loss. These emoji are read as plain
    `generate` does: greedily where `decoding.method` is "mbr"; the scores of the finished run are those of the recipe's own method."""
    early_stopping: int = 3
    """Stop after this many evaluations that are no better (count); 0 never stops early."""
    average: Literal["none", "last", "best"] = "none"
    """Also try the average of the weights after the last or the best epochs; taken only where it is better on validation."""
    average_count: int = 3
    """Epochs that are averaged (count)."""
    save_steps: float = 0.0
    """A checkpoint to resume from besides that of every epoch: after so many updates, or, below 1, after this share of an epoch; 0: none."""
    save_total_limit: int = 2
    """Checkpoints kept on disk while training, the newest and the best always among them (count)."""
    keep_checkpoints: float = 0.0
    """Keep the weights after every such share of an epoch in the run folder, for `emojit sweep`: 0.5 twice an epoch, 2 after every other one; 0: none."""
    bf16: bool = False
    """Train in bfloat16 where the device can."""
    gradient_checkpointing: bool = False
    """Compute the hidden states again for the gradient instead of keeping them: less memory, about a third more time."""
    torch_compile: bool = False
    """Compile the model with torch.compile; needs a C++ compiler (on a GPU a C compiler)."""
    deterministic: bool = False
    """Only algorithms that add in a fixed order, also on a GPU: slower, and the same weights every time on the same machine."""
    report_to: Literal["none", "tensorboard", "trackio"] = "none"
    """Where the curves go besides `train_log.csv`; both keep them on this machine."""
    seed: int = 0
    """Seed of initialisation, order and dropout."""

    def __post_init__(self) -> None:
        positive(
            "train",
            self,
            "epochs",
            "batch_size",
            "gradient_accumulation",
            "learning_rate",
            "average_count",
            "save_total_limit",
        )
        for name in ("warmup_ratio", "label_smoothing", "token_dropout", "adam_beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"train.{name} must be in [0, 1), got {getattr(self, name)}")
        if not 0 <= self.seed < 2**32:  # what numpy takes
            raise ConfigError(f"train.seed must be in [0, 2**32), got {self.seed}")
        if self.weight_decay < 0 or self.early_stopping < 0 or self.warmup_steps < 0:
            raise ConfigError("train.weight_decay, train.early_stopping and train.warmup_steps must be >= 0")
        if self.keep_checkpoints < 0:
            raise ConfigError(f"train.keep_checkpoints must be >= 0 (epochs), got {self.keep_checkpoints}")
        if self.save_steps < 0 or (self.save_steps > 1 and self.save_steps != int(self.save_steps)):
            raise ConfigError(
                f"train.save_steps must be a whole number, or a share of an epoch in [0, 1), got {self.save_steps}"
            )
        if self.optimiser == "lazy_adamw" and self.torch_compile:
            raise ConfigError(
                "train.optimiser lazy_adamw and train.torch_compile do not go together: torch compiles no gradients of rows",
                hint='leave one out: train.torch_compile = false, or train.optimiser = "adamw"',
            )
        if self.optimiser == "schedule_free" and self.schedule != "constant":
            raise ConfigError(
                f"train.optimiser schedule_free has no decay, got train.schedule {self.schedule}",
                hint='set train.schedule = "constant"; the warm-up stays',
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecipe:
    """Everything that decides a training run."""

    name: str = "student"
    """Short name of the run: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    stages: tuple[StageConfig, ...] = ()
    train: TrainConfig = field(default_factory=TrainConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
        self.loss.check_smoothing(self.train.label_smoothing)
        check_stages(self.stages)
