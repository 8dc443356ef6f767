"""The teacher behind an OpenAI-compatible endpoint: asks until there is an answer, a refusal or no hope.

Each call passes the gate (`emojit.teacher.limits`), goes out (`emojit.teacher.transport`) and is judged (`emojit.teacher.completions` and
`emojit.teacher.failures`). Never are more than `max_attempts` calls made for a question, whatever came of them.

An empty answer (nothing but blanks or thinking) is taken for a hiccup of the endpoint: it is asked for again like a failed call; the last one is then
stored as the answer, and read as `empty`. Every other unreadable answer is stored at once: the same question has the same key, and
asking it again would only be luck.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher.address import Address, find_address
from emojit.teacher.completions import Completion, read_body
from emojit.teacher.failures import Failure, judge, redact, without_place
from emojit.teacher.limits import Gate, Verdict
from emojit.teacher.records import Question, Reply
from emojit.teacher.transport import CallError, Http, Response

_BACKOFF_LIMIT_S = 30.0
_FAILS_ON_N = frozenset({500, 501})  # as llama.cpp's server does: "Only one completion choice is allowed"
_TURNS = 2  # of the event loop: in the first the next call is let in, in the second it is sent


@dataclass(slots=True, kw_only=True)
class _Tries:
    """The calls made for one question, and whether another one makes sense.

    Attributes:
        config: the bounds.
        backoff_s: wait after the first failure (s).
        order: the question's place in the queue at the gate.
        calls: calls made (count).
        failures: calls among them that failed or gave an empty answer (count).
        cost: what the answered calls cost together, empty answers among them (USD), or None where nothing is billed.
    """

    config: TeacherConfig
    backoff_s: float
    order: int
    calls: int = 0
    failures: int = 0
    cost: float | None = None

    def wait_after(self, outcome: Completion | Failure) -> float | None:
        """Return how long to wait before the next call (s), or None when there shall be none."""
        self.calls += 1
        wait_s: float | None
        if isinstance(outcome, Completion):
            if outcome.cost is not None:
                self.cost = (self.cost or 0.0) + outcome.cost
            if not all(choice.empty for choice in outcome.choices):
                return None
            wait_s = self._backoff()
        elif outcome.kind == "limited":
            # The gate says who waits how long.
            wait_s = 0.0 if (outcome.wait_s or 0.0) <= self.config.patience_s else None
        elif outcome.kind == "retry":
            wait_s = max(outcome.wait_s or 0.0, self._backoff())
        else:
            return None
        if self.calls >= self.config.max_attempts or wait_s is None or wait_s > self.config.patience_s:
            return None
        return wait_s

    def cost_of(self, number: int) -> float | None:
        """Return what stands on the reply with this number among several (USD)."""
        return None if self.cost is None else 0.0 if number else self.cost

    def _backoff(self) -> float:
        """Return a wait (s): exponential, half of it at random so that the workers do not come back together."""
        self.failures += 1
        full = min(_BACKOFF_LIMIT_S, self.backoff_s * 2.0 ** min(self.failures - 1, 16))
        return full * random.uniform(0.5, 1.0)


class OpenAITeacher:
    """Asks any OpenAI-compatible endpoint."""

    live = True

    def __init__(self, config: TeacherConfig, *, backoff_s: float = 0.5) -> None:
        """Check address, key and switches; no call is made.

        Args:
            config: the `[teacher]` section.
            backoff_s: wait before the second call of a question, and after a first 429 (s); doubled each further time, up to 30 s, with jitter.

        Raises:
            ConfigError: no API key in the environment, or a wrong OPENAI_BASE_URL.
            OfflineError: `EMOJIT_OFFLINE` is set and the endpoint is not on this machine.
        """
        self._config = config
        self._backoff_s = backoff_s
        self._address: Address = find_address(config)
        self._gate = Gate(config, backoff_s=backoff_s)
        self._http: Http | None = None
        self._contact = False
        # Until the endpoint refuses `n`. Where one call is all that a question may have, that refusal would be its end, so `n` is not tried.
        self._many = config.max_attempts > 1

    @property
    def base_url(self) -> str:
        """Where the endpoint is."""
        return self._address.base_url

    async def ask(self, question: Question) -> Reply:
        """Ask one question.

        Returns:
            The reply; `error` says why there is no answer where every attempt failed.

        Raises:
            TeacherError: no further question would fare better: unreachable, wrong key, wrong model, no credit.
        """
        return await self._alone(question)

    async def ask_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Ask for several opinions in one call (`n`), unless the endpoint has refused that.

        An endpoint that passes `n` by is asked so every time: its one answer is an answer, so nothing is lost, and what is sent for a question does not
        depend on which answers to others have come by then.

        Args:
            questions: of one body; they differ in `sample` alone.

        Returns:
            Replies to the first of the questions, usage and cost of the call on the first reply. The others are to be asked alone: the endpoint gave
            fewer answers than it was asked for, or refused to give several; after a refusal it is not asked for several again. An empty answer
            among others is an answer.

        Raises:
            TeacherError: as `ask`.
        """
        if not self._many:
            return []
        outcome, tries = await self._try(questions)
        if isinstance(outcome, Failure) and outcome.kind == "fatal":
            self._many = False  # a wrong key or model shows again at the next call, which counts for the same question
            if tries.calls >= self._config.max_attempts:
                return _replies(questions[:1], outcome, tries)
            return [await self._alone(questions[0], tries)]
        return _replies(questions, outcome, tries)

    async def _alone(self, question: Question, tries: _Tries | None = None) -> Reply:
        """Ask one question, after the calls that were made for it already."""
        outcome, tries = await self._try((question,), tries)
        if isinstance(outcome, Failure) and outcome.kind == "fatal":
            message = f"teacher {self._address.where}: {outcome.message}"
            raise TeacherError(message, hint=outcome.hint, attempts=tries.calls, last_reply=outcome.message)
        return _replies((question,), outcome, tries)[0]

    async def close(self) -> None:
        """Close the connections. The next question opens new ones, in whatever event loop it is asked."""
        http, self._http, self._contact = self._http, None, False
        self._gate.reset()
        if http is not None:
            await http.close()

    async def _try(
        self, questions: Sequence[Question], tries: _Tries | None = None
    ) -> tuple[Completion | Failure, _Tries]:
        """Call until another call makes no sense; calls made before count. Where `n` may be why a call failed, the next one asks for one opinion."""
        question = questions[0]
        body = alone = question.body_json.encode()
        if len(questions) > 1:
            body = alone[:-1] + b',"n":%d}' % len(questions)
        chars = sum(len(content) for _, content in question.messages)
        tries = tries or _Tries(config=self._config, backoff_s=self._backoff_s, order=self._gate.order())
        while True:
            ticket = await self._gate.enter(order=tries.order, attempts=tries.calls, chars=chars)
            verdict: Verdict = "dropped"
            response: Response | Failure | None = None
            outcome: Completion | Failure | None = None
            own_wait_s = 0.0
            try:
                response = await self._send(body)
                if not self._is_plain(response):
                    outcome = self._judged(response, question.model)
                verdict = "answered" if outcome is None else _verdict(outcome)
            finally:
                own_wait_s = self._gate.leave(
                    ticket,
                    verdict,
                    wait_s=outcome.wait_s if isinstance(outcome, Failure) else None,
                    headers=response.headers if isinstance(response, Response) else None,
                    tokens=outcome.tokens if isinstance(outcome, Completion) else None,
                )
            if outcome is None:
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                outcome = self._judged(response, question.model)
            if isinstance(outcome, Failure) and outcome.kind == "limited":
                outcome = self._out_of_patience(outcome)
            if isinstance(response, Response) and response.status in _FAILS_ON_N:
                body = alone
            wait_s = tries.wait_after(outcome)
            if wait_s is None:
                return outcome, tries
            if wait_s or own_wait_s:
                await asyncio.sleep(max(wait_s, own_wait_s))

    async def _send(self, body: bytes) -> Response | Failure:
        """Make one call."""
        if self._http is None:
            self._http = Http(self._address, self._config.timeout_s)
        try:
            response = await self._http.post(body)
        except CallError as exc:
            return self._unanswered(exc)
        self._contact = True  # from now on a lost connection is a hiccup
        return response

    def _is_plain(self, response: Response | Failure) -> bool:
        """Say whether a response is an answer at first sight: then the next call starts before it is read.

        Calls that started together are answered together; reading all of the answers first would hold up the calls behind them by as long again.
        Where tokens are counted, what the answer took must be known first.
        """
        if isinstance(response, Failure) or self._gate.counts_tokens:
            return False
        return response.status == 200 and '"error"' not in response.body

    def _judged(self, response: Response | Failure, model: str) -> Completion | Failure:
        """Read a response."""
        if isinstance(response, Failure):
            return response
        key = self._address.key
        if response.status == 200:
            return read_body(response.body, model=model, secret=key)
        return judge(response.status, response.headers, response.body, model=model, secret=key)

    def _out_of_patience(self, limited: Failure) -> Failure:
        """Return what a 429 comes to: the end of the run where nothing else has come for `patience_s`. One by one the questions would take hours."""
        refused_s = self._gate.refused_for()
        if refused_s <= self._config.patience_s:
            return limited
        message = f"nothing but 429 for {refused_s:.0f} s, longer than teacher.patience_s = {self._config.patience_s:g}: {limited.message}"
        hint = "every reply so far is stored: run the same command again later, with a smaller --concurrency or with teacher.requests_per_minute"
        return Failure(kind="fatal", message=message, hint=hint)

    def _unanswered(self, exc: CallError) -> Failure:
        what = redact(str(exc), self._address.key)
        if exc.kind == "unreached" and not self._contact:
            first = "start the server" if self._address.loopback else "check the network connection"
            hint = f"{first}, or give another --base-url"
            return Failure(kind="fatal", message=f"cannot be reached ({what})", hint=hint)
        if exc.kind == "late":
            return Failure(kind="retry", message=f"no answer within {self._config.timeout_s:g} s")
        return Failure(kind="retry", message=f"connection lost ({without_place(what, self._address.base_url)})")


def _verdict(outcome: Completion | Failure) -> Verdict:
    if isinstance(outcome, Completion):
        return "answered"
    if outcome.kind == "limited" or outcome.kind == "fatal":
        return outcome.kind
    return "answered" if outcome.kind == "refusal" else "failed"


def _replies(questions: Sequence[Question], outcome: Completion | Failure, tries: _Tries) -> list[Reply]:
    """Return a reply for each question that the outcome speaks of; what the calls cost stands on the first."""
    if isinstance(outcome, Completion):
        # Where some of several answers are there, an empty one among them stands.
        return [
            Reply(
                key=question.key,
                request=question.request,
                text=choice.text,
                finish_reason=choice.finish_reason,
                usage=None if number else outcome.usage,
                cost=tries.cost_of(number),
                provider=outcome.provider,
                attempts=tries.calls,
            )
            for number, (question, choice) in enumerate(zip(questions, outcome.choices, strict=False))
        ]
    refused = outcome.kind == "refusal"
    return [
        Reply(
            key=question.key,
            request=question.request,
            text=outcome.message if refused else "",
            finish_reason="content_filter" if refused else None,
            cost=tries.cost_of(number),
            attempts=tries.calls,
            error=None if refused else outcome.message,
        )
        for number, question in enumerate(questions)
    ]
