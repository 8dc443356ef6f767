"""What a training run learns from: the section `[data]`."""

from __future__ import annotations

from dataclasses import dataclass

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive


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
        positive("data", self, "max_input_tokens")
        for name in ("max_train_rows", "emoji_name_rows"):
            if getattr(self, name) < 0:
                raise ConfigError(f"data.{name} must be >= 0, got {getattr(self, name)}")
