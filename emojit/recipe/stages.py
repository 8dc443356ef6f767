"""What is learned before the teacher's pairs: the tables `[[stages]]`, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive

OWN_CORPUS = "dataset"
"""The source that stands for the sentences in the data set's own `corpus/`."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """One stage before the last, which is `[train]` on the teacher's pairs (a table `[[stages]]`)."""

    name: str
    """Short name, used once: small letters, digits, "-" and "_"."""
    objective: Literal["span_corruption", "keyword_pairs", "both", "pairs"]
    """"span_corruption": fill gaps in sentences. "keyword_pairs": sentences with the emoji whose Japanese names and keywords they hold. "both": these two
    together. "pairs": texts with emoji from a file, such as the answers of another model."""
    source: str = OWN_CORPUS
    """Where the sentences come from: "dataset" (the corpus of the data set, training articles only), or what `corpus.source` takes: a path, a folder, a
    pattern, a Hub data set. For "pairs" a JSONL file with `text` and `emojis`, as `emojit predict` writes."""
    config: str | None = None
    """Configuration of a Hub data set."""
    files: str | None = None
    """Pattern of the files of a Hub data set, in place of a configuration."""
    revision: str | None = None
    """Branch, tag or commit of a Hub data set; its commit goes into `run.json`."""
    split: str = "train"
    """Split of a Hub data set."""
    rows: int = 0
    """Sentences or pairs used at most, spread over the whole source (count); 0 means all."""
    epochs: float = 1.0
    """Passes over them."""
    learning_rate: float = 1e-3
    """Peak learning rate; optimiser, warm-up and weight decay are those of `[train]`."""
    batch_size: int = 32
    """Rows per device and step (count)."""
    dropout: float | None = None
    """Dropout rate of this stage in [0, 1); None takes `model.dropout`."""
    best_by: Literal["jaccard", "loss"] | None = None
    """What chooses the checkpoint that goes on: the mean Jaccard on the data set's validation split, or the loss on rows of this stage that are kept
    back. None takes the Jaccard where emoji alone are learned, and the loss where gaps are filled."""
    temperature: float = 1.0
    """Of the `scores` of pairs, which are learned to the power of 1 / temperature: below 1 the best emoji of a text count more, and the many that hardly fit less."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"stages.name must be small letters, digits, '-' or '_', beginning with a letter or digit, got {self.name!r}"
            )
        positive("stages", self, "epochs", "learning_rate", "batch_size", "temperature")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ConfigError(f"stages.dropout must be in [0, 1), got {self.dropout}")
        if self.rows < 0:
            raise ConfigError(f"stages.rows must be >= 0, got {self.rows}")
        if not self.source.strip():
            raise ConfigError(
                "stages.source is empty", hint=f'name a corpus, or "{OWN_CORPUS}" for that of the data set'
            )
        if self.objective == "pairs" and self.source == OWN_CORPUS:
            raise ConfigError(
                f"stages.{self.name}: objective pairs needs a file as source",
                hint="write one with `emojit predict --model … --input sentences.jsonl --output pairs.jsonl`",
            )
        if self.fills_gaps and self.best_by == "jaccard":
            raise ConfigError(
                f"stages.{self.name}: what fills gaps answers with text, so no Jaccard can choose its checkpoint",
                hint='leave best_by out, or set best_by = "loss"',
            )

    @property
    def chosen_by(self) -> Literal["jaccard", "loss"]:
        """What chooses the checkpoint, with the default filled in."""
        return self.best_by or ("loss" if self.fills_gaps else "jaccard")

    @property
    def fills_gaps(self) -> bool:
        """Whether the stage needs tokens that stand for gaps."""
        return self.objective in ("span_corruption", "both")


def check_stages(stages: Sequence[StageConfig]) -> None:
    """Check that every stage has a name of its own: it is the name of a folder.

    Raises:
        ConfigError: two share one.
    """
    names = [stage.name for stage in stages]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"stages: two are called {twice!r}", hint="give each [[stages]] a name of its own")
