"""The recipe of a domain run: an encoder goes on learning to fill masked words, on the corpus' own sentences (`objective = "mlm"`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.names import check_name
from emojit.recipe.ranges import positive
from emojit.recipe.stages import OWN_CORPUS
from emojit.recipe.train import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainDataConfig:
    """Whose validation and test articles are never learned from (section `[data]`)."""

    dataset: str | None = None
    """Build folder or Hub repository; `--dataset` overrides it."""
    revision: str | None = None
    """Tag, branch or commit of a Hub repository; the commit it stands for goes into `run.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """Which encoder goes on learning (section `[model]`)."""

    base: str = "sbintuitions/modernbert-ja-130m"
    """Folder or Hub repository of an encoder that `AutoModelForMaskedLM` loads: BERT, ModernBERT, RoBERTa and the like."""
    revision: str | None = None
    """Revision of its repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """What it reads, and what is masked of it (section `[text]`)."""

    source: str = OWN_CORPUS
    """Where the sentences come from: "dataset" (the corpus of the data set), or what `corpus.source` takes: a path, a folder, a pattern, a Hub data set."""
    config: str | None = None
    """Configuration of a Hub data set."""
    files: str | None = None
    """Pattern of the files of a Hub data set, in place of a configuration."""
    revision: str | None = None
    """Branch, tag or commit of a Hub data set; its commit goes into `run.json`."""
    split: str = "train"
    """Split of a Hub data set."""
    rows: int = 0
    """Sentences used at most, spread over the whole source by article (count); 0 means all."""
    max_tokens: int = 128
    """Tokens of a text, those around it included; a longer sentence loses its end, and is counted."""
    join: bool = True
    """Whether sentences of one article that follow each other are joined, as many as `max_tokens` holds; else each sentence is a text of its own."""
    mask_share: float = 0.15
    """Share of a text's tokens that are hidden, in (0, 1)."""
    whole_words: bool = True
    """Whether all tokens of a word are hidden together; else each token alone."""

    def __post_init__(self) -> None:
        if self.max_tokens < 8:
            raise ConfigError(f"text.max_tokens must be >= 8, got {self.max_tokens}")
        if not 0 < self.mask_share < 1:
            raise ConfigError(f"text.mask_share must be in (0, 1), got {self.mask_share}")
        if self.rows < 0:
            raise ConfigError(f"text.rows must be >= 0, got {self.rows}")
        if not self.source.strip():
            raise ConfigError(
                "text.source is empty", hint=f'name a corpus, or "{OWN_CORPUS}" for that of the data set'
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTrainConfig:
    """How it is trained (section `[train]`)."""

    epochs: float = 3.0
    """Passes over the texts."""
    batch_size: int = 32
    """Texts per device and step (count)."""
    gradient_accumulation: int = 1
    """Steps whose gradients are added before an update (count)."""
    learning_rate: float = 5e-5
    """Peak learning rate of AdamW."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes on after the warm-up: down to zero in a line or a half cosine, or not at all."""
    warmup_ratio: float = 0.05
    """Share of the steps during which the learning rate rises, in [0, 1)."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    evaluate_every: float = 0.5
    """Epochs from one evaluation to the next, each with a checkpoint that is kept; one more at the end."""
    best_by: Literal["hit_at_1", "hit_at_5", "loss"] = "hit_at_1"
    """What chooses the checkpoint and stops early, measured on masked words of articles that are held out."""
    early_stopping: int = 0
    """Stop after this many evaluations that are no better (count); 0 never stops early."""
    save_total_limit: int = 2
    """Checkpoints to resume from on disk while training, the newest and the best always among them (count)."""
    bf16: bool = False
    """Train in bfloat16 where the device can."""
    gradient_checkpointing: bool = False
    """Compute the hidden states again for the gradient instead of keeping them: less memory, about a third more time."""
    deterministic: bool = False
    """Only algorithms that add in a fixed order, also on a GPU: slower, and the same weights every time on the same machine."""
    report_to: Literal["none", "tensorboard", "trackio"] = "none"
    """Where the curves go besides `train_log.csv`; both keep them on this machine."""
    seed: int = 0
    """Seed of the masks, the order, dropout and the words to guess."""

    def __post_init__(self) -> None:
        self.as_train()  # which knows the ranges of all that students and encoders share
        if self.evaluate_every <= 0:
            raise ConfigError(f"train.evaluate_every must be > 0 (epochs), got {self.evaluate_every}")

    def as_train(self) -> TrainConfig:
        """Return the same as a student's section `[train]`, as far as the two go together."""
        return TrainConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            gradient_accumulation=self.gradient_accumulation,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            warmup_ratio=self.warmup_ratio,
            weight_decay=self.weight_decay,
            best_by="loss" if self.best_by == "loss" else "jaccard",
            early_stopping=self.early_stopping,
            save_total_limit=self.save_total_limit,
            bf16=self.bf16,
            gradient_checkpointing=self.gradient_checkpointing,
            deterministic=self.deterministic,
            report_to=self.report_to,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeConfig:
    """What is measured (section `[evaluation]`): how often the encoder guesses a masked word of an article that it never read."""

    words: int = 2000
    """Content words that are masked, each in a text of its own (count)."""
    batch_size: int = 64
    """Texts asked at once (count)."""

    def __post_init__(self) -> None:
        positive("evaluation", self, "words", "batch_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRecipe:
    """Everything that decides a domain run."""

    objective: Literal["mlm"]
    """Masked-language-model training: what tells this recipe from that of a student."""
    name: str = "encoder"
    """Short name of the run: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    data: DomainDataConfig = field(default_factory=DomainDataConfig)
    model: EncoderConfig = field(default_factory=EncoderConfig)
    text: TextConfig = field(default_factory=TextConfig)
    train: DomainTrainConfig = field(default_factory=DomainTrainConfig)
    evaluation: ClozeConfig = field(default_factory=ClozeConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
