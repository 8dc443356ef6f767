"""The recipe's part about the teacher: who is asked, how, at what price and with whose permission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from emojit.errors import ConfigError
from emojit.recipe.loader import ABOUT

# Every call in flight holds a connection; no endpoint and no system takes more from one process.
_MAX_CONCURRENCY = 10_000
_MAX_BATCH = 50_000  # requests in one file: https://platform.openai.com/docs/guides/batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """Which providers behind a router may answer (section `[teacher.provider]`); OpenRouter's routing block, sent as it is.

    Only keys that are set are sent. Source: https://openrouter.ai/docs/guides/routing/provider-selection
    """

    only: tuple[str, ...] = ()
    """Providers that may answer; empty means any."""
    quantizations: tuple[str, ...] = ()
    """Quantisations that may answer, such as "bf16" or "fp8"; empty means any."""
    allow_fallbacks: bool | None = None
    """Whether another provider may step in."""
    require_parameters: bool | None = None
    """Whether only providers that know every sampling parameter may answer."""
    enforce_distillable_text: bool | None = None
    """Whether only models whose terms allow distillation may answer."""
    max_price_prompt: float | None = None
    """Highest price of a million prompt tokens (USD)."""
    max_price_completion: float | None = None
    """Highest price of a million completion tokens (USD)."""

    def __post_init__(self) -> None:
        for name in ("max_price_prompt", "max_price_completion"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise ConfigError(f"teacher.provider.{name} must be >= 0, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceConfig:
    """What the teacher costs, where the endpoint does not say it (section `[teacher.price]`). emojit knows no prices of its own."""

    prompt: float | None = None
    """Price of a million prompt tokens (USD)."""
    completion: float | None = None
    """Price of a million completion tokens (USD)."""

    def __post_init__(self) -> None:
        for name in ("prompt", "completion"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise ConfigError(f"teacher.price.{name} must be >= 0, got {value}")
        if (self.prompt is None) != (self.completion is None):
            raise ConfigError("teacher.price needs both prompt and completion (USD per million tokens), or neither")


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
    licence: str | None = field(default=None, metadata={ABOUT: ("kind", "model", "recorded")})
    """Licence of the teacher's output, as the card shall state it."""
    distillation_allowed: bool = field(default=False, metadata={ABOUT: ("kind", "model", "recorded")})
    """Whether the teacher's terms allow its output to train other models; an "openai" teacher is not asked without this and `licence`."""
    mode: Literal["live", "batch"] = "live"
    """"live" asks question by question, "batch" hands files of questions to the endpoint's batch API (cheaper, hours)."""
    batch_size: int = 20_000
    """Questions per batch job at most, and sentences that are worked on at once in batch mode (count), up to 50,000."""
    batch_poll_s: float = 60.0
    """Longest wait between two looks at a batch job (s)."""
    temperature: float = 0.2
    """Softmax temperature, >= 0."""
    top_p: float = 1.0
    """Nucleus sampling mass, in (0, 1]."""
    min_p: float | None = None
    """Smallest probability of a token relative to the likeliest one, in [0, 1]; None does not send it."""
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
    requests_per_minute: int = 0
    """Calls started in any minute at most (count); 0 leaves it to what the endpoint says in its headers and its 429s."""
    tokens_per_minute: int = 0
    """Tokens, estimated before and counted after each call, in any minute at most (count); 0 as above."""
    max_attempts: int = 8
    """Calls per question before it is given up (count), whatever came of them."""
    timeout_s: float = 60.0
    """Give up on one call after this many seconds."""
    patience_s: float = 600.0
    """Longest wait that an endpoint may ask for before the question is given up (s). The run stops, to be continued, when nothing but 429s came for so long."""
    max_error_share: float = 0.5
    """Stop, to be continued, when more than this fraction of the latest questions got no answer, in (0, 1]."""
    max_unanswered: float = 0.0
    """Finish the build although this fraction of the questions got no answer, in [0, 1]; above it the run stops, to be continued."""
    provider: ProviderConfig = field(default_factory=ProviderConfig)
    price: PriceConfig = field(default_factory=PriceConfig, metadata={ABOUT: ("kind", "model")})

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ConfigError(f"teacher.temperature must be >= 0, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"teacher.top_p must be in (0, 1], got {self.top_p}")
        if self.min_p is not None and not 0 <= self.min_p <= 1:
            raise ConfigError(f"teacher.min_p must be in [0, 1], got {self.min_p}")
        if not 0 < self.max_error_share <= 1:
            raise ConfigError(f"teacher.max_error_share must be in (0, 1], got {self.max_error_share}")
        for name in ("requests_per_minute", "tokens_per_minute"):
            if getattr(self, name) < 0:
                raise ConfigError(f"teacher.{name} must be >= 0, got {getattr(self, name)}")
        if not 1 <= self.concurrency <= _MAX_CONCURRENCY:
            raise ConfigError(f"teacher.concurrency must be in [1, {_MAX_CONCURRENCY}], got {self.concurrency}")
        for name in ("max_tokens", "samples", "max_attempts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"teacher.{name} must be >= 1, got {getattr(self, name)}")
        if not 1 <= self.batch_size <= _MAX_BATCH:
            raise ConfigError(f"teacher.batch_size must be in [1, {_MAX_BATCH}], got {self.batch_size}")
        for name in ("timeout_s", "patience_s", "batch_poll_s"):
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
