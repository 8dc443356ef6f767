"""What stands in the body of a chat completion, whichever way it came: as the answer to a call or in a line of a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emojit.teacher.failures import Failure, judge, redact
from emojit.teacher.reading import answer
from emojit.teacher.records import canonical_json
from emojit.teacher.wire import bill, parse_json, token_count

_FINAL = frozenset({"length", "content_filter", "refusal"})  # with these finish reasons an empty answer is the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer of a completion.

    Attributes:
        text: the answer as it came; "" where there is none.
        finish_reason: as the endpoint says it, "refusal" where the refusal came in a field of its own, or None.
    """

    text: str
    finish_reason: str | None

    @property
    def empty(self) -> bool:
        """Whether it is nothing but blanks or thinking, and no reason is given why: a hiccup of the endpoint, to be asked for again."""
        return not answer(self.text) and self.finish_reason not in _FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What an answered call gave.

    Attributes:
        choices: at least one.
        usage: canonical JSON of the endpoint's token counts, or None.
        tokens: tokens of question and answers together, as the endpoint counts them (count), or None.
        cost: what was billed (USD), or None where the endpoint does not say it.
        provider: who answered behind the endpoint, where it says so, or None.
    """

    choices: tuple[Choice, ...]
    usage: str | None
    tokens: int | None
    cost: float | None
    provider: str | None


def read_body(body: str, *, model: str, secret: str) -> Completion | Failure:
    """Read the body of a 200.

    Args:
        body: as it came. A proxy may echo the API key, and replies are published: a key that is no placeholder is masked.
        model: the model that was asked, for the hint of a failure.
        secret: the API key.
    """
    try:
        value = parse_json(body, secret=secret)
    except ValueError:
        return Failure(kind="retry", message=redact(f"the body is no JSON: {body[:80]}", secret))
    return read_completion(value, model=model, secret=secret)


def read_completion(value: object, *, model: str, secret: str) -> Completion | Failure:
    """Read a chat completion, or the error object that stands in its place; see `read_body`.

    Args:
        value: the body, parsed.
        model: the model that was asked.
        secret: the API key, which must not stand in a message.
    """
    if isinstance(value, dict) and isinstance(error := value.get("error"), dict):
        code = error.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 502
        return judge(status, {}, _short(value), model=model, secret=secret)
    raw = value.get("choices") if isinstance(value, dict) else None
    choices = [_choice(one) for one in raw] if isinstance(raw, list) else []
    good = tuple(choice for choice in choices if choice is not None)
    if not isinstance(value, dict) or not good or len(good) < len(choices):
        return Failure(kind="retry", message=redact(f"the body holds no answer: {_short(value)[:80]}", secret))
    if any(choice.finish_reason == "error" for choice in good):
        return Failure(kind="retry", message=redact(f"the provider failed: {_short(value)[:200]}", secret))
    usage, provider = value.get("usage"), value.get("provider")
    counted = usage if isinstance(usage, dict) else {}
    return Completion(
        choices=good,
        usage=canonical_json(usage) if isinstance(usage, dict) else None,
        tokens=token_count(counted.get("total_tokens")),
        cost=bill(counted.get("cost")),
        provider=provider if isinstance(provider, str) else None,
    )


def _choice(value: object) -> Choice | None:
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(message, dict):
        return None
    text, refusal, finish = message.get("content"), message.get("refusal"), value.get("finish_reason")
    if isinstance(text, list):
        text = "".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
    if not text and isinstance(refusal, str) and refusal:
        text, finish = refusal, "refusal"
    return Choice(
        text=text if isinstance(text, str) else "", finish_reason=finish if isinstance(finish, str) else None
    )


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
