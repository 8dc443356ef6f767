"""What a failed call means: ask again, wait, give the sentence up, or stop the run.

| what happened | what is done |
|---|---|
| no connection at the first contact (refused, unknown host, TLS) | the run stops |
| 401, 402, 403, 404, other 4xx; 429 with `insufficient_quota` | the run stops: the next question would fail alike |
| 400, 403, 422 that name a content policy or a moderation | the sentence is rejected as `refusal` |
| 429 | everybody pauses (`emojit.teacher.limits`), then it is asked again; given up where the endpoint asks to wait longer than `patience_s` |
| 408, 409, 425, 5xx, time-out, cut connection, a body that is no answer | asked again after Retry-After, or a growing wait with jitter |
| 200 with an `error` object (OpenRouter) | as its `code`, 502 without one |

Whatever came of them, no question is asked in more than `max_attempts` calls, those with a 429 among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from emojit.network import mask_secrets
from emojit.teacher.limit_headers import retry_after
from emojit.teacher.wire import parse_json

_POLICY = re.compile(r"content[ _-]?(?:policy|filter|management)|moderation|flagged|responsible ?ai", re.IGNORECASE)
_SOCKET = re.compile(r" ?\('[^']*', \d+(?:, \d+)*\)")  # an address as the socket module writes it
_MAX_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call without an answer.

    Attributes:
        kind: "retry" (may go better next time), "limited" (told to wait), "refusal" (this sentence only) or "fatal".
        message: what happened, one line, without secrets.
        wait_s: what the endpoint asks to wait (s), or None.
        hint: the next step after a fatal failure.
    """

    kind: Literal["retry", "limited", "refusal", "fatal"]
    message: str
    wait_s: float | None = None
    hint: str | None = None


def judge(status: int, headers: Mapping[str, str], body: str, *, model: str, secret: str) -> Failure:
    """Say what an error response means.

    Args:
        status: HTTP status, or the code inside an error object.
        headers: response headers; names in lower case or a case-insensitive mapping.
        body: the body as text: JSON, HTML or anything.
        model: the model that was asked, for the hint.
        secret: the API key, which must not stand in a message.
    """
    code, summary = _error_of(body)
    message = redact(f"HTTP {status}: {summary}" if summary else f"HTTP {status}", secret)
    wait_s = retry_after(headers)
    if status in {400, 403, 422} and (_POLICY.search(code) or _POLICY.search(summary)):
        return Failure(kind="refusal", message=message)
    if status == 429 and "insufficient_quota" not in code:
        return Failure(kind="limited", message=message, wait_s=wait_s)
    if status in {408, 409, 425} or status >= 500:
        return Failure(kind="retry", message=message, wait_s=wait_s)
    hints = {
        401: "set EMOJIT_API_KEY (or OPENAI_API_KEY) to a key of this endpoint",
        402: "the account has no credit left; every reply so far is stored, so run the same command again later",
        403: "this key may not use the model; set another EMOJIT_API_KEY or --model",
        404: f"check --model ({model}) and that --base-url ends where the API does, often in /v1",
        429: "the account's quota is used up; every reply so far is stored, so run the same command again later",
    }
    refused = "the endpoint refuses the request itself: check --model and [teacher]"
    if 300 <= status < 400:
        refused = "the endpoint sends elsewhere: give the address where the API itself answers as --base-url, mostly https:// and ending in /v1"
    return Failure(kind="fatal", message=message, hint=hints.get(status, refused))


def without_place(text: str, base_url: str) -> str:
    """Return words about a connection without where it went to.

    What is said about a question that got no answer is stored, and published with the replies; where the endpoint stands may be nobody's business.
    """
    text = _SOCKET.sub("", text)
    host = urlsplit(base_url).hostname
    return text.replace(host, "the endpoint") if host else text


def redact(text: str, secret: str) -> str:
    """Return one short line without the API key or anything that looks like one."""
    if secret:
        text = text.replace(secret, "***")
    line = re.sub(r"\s+", " ", mask_secrets(text)).strip()
    return line if len(line) <= _MAX_CHARS else f"{line[:_MAX_CHARS]}…"


def _error_of(body: str) -> tuple[str, str]:
    """Return the code and the message of an error body, whatever its shape."""
    try:
        value = parse_json(body)
    except ValueError:
        return "", re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", body).strip()
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return "", str(error)
    code = " ".join(str(error[name]) for name in ("code", "type") if error.get(name))
    message = next((str(error[name]) for name in ("message", "detail", "error") if error.get(name)), "")
    return code, message or json.dumps(error, ensure_ascii=False)
