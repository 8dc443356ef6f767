"""The recipe of a training run: data, model, training, decoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.names import check_name


def _positive(section: str, table: object, *names: str) -> None:
    for name in names:
        if getattr(table, name) <= 0:
            raise ConfigError(f"{section}.{name} must be > 0, got {getattr(table, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """What is learned from (section `[data]`)."""

    dataset: str | None = None
    """Build folder or Hub repository; `--dataset` overrides it."""
    revision: str | None = None
    """Tag, branch or commit of a Hub repository; the commit it stands for goes into `run.json`."""
    input_column: str = "sns_text"
    """The text the student reads: "sns_text" or "original_text"."""
    also_columns: tuple[str, ...] = ()
    """Further text columns: every training row is learned once more with each of them as its text. Validation and test never are."""
    emoji_name_rows: int = 0
    """Copies of one training row per inventory emoji, whose text is its Japanese name and keywords and whose answer is that emoji (count)."""
    max_input_tokens: int = 128
    """Longer inputs are cut, and the cut rows counted (tokens)."""
    max_train_rows: int = 0
    """Use only the first rows of the training split (count); 0 means all."""

    def __post_init__(self) -> None:
        _positive("data", self, "max_input_tokens")
        for name in ("max_train_rows", "emoji_name_rows"):
            if getattr(self, name) < 0:
                raise ConfigError(f"data.{name} must be >= 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Which T5 is trained (section `[model]`)."""

    base: str | None = None
    """Model folder or Hub repository to start from; None builds a small T5 and its SentencePiece tokenizer from nothing."""
    revision: str | None = None
    """Revision of `base`."""
    vocab_size: int = 4000
    """SentencePiece pieces of a tokenizer from nothing, before the emoji (count); less where the corpus holds fewer."""
    d_model: int = 128
    """Width of the hidden states of a T5 from nothing."""
    d_ff: int = 256
    """Width of its feed-forward layers."""
    num_layers: int = 2
    """Encoder layers, and as many decoder layers."""
    num_heads: int = 4
    """Attention heads; `d_model` must be a multiple."""
    dropout: float = 0.1
    """Dropout rate in [0, 1)."""
    cross_attention_init: Literal["identity", "random"] = "random"
    """Start of a T5 from nothing: "identity" lets the decoder see the mean of the text's pieces as they are, so that with `emoji_init = "names"` an
    untrained student already prefers emoji whose names share pieces with the text; "random" is the library's."""
    emoji_init: Literal["names", "random"] = "names"
    """Start of the new embedding rows: the mean of the pieces of the Japanese name and keywords, or draws that mean nothing."""

    def __post_init__(self) -> None:
        _positive("model", self, "vocab_size", "d_model", "d_ff", "num_layers", "num_heads")
        if self.d_model % self.num_heads:
            raise ConfigError(
                f"model.d_model must be a multiple of model.num_heads, got {self.d_model}, {self.num_heads}"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"model.dropout must be in [0, 1), got {self.dropout}")


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
        _positive("train", self, "epochs", "batch_size", "gradient_accumulation", "learning_rate", "save_total_limit")
        for name in ("warmup_ratio", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"train.{name} must be in [0, 1), got {getattr(self, name)}")
        if not 0 <= self.seed < 2**32:  # what numpy takes
            raise ConfigError(f"train.seed must be in [0, 2**32), got {self.seed}")
        if self.weight_decay < 0 or self.early_stopping < 0:
            raise ConfigError("train.weight_decay and train.early_stopping must be >= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingConfig:
    """How emoji are read out of the student (section `[decoding]`)."""

    min_emojis: int = 1
    """Fewest emoji per text, 1 to `max_emojis`. A student that is unsure spreads its probability over many emoji and would rather end: raise this."""
    max_emojis: int = 5
    """Most emoji per text, up to 5."""
    num_beams: int = 1
    """Beams of the search (count); 1 is greedy."""
    batch_size: int = 64
    """Texts per generation step (count)."""

    def __post_init__(self) -> None:
        _positive("decoding", self, "num_beams", "batch_size")
        if not 1 <= self.min_emojis <= self.max_emojis <= 5:
            raise ConfigError(
                "decoding: need 1 <= min_emojis <= max_emojis <= 5,"
                f" got min_emojis {self.min_emojis} and max_emojis {self.max_emojis}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecipe:
    """Everything that decides a training run."""

    name: str = "student"
    """Short name of the run: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
