"""The recipe's part about text: which corpus, which sentences of it, and what must not leak into what."""

from __future__ import annotations

from dataclasses import dataclass, field

from emojit.errors import ConfigError
from emojit.recipe.loader import ABOUT

FILTER_ORDER = (
    "meta_section",
    "heading",
    "list_item",
    "truncated",
    "orphan_close",
    "unbalanced_brackets",
    "empty_brackets",
    "template_rest",
    "no_ending",
    "too_short",
    "too_long",
    "low_kana",
    "needs_context",
    "url_or_markup",
    "contains_emoji",
    "personal_data",
    "sensitive",
    "duplicate",
    "near_duplicate",
)
"""Every sentence filter in its default order. Cheap and structural ones first, so that the reason counted is the plainest one."""

REMEMBERING = ("duplicate", "near_duplicate")
"""Filters that remember what was offered before. They come last: everything above them looks at one article alone, in any process."""

WORD_LISTS = ("sexual", "violent", "discriminatory")
"""Lists of sensitive words. A match is a flag of the row; `filters.drop_flags` makes it a reason to drop the sentence."""

_MAX_PROCESSES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusConfig:
    """Where the articles come from (section `[corpus]`)."""

    source: str = "sample"
    """"sample" (the packaged one), a path to a .jsonl, .txt (both also .gz, .zst) or .parquet file, a folder of them or a pattern, a corpus folder, or a
    Hub data set id."""
    config: str | None = field(default=None, metadata={ABOUT: ("source",)})
    """Configuration of a Hub data set, e.g. "20231101.ja"."""
    files: str | None = field(default=None, metadata={ABOUT: ("source",)})
    """Pattern of the files of a Hub data set to read in place of a configuration, e.g. "multilingual/c4-ja.tfrecord-0000?-of-*.json.gz"."""
    revision: str | None = field(default=None, metadata={ABOUT: ("source",)})
    """Branch, tag or commit of a Hub data set; the commit it stands for goes into the manifest."""
    split: str = "train"
    """Split of a Hub data set."""
    name: str | None = field(default=None, metadata={ABOUT: ("source", "config")})
    """What the `source` column says; None takes the row's own `source`, or else the file's or repository's name."""
    licence: str | None = field(default=None, metadata={ABOUT: ("source",)})
    """Licence of rows that carry none themselves."""
    share: float = 1.0
    """Fraction of the articles to use, in (0, 1]. Chosen by a hash of the article, so a smaller share is a subset of a larger one."""
    sentences_per_article: int = 2
    """At most this many kept sentences per article, chosen by a seeded hash (count); 0 means all."""
    processes: int = 1
    """Processes that read, split and filter (count); the result is the same for every number."""
    max_bad_lines: float = 0.01
    """Stop when more than this fraction of the input lines cannot be read, in [0, 1]."""

    def __post_init__(self) -> None:
        if not self.source.strip():  # as a path it would be the folder that happens to be the current one
            raise ConfigError(
                "corpus.source is empty", hint='name a corpus, for example --corpus articles.jsonl; "." is this folder'
            )
        if self.files is not None and self.config is not None:
            raise ConfigError("corpus.files and corpus.config exclude each other", hint="leave one of them out")
        if not 0 < self.share <= 1:
            raise ConfigError(f"corpus.share must be in (0, 1], got {self.share}")
        if self.sentences_per_article < 0:
            raise ConfigError(f"corpus.sentences_per_article must be >= 0, got {self.sentences_per_article}")
        if not 1 <= self.processes <= _MAX_PROCESSES:
            raise ConfigError(f"corpus.processes must be in [1, {_MAX_PROCESSES}], got {self.processes}")
        if not 0 <= self.max_bad_lines <= 1:
            raise ConfigError(f"corpus.max_bad_lines must be in [0, 1], got {self.max_bad_lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterConfig:
    """Which sentences are kept (section `[filters]`)."""

    order: tuple[str, ...] = FILTER_ORDER
    """Names of the filters, in the order in which they are asked; the first that objects names the reason."""
    min_chars: int = 15
    """Shortest sentence kept (code points)."""
    max_chars: int = 120
    """Longest sentence kept (code points)."""
    min_kana: float = 0.15
    """Smallest share of hiragana and katakana among the letters, in [0, 1]."""
    near_duplicate_threshold: float = 0.6
    """Jaccard index of the sets of character pairs from which two sentences are near-duplicates, in (0, 1]."""
    flags: tuple[str, ...] = WORD_LISTS
    """Word lists that are looked for; a match becomes a flag of the row."""
    drop_flags: tuple[str, ...] = ()
    """Flags for which the filter "sensitive" drops a sentence."""

    def __post_init__(self) -> None:
        if unknown := [name for name in self.order if name not in FILTER_ORDER]:
            raise ConfigError(f"filters.order: unknown filter {unknown[0]}", hint=f"valid: {', '.join(FILTER_ORDER)}")
        first = next((i for i, name in enumerate(self.order) if name in REMEMBERING), len(self.order))
        if late := [name for name in self.order[first:] if name not in REMEMBERING]:
            raise ConfigError(
                f"filters.order: {late[0]} stands behind {self.order[first]}",
                hint=f"put {' and '.join(REMEMBERING)} last: they compare a sentence with what the others kept",
            )
        if not 0 < self.near_duplicate_threshold <= 1:
            raise ConfigError(
                f"filters.near_duplicate_threshold must be in (0, 1], got {self.near_duplicate_threshold}"
            )
        for key in ("flags", "drop_flags"):
            if unknown := [name for name in getattr(self, key) if name not in WORD_LISTS]:
                raise ConfigError(
                    f"filters.{key}: unknown word list {unknown[0]}", hint=f"valid: {', '.join(WORD_LISTS)}"
                )
        if missing := sorted(set(self.drop_flags) - set(self.flags)):
            raise ConfigError(f"filters.drop_flags: {missing[0]} is not in filters.flags", hint="add it to both")
        if not 0 < self.min_chars <= self.max_chars:
            raise ConfigError(
                f"filters: need 0 < min_chars <= max_chars, got {self.min_chars} and {self.max_chars}",
            )
        if not 0 <= self.min_kana <= 1:
            raise ConfigError(f"filters.min_kana must be in [0, 1], got {self.min_kana}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecontaminateConfig:
    """Which other rows must not leak into these, or these into them (section `[decontaminate]`)."""

    against: tuple[str, ...] = ()
    """Build folders, Hub data sets as `namespace/name@revision`, and .jsonl/.parquet/.txt files of benchmarks."""
    threshold: float = 0.6
    """Jaccard index of the sets of character pairs from which two texts are near-duplicates, in (0, 1]."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"decontaminate.threshold must be in (0, 1], got {self.threshold}")
