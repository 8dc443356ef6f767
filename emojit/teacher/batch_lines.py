"""The two kinds of lines of a batch job: the requests that go up and the results that come down.

Source of both formats: https://platform.openai.com/docs/guides/batch and https://platform.openai.com/docs/api-reference/batch. A result line holds
`response` (status code and body, as a live call would have had) or `error` (`batch_expired`, `batch_cancelled`, `request_timeout`).
"""

from __future__ import annotations

import json
from typing import Final

from emojit.teacher.batch_store import Outcome
from emojit.teacher.completions import Completion, read_completion
from emojit.teacher.failures import Failure, judge, redact
from emojit.teacher.records import Question, Reply
from emojit.teacher.wire import parse_json

ENDPOINT: Final = "/v1/chat/completions"
"""What every line asks for; the same for all base URLs."""

_LINE_OVERHEAD = 200  # bytes of a request line beside the question, generously


def request_line(question: Question) -> bytes:
    """Return the line that asks a question; its `custom_id` is the question's key (64 characters, the longest that is allowed)."""
    value = {"custom_id": question.key, "method": "POST", "url": ENDPOINT, "body": question.body}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def line_bytes(question: Question) -> int:
    """Return an upper bound for the size of a question's line (bytes), without writing it."""
    return len(question.request.encode()) + _LINE_OVERHEAD


def read_line(line: bytes, *, model: str, secret: str) -> tuple[Outcome | None, Failure | None]:
    """Say what one line of a result means.

    Args:
        line: the line as it came.
        model: the model that was asked, for the hint of a failure.
        secret: the API key, which must not stand in a reply or a message.

    Returns:
        The outcome for the line's question, or None where the line names none; and a failure where no further question makes sense.
    """
    text = line.decode(errors="replace")
    try:
        value = parse_json(text, secret=secret)
    except ValueError:
        return None, None
    if not isinstance(value, dict) or not isinstance(key := value.get("custom_id"), str):
        return None, None
    result = _result(value, model=model, secret=secret)
    if isinstance(result, Completion):
        choice = result.choices[0]
        reply = Reply(
            key=key,
            request="",  # the store knows it
            text=choice.text,
            finish_reason=choice.finish_reason,
            usage=result.usage,
            provider=result.provider,
        )
        again = "the answer is empty" if choice.empty else None
        return Outcome(key=key, reply=reply, cost=result.cost, again=again), None
    if result.kind == "refusal":
        refusal = Reply(key=key, request="", text=result.message, finish_reason="content_filter")
        return Outcome(key=key, reply=refusal), None
    return Outcome(key=key, again=result.message), result if result.kind == "fatal" else None


def _result(value: dict[str, object], *, model: str, secret: str) -> Completion | Failure:
    response, error = value.get("response"), value.get("error")
    if isinstance(response, dict):
        status, body = response.get("status_code"), response.get("body")
        if status == 200:
            return read_completion(body, model=model, secret=secret)
        code = status if isinstance(status, int) and 400 <= status < 600 else 502
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return judge(code, {}, text, model=model, secret=secret)
    if isinstance(error, dict):
        judged = judge(400, {}, json.dumps({"error": error}, ensure_ascii=False), model=model, secret=secret)
        if judged.kind == "refusal":
            return judged
        return Failure(kind="retry", message=redact(f"{error.get('code')}: {error.get('message')}", secret))
    return Failure(kind="retry", message="the line of the result holds neither a response nor an error")
