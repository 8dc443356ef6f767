"""The recipe of a data set build: corpus, filters, teacher, balance, splits, release."""

from __future__ import annotations

from dataclasses import dataclass, field

from emojit.errors import ConfigError
from emojit.recipe.corpus import CorpusConfig, DecontaminateConfig, FilterConfig
from emojit.recipe.names import check_name
from emojit.recipe.teacher import TeacherConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceConfig:
    """Which pairs are wanted (section `[balance]`): how often one emoji may stand in them, and how rarely."""

    max_share: float = 0.03
    """Largest share of one emoji among all emoji of the data set, in (0, 1]; 1 switches the limit off."""
    ask_again: int = 2
    """How often a sentence whose emoji are over the limit is asked again, with a prompt that steers away from them (count)."""
    block: int = 256
    """Sentences that are decided together (count). A batch job holds what is open, `block` times `lag` at most: for batch mode give thousands."""
    lag: int = 16
    """Blocks that may be open at once (count): the prompts of a block know the outcome of all blocks but the latest `lag`."""
    floor_rows: int = 0
    """Rows that each emoji of the floor's inventory shall have (count); 0 switches the stage for rare emoji off."""
    floor_top: int = 100
    """The floor's inventory: the so many most frequent emoji of the build (count); 0 means all 1,906."""

    def __post_init__(self) -> None:
        if not 0 < self.max_share <= 1:
            raise ConfigError(f"balance.max_share must be in (0, 1], got {self.max_share}")
        for name, least in (("ask_again", 0), ("block", 1), ("lag", 1), ("floor_rows", 0), ("floor_top", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"balance.{name} must be >= {least}, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """The shares of the splits (section `[splits]`); the rest is train. The hash that decides never changes."""

    validation: float = 0.1
    """Share of the articles in validation, in [0, 1)."""
    test: float = 0.1
    """Share of the articles in test, in [0, 1)."""

    def __post_init__(self) -> None:
        if self.validation < 0 or self.test < 0 or self.validation + self.test >= 1:
            raise ConfigError(f"splits: validation + test must be in [0, 1), got {self.validation} + {self.test}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseConfig:
    """What the card says that no file can tell (section `[release]`)."""

    title: str = "Japanese text and emoji pairs"
    """Title of the card."""
    authors: tuple[str, ...] = ("the emojit authors",)
    """Names for the citation."""
    summary_ja: str = "日本語の文をSNS風に言い換え、ふさわしい絵文字を1〜5個つけたデータセットです。"
    """One or two Japanese sentences for readers of the card."""
    repo_id: str | None = None
    """Hub repository `namespace/name` that the card's loading snippet names; None leaves a gap for the reader to fill."""
    version: str | None = None
    """The tag this build will be published under, such as "v1", which the card then names."""

    def __post_init__(self) -> None:
        if self.repo_id is not None and (self.repo_id.count("/") != 1 or not all(self.repo_id.split("/"))):
            raise ConfigError(f"release.repo_id must be namespace/name, got {self.repo_id!r}")
        if self.version is not None and not (self.version[:1] == "v" and self.version[1:].isdecimal()):
            raise ConfigError(f"release.version must be 'v' and a whole number, got {self.version!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """Everything that decides the bytes of a data set build."""

    name: str = "emojit-sample"
    """Short name of the data set: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    seed: int = 0
    """Seed of every seeded choice of the build."""
    count: int = 0
    """Pairs to end with, from a seeded sample that spreads over the whole corpus (count); 0 asks about every sentence that the filters keep."""
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    filters: FilterConfig = field(default_factory=FilterConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    balance: BalanceConfig = field(default_factory=BalanceConfig)
    decontaminate: DecontaminateConfig = field(default_factory=DecontaminateConfig)
    splits: SplitConfig = field(default_factory=SplitConfig)
    release: ReleaseConfig = field(default_factory=ReleaseConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.count < 0:
            raise ConfigError(f"count must be >= 0, got {self.count}")
