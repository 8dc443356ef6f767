"""The recipe of a data set build: corpus, filters, teacher, splits, release."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from emojit.errors import ConfigError
from emojit.recipe.names import check_name

FILTER_ORDER = (
    "heading",
    "list_item",
    "truncated",
    "orphan_close",
    "unbalanced_brackets",
    "empty_brackets",
    "no_ending",
    "too_short",
    "too_long",
    "low_kana",
    "needs_context",
    "url_or_markup",
    "contains_emoji",
    "personal_data",
    "duplicate",
)
"""Every sentence filter in its default order. Cheap and structural ones first, so that the reason counted is the plainest one."""

_MAX_CONCURRENCY = (
    10_000  # every call in flight holds a connection; no endpoint and no system takes more from one process
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusConfig:
    """Where the articles come from (section `[corpus]`)."""

    source: str = "sample"
    """"sample" (the packaged one), a path to a .jsonl/.parquet/.txt file, or a Hub data set id `namespace/name`."""
    config: str | None = None
    """Configuration of a Hub data set, e.g. "20231101.ja"."""
    revision: str | None = None
    """Branch, tag or commit of a Hub data set; the commit it stands for goes into the manifest."""
    split: str = "train"
    """Split of a Hub data set."""
    name: str | None = None
    """What the `source` column says; None takes the row's own `source`, or else the file's or repository's name."""
    licence: str | None = None
    """Licence of rows that carry none themselves."""
    share: float = 1.0
    """Fraction of the articles to use, in (0, 1]. Chosen by a hash of the article, so a smaller share is a subset of a larger one."""
    sentences_per_article: int = 0
    """At most this many kept sentences per article, chosen by a seeded hash (count); 0 means all."""
    max_bad_lines: float = 0.01
    """Stop when more than this fraction of the input lines cannot be read, in [0, 1]."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ConfigError(f"corpus.share must be in (0, 1], got {self.share}")
        if self.sentences_per_article < 0:
            raise ConfigError(f"corpus.sentences_per_article must be >= 0, got {self.sentences_per_article}")
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

    def __post_init__(self) -> None:
        if unknown := [name for name in self.order if name not in FILTER_ORDER]:
            raise ConfigError(f"filters.order: unknown filter {unknown[0]}", hint=f"valid: {', '.join(FILTER_ORDER)}")
        if not 0 < self.min_chars <= self.max_chars:
            raise ConfigError(
                f"filters: need 0 < min_chars <= max_chars, got {self.min_chars} and {self.max_chars}",
            )
        if not 0 <= self.min_kana <= 1:
            raise ConfigError(f"filters.min_kana must be in [0, 1], got {self.min_kana}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherConfig:
    """Who is asked, and how (section `[teacher]`)."""

    kind: Literal["recorded", "openai"] = "recorded"
    """"recorded" plays back the packaged replies; "openai" asks any OpenAI-compatible endpoint."""
    model: str = "recorded-sample"
    """Model name as the endpoint knows it; part of every row."""
    base_url: str | None = None
    """Endpoint such as "http://127.0.0.1:8077/v1"; None takes the `openai` package's default."""
    recorded: str | None = None
    """File of replies for the "recorded" teacher (JSONL); None takes the packaged ones."""
    licence: str | None = None
    """Licence of the teacher's output, as the card shall state it."""
    temperature: float = 0.2
    """Softmax temperature, >= 0."""
    top_p: float = 1.0
    """Nucleus sampling mass, in (0, 1]."""
    max_tokens: int = 256
    """Longest reply (tokens)."""
    samples: int = 1
    """Independent emoji choices asked per sentence (count)."""
    eval_samples: int = 1
    """The same for sentences of validation and test articles; at least `samples`."""
    banned: tuple[str, ...] = ("✨",)
    """Emoji that the prompt forbids and that are not accepted in a reply."""
    concurrency: int = 16
    """Questions in flight at most (count), up to 10,000."""
    max_attempts: int = 6
    """Calls per question before it is given up (count); answers that say "too many requests" do not count."""
    timeout_s: float = 60.0
    """Give up on one call after this many seconds."""
    patience_s: float = 600.0
    """Give up on a question that was told to wait ("too many requests") for more than this many seconds in all."""
    max_unanswered: float = 0.0
    """Finish the build although this fraction of the questions got no answer, in [0, 1]; above it the run stops, to be continued."""

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ConfigError(f"teacher.temperature must be >= 0, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"teacher.top_p must be in (0, 1], got {self.top_p}")
        if not 1 <= self.concurrency <= _MAX_CONCURRENCY:
            raise ConfigError(f"teacher.concurrency must be in [1, {_MAX_CONCURRENCY}], got {self.concurrency}")
        for name in ("max_tokens", "samples", "max_attempts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"teacher.{name} must be >= 1, got {getattr(self, name)}")
        for name in ("timeout_s", "patience_s"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"teacher.{name} must be > 0, got {getattr(self, name)}")
        if not 0 <= self.max_unanswered <= 1:
            raise ConfigError(f"teacher.max_unanswered must be in [0, 1], got {self.max_unanswered}")
        if self.base_url is not None:
            check_base_url(self.base_url, "teacher.base_url")
        if self.eval_samples < self.samples:
            raise ConfigError(f"teacher.eval_samples must be >= teacher.samples, got {self.eval_samples}")


def check_base_url(url: str, name: str) -> None:
    """Refuse what is no address, and what could carry a secret into a recipe that is published or a message; neither is shown.

    Args:
        url: address of an endpoint.
        name: the key or variable that holds it.

    Raises:
        ConfigError: it is no http(s) URL, or holds credentials.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        raise ConfigError(f"{name} is no URL ({exc})", hint='for example "http://127.0.0.1:8077/v1"') from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"{name} must not hold a user, a password or a query: the recipe is published",
            hint="put the key into EMOJIT_API_KEY and leave only scheme, host and path",
        )
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigError(
            f"{name} must begin with http:// or https://, got {url!r}",
            hint='for example "http://127.0.0.1:8077/v1"',
        )


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
    """Sentences to ask the teacher about, in corpus order after the filters (count); 0 means all."""
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    filters: FilterConfig = field(default_factory=FilterConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    splits: SplitConfig = field(default_factory=SplitConfig)
    release: ReleaseConfig = field(default_factory=ReleaseConfig)

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.count < 0:
            raise ConfigError(f"count must be >= 0, got {self.count}")
