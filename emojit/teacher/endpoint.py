"""The teacher behind an OpenAI-compatible endpoint.

The `openai` client carries the request; its own retries are off, because attempts are counted, Retry-After is honoured in all its forms and an empty
answer is asked for again. The body that goes out is the body that is hashed.

An empty answer (nothing but blanks or thinking) is taken for a hiccup of the endpoint: it is asked for again like a failed call, up to `max_attempts`
calls; the last one is then stored as the answer, and read as `empty`. Every other unreadable answer is stored at once: the same question has
the same key, and asking it again would only be luck.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emojit.errors import ConfigError, OfflineError, TeacherError
from emojit.network import is_barred, is_loopback
from emojit.recipe import TeacherConfig
from emojit.recipe.teacher import check_base_url
from emojit.teacher.failures import Failure, judge, redact
from emojit.teacher.reading import answer
from emojit.teacher.records import Question, Reply, canonical_json
from emojit.teacher.transport import http_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_FIRST_CONTACT_S = 5.0  # longest wait of the other questions for the very first call
_BACKOFF_LIMIT_S = 30.0
_NO_KEY = "no-key-on-loopback"
_SHORTEST_SECRET = 16  # characters
_FINAL = frozenset({"length", "content_filter", "refusal"})  # with these finish reasons an empty answer is the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """One answered call."""

    text: str
    finish_reason: str | None
    usage: str | None
    cost: float | None
    provider: str | None


@dataclass(slots=True, kw_only=True)
class _Tries:
    """The calls made for one question, and whether another one makes sense.

    Attributes:
        config: the bounds.
        backoff_s: wait after the first failure (s).
        calls: calls made (count).
        failures: calls that count against `max_attempts`: failed ones and empty answers (count).
        limited: calls that were told to wait (count).
        waited_s: waits of the limited calls in all (s).
        cost: what the answered calls cost together, empty answers among them (USD), or None where nothing is billed.
    """

    config: TeacherConfig
    backoff_s: float
    calls: int = 0
    failures: int = 0
    limited: int = 0
    waited_s: float = 0.0
    cost: float | None = None

    def wait_after(self, outcome: _Answer | Failure) -> float | None:
        """Return how long to wait before the next call (s), or None when there shall be none."""
        self.calls += 1
        if isinstance(outcome, _Answer):
            if outcome.cost is not None:
                self.cost = (self.cost or 0.0) + outcome.cost
            if answer(outcome.text) or outcome.finish_reason in _FINAL:
                return None
            self.failures += 1
            wait_s = self._backoff(self.failures)
        elif outcome.kind == "limited":
            self.limited += 1
            wait_s = (outcome.wait_s or 0.0) + self._backoff(self.limited)
            self.waited_s += wait_s
        elif outcome.kind == "retry":
            self.failures += 1
            wait_s = max(outcome.wait_s or 0.0, self._backoff(self.failures))
        else:
            return None
        if self.failures >= self.config.max_attempts or max(wait_s, self.waited_s) > self.config.patience_s:
            return None
        return wait_s

    def _backoff(self, number: int) -> float:
        """Return a wait (s): exponential, half of it at random so that the workers do not come back together."""
        full = min(_BACKOFF_LIMIT_S, self.backoff_s * 2.0 ** min(number - 1, 16))
        return full * random.uniform(0.5, 1.0)


class OpenAITeacher:
    """Asks any OpenAI-compatible endpoint.

    The first call of a session goes alone and the others wait for its outcome (at most 5 s), so that a wrong key, a wrong model or a wrong address
    costs one call and not one per worker.
    """

    live = True

    def __init__(self, config: TeacherConfig, *, backoff_s: float = 0.5) -> None:
        """Check address, key and switches; no call is made.

        Args:
            config: the `[teacher]` section.
            backoff_s: wait before the second call of a question (s); doubled before each further one, up to 30 s, with jitter.

        Raises:
            ConfigError: no API key in the environment, or a wrong OPENAI_BASE_URL.
            OfflineError: `EMOJIT_OFFLINE` is set and the endpoint is not on this machine.
        """
        self._config = config
        self._backoff_s = backoff_s
        self.base_url = config.base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
        check_base_url(self.base_url, "OPENAI_BASE_URL")  # the recipe has checked its own
        self._loopback = is_loopback(self.base_url)
        if is_barred(self.base_url):
            hint = "unset EMOJIT_OFFLINE, or use --teacher recorded"
            raise OfflineError(f"EMOJIT_OFFLINE is set: {self._where} is not asked", hint=hint)
        self._key = _api_key(self._where, self._loopback)
        self._client: AsyncOpenAI | None = None
        self._first: asyncio.Event | None = None
        self._contact = False

    async def ask(self, question: Question) -> Reply:
        """Ask until there is an answer, a refusal or no hope.

        Returns:
            The reply; `error` says why there is no answer where every attempt failed.

        Raises:
            TeacherError: no further question would fare better: unreachable, wrong key, wrong model, no credit.
        """
        await self._after_first_contact()
        tries = _Tries(config=self._config, backoff_s=self._backoff_s)
        blank = Reply(key=question.key, request=question.request, text="")
        while True:
            outcome = await self._call(question)
            wait_s = tries.wait_after(outcome)
            if self._first is not None and not (isinstance(outcome, Failure) and outcome.kind == "fatal"):
                self._first.set()
            blank = dataclasses.replace(blank, attempts=tries.calls, cost=tries.cost)
            if wait_s is not None:
                await asyncio.sleep(wait_s)
            elif isinstance(outcome, _Answer):
                given = dataclasses.asdict(outcome) | {"cost": tries.cost}
                return dataclasses.replace(blank, **given)
            elif outcome.kind == "fatal":
                message = f"teacher {self._where}: {outcome.message}"
                raise TeacherError(message, hint=outcome.hint, attempts=tries.calls, last_reply=outcome.message)
            elif outcome.kind == "refusal":
                return dataclasses.replace(blank, text=outcome.message, finish_reason="content_filter")
            else:
                return dataclasses.replace(blank, error=outcome.message)

    async def close(self) -> None:
        """Close the connections. The next question opens new ones, in whatever event loop it is asked."""
        client, self._client, self._first, self._contact = self._client, None, None, False
        if client is not None:
            await client.close()

    @property
    def _where(self) -> str:
        """The base URL without anything that could be a credential."""
        parts = urlsplit(self.base_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"

    async def _after_first_contact(self) -> None:
        if self._first is None:
            self._first = asyncio.Event()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_CONTACT_S):
                await self._first.wait()

    async def _call(self, question: Question) -> _Answer | Failure:
        """Make one call and say what it gave."""
        import httpx2
        import openai

        if self._client is None:
            self._client = self._open()
        try:
            # The client's own time-out starts anew with every byte that comes.
            async with asyncio.timeout(self._config.timeout_s):
                response = await self._client.post("/chat/completions", body=question.body, cast_to=httpx2.Response)
        except TimeoutError:
            outcome: _Answer | Failure = self._late()
        except openai.APIStatusError as exc:
            self._contact = True  # from now on a lost connection is a hiccup
            body, headers = exc.response.text, exc.response.headers
            outcome = judge(exc.status_code, headers, body, model=question.model, secret=self._key)
        except openai.APIConnectionError as exc:  # time-outs among them
            outcome = self._unconnected(exc)
        else:
            self._contact = True
            outcome = self._read(self._without_key(response.text), question)
        return outcome

    def _without_key(self, body: str) -> str:
        """Return an answer without the API key, should a proxy echo it: replies are published. Short keys are placeholders such as "EMPTY"."""
        return body.replace(self._key, "***") if len(self._key) >= _SHORTEST_SECRET else body

    def _open(self) -> AsyncOpenAI:
        import openai

        http = http_client(self._config.concurrency, self._config.timeout_s, loopback=self._loopback)
        return openai.AsyncOpenAI(api_key=self._key, base_url=self.base_url, max_retries=0, http_client=http)

    def _late(self) -> Failure:
        return Failure(kind="retry", message=f"no answer within {self._config.timeout_s:g} s")

    def _unconnected(self, exc: Exception) -> Failure:
        import httpx2

        cause = exc.__cause__
        what = redact(str(cause) or type(cause).__name__, self._key)
        if not self._contact and isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
            first = "start the server" if self._loopback else "check the network connection"
            hint = f"{first}, or give another --base-url"
            return Failure(kind="fatal", message=f"cannot be reached ({what})", hint=hint)
        if isinstance(cause, httpx2.TimeoutException):
            return self._late()
        return Failure(kind="retry", message=f"connection lost ({what})")

    def _read(self, body: str, question: Question) -> _Answer | Failure:
        """Read the body of a 200."""
        try:
            value = json.loads(body)
        except ValueError:
            return Failure(kind="retry", message=redact(f"the body is no JSON: {body[:80]}", self._key))
        if isinstance(value, dict) and isinstance(error := value.get("error"), dict):
            code = error.get("code")
            status = code if isinstance(code, int) and 400 <= code < 600 else 502
            return judge(status, {}, body, model=question.model, secret=self._key)
        try:
            choice = value["choices"][0]
            message = choice["message"]
            text, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
        except (KeyError, IndexError, TypeError, AttributeError):
            return Failure(kind="retry", message=redact(f"the body holds no answer: {body[:80]}", self._key))
        if finish == "error":
            return Failure(kind="retry", message=redact(f"the provider failed: {body[:200]}", self._key))
        if isinstance(text, list):
            text = "".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
        if not text and isinstance(refusal, str) and refusal:
            text, finish = refusal, "refusal"
        usage = value.get("usage")
        cost = usage.get("cost") if isinstance(usage, dict) else None
        provider = value.get("provider")
        return _Answer(
            text=text if isinstance(text, str) else "",
            finish_reason=finish if isinstance(finish, str) else None,
            usage=canonical_json(usage) if isinstance(usage, dict) else None,
            cost=float(cost) if isinstance(cost, int | float) else None,
            provider=provider if isinstance(provider, str) else None,
        )


def _api_key(where: str, loopback: bool) -> str:
    name = next((name for name in ("EMOJIT_API_KEY", "OPENAI_API_KEY") if os.environ.get(name, "").strip()), None)
    if name is None:
        if loopback:
            return _NO_KEY
        hint = "export EMOJIT_API_KEY=… (OPENAI_API_KEY is read too), or use --teacher recorded"
        raise ConfigError(f"no API key for {where}", hint=hint)
    key = os.environ[name].strip()
    if not (key.isascii() and key.isprintable()):
        hint = f"export {name} again, without quotes or line breaks"
        raise ConfigError(f"{name} holds characters that no HTTP header can carry", hint=hint)
    return key
