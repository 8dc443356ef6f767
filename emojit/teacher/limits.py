"""The gate in front of an endpoint: every call passes it, and what one call learns about limits holds for all.

* Never more than `concurrency` calls are in flight; fewer after a 429 (by half the share of 429s lately), one more per round of answers after that,
  faster when it stays quiet.
* Calls and tokens start evenly, at most `requests_per_minute` and `tokens_per_minute` in any minute.
* A 429 among many answers is a hiccup: its own question waits for what the endpoint asks, and a little less is in flight.
* 429s in a row, or as half of what came lately, pause everybody, for what the endpoint asks and a growing wait with jitter on top. Then one call goes as a
  probe, and the others follow when it is not refused. A call that is refused counts against `max_attempts` of its question, so the probe is the waiting
  question that has been refused least.
* Where probes keep being refused, the endpoint counts by the minute: the gate waits until its own earliest call is a minute old, and from then on starts
  no more in a minute than went through in the last one. That learned rate is tried a little higher every minute it is used up.
* `x-ratelimit-remaining-*` and `x-ratelimit-reset-*` bound what starts until the reset, before there is any 429.
* The first call of a session is a probe too, so a wrong key, model or address costs one call and not one per worker, where the endpoint says so at once.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
import random
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe import TeacherConfig
from emojit.teacher.limit_headers import remaining_requests, remaining_tokens
from emojit.teacher.pace import MINUTE_S, Allowance, Minute, Pace

logger = logging.getLogger(__name__)

_FIRST_CONTACT_S = 0.02  # longest wait of the others for the very first call
_PROBE_S = 2.0  # a 429 comes at once: a probe that is not refused by then was let in
_BACKOFF_LIMIT_S = 30.0
_LATELY = 20  # calls whose ends say what share is refused
# refused share of them, or refusals in a row, from which on everybody waits
_CROWD_SHARE, _CROWD_ROW = 0.5, 3
_WINDOW_EVENTS = 4  # refusals while everybody waits, from which on a limit by the minute is assumed
_FEWEST = 10  # calls in a minute below which nothing can be learned from them
_HIGHER, _USED_UP = 1.15, 0.9  # the learned rate is tried so much higher when so much of it was used
_QUIET_S = 10.0  # after each so many seconds without a 429 the calls in flight grow by one more per round
_SAID_S = 10.0  # a pause that is worth a line in the log
_TOKENS_PER_CHAR = 1.5  # question and answer together, until the endpoint has counted some
_LEAST_TOKENS_PER_CHAR = (
    0.5  # Japanese text takes more with every tokenizer that is in use, and the answer comes on top
)

Verdict = Literal["answered", "limited", "failed", "fatal", "dropped"]
"""How a call ended: with an answer; with a 429; with any other failure; with one that stops the run; or it was cancelled."""


@dataclass(slots=True, kw_only=True)
class Ticket:
    """The right to make one call.

    Attributes:
        started: when (s, monotonic).
        chars: characters of the question (count).
        tokens: tokens it was expected to take (count).
        requests_mark: calls started up to and with it (count).
        tokens_mark: tokens likewise (count).
    """

    started: float
    chars: int
    tokens: float
    requests_mark: int
    tokens_mark: float


@dataclass(slots=True, kw_only=True, order=True)
class _Waiting:
    order: int  # no two are alike, so nothing else is compared
    attempts: int
    chars: int
    let_in: asyncio.Future[Ticket]


class Gate:
    """Lets calls start. Used in one event loop at a time; what it has learned is kept from one to the next.

    Attributes:
        room: calls that may be in flight now, from 1 to `concurrency` (count, with a fraction on the way to the next).
        refusals: 429s since everybody waits, the one that was one too many and those of the probes (count); 0 while calls start freely.
    """

    def __init__(self, config: TeacherConfig, *, backoff_s: float) -> None:
        """Take the limits of the recipe, and the wait after the first 429 (s)."""
        self._width = config.concurrency
        self._patience_s = config.patience_s
        self._backoff_s = backoff_s
        self._orders = itertools.count()
        self._waiting: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._in_flight = 0
        self.room = float(self._width)
        self._own = config.requests_per_minute
        self._requests, self._tokens = Pace(self._own), Pace(config.tokens_per_minute)
        self._requests_left, self._tokens_left = Allowance(), Allowance()
        self._minute = Minute()
        self._started, self._tokens_started = 0, 0.0
        self._per_char = _TOKENS_PER_CHAR
        self._learned: float | None = None
        self._learned_at = -math.inf
        self._paused_until = -math.inf
        self._refused_at = -math.inf  # when the latest refusal of a call came that had started after the one before
        self.refusals = 0
        self._refusing_since = math.inf
        self._lately: deque[bool] = deque(maxlen=_LATELY)
        self._closed, self._probe_s = True, _FIRST_CONTACT_S
        self._probe: Ticket | None = None

    @property
    def rate(self) -> float:
        """Calls that may start in any minute, of the recipe or learned (count); 0 is no limit."""
        return self._requests.per_minute

    def refused_for(self) -> float:
        """Return since when nothing but 429s came (s); 0.0 while calls start freely."""
        return max(0.0, time.monotonic() - self._refusing_since) if self.refusals else 0.0

    @property
    def counts_tokens(self) -> bool:
        """Whether a limit on tokens is known, so that what a call took matters to the next."""
        return self._tokens.limited or self._tokens_left.known

    def order(self) -> int:
        """Return the place of a question in the queue; it keeps it over all its calls."""
        return next(self._orders)

    async def enter(self, *, order: int, attempts: int, chars: int) -> Ticket:
        """Wait until a call may start; give the ticket back with `leave`, whatever happens.

        Args:
            order: the question's place, from `order`.
            attempts: calls already made for it (count).
            chars: its length (characters).

        Raises:
            ConfigError: `tokens_per_minute` is less than this one question takes, so the limit could not be kept by waiting.
        """
        self._check_fits(chars)
        alone = not self._waiting
        if alone:
            now = time.monotonic()
            if self._opens_at(now, chars) <= now:
                return self._start(now, chars)
        let_in: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, _Waiting(order=order, attempts=attempts, chars=chars, let_in=let_in))
        if alone:  # otherwise somebody waits for the same
            self._pump()
        try:
            return await let_in
        except asyncio.CancelledError:
            if let_in.done() and not let_in.cancelled():  # let in and cancelled at the same moment
                self.leave(let_in.result(), "dropped")
            raise

    def _check_fits(self, chars: int) -> None:
        limit, least = self._tokens.per_minute, chars * _LEAST_TOKENS_PER_CHAR
        if self._tokens.limited and least > limit:
            raise ConfigError(
                f"teacher.tokens_per_minute = {limit:.0f}: one question of {chars:,} characters takes {least:,.0f} tokens or more, so none may be asked",
                hint="set it to what the endpoint's plan allows in a minute, or to 0 to go by what the endpoint says",
            )

    def leave(
        self,
        ticket: Ticket,
        verdict: Verdict,
        *,
        wait_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        tokens: int | None = None,
    ) -> float:
        """Give a ticket back and say what came of the call.

        Args:
            ticket: from `enter`.
            verdict: how the call ended.
            wait_s: what the endpoint asks to wait (s), with a 429.
            headers: of the response, where there was one.
            tokens: what question and answer took together by the endpoint's count, where it says so.

        Returns:
            How long this question alone shall wait before it enters again (s); 0.0 where it may queue with the others.
        """
        now = time.monotonic()
        own_wait_s = 0.0
        self._in_flight -= 1
        if self._probe is ticket:
            self._probe = None
        if headers is not None:
            self._hear(ticket, headers, now)
        if tokens is not None:
            self._tokens.correct(tokens - ticket.tokens)
            self._per_char += 0.1 * (tokens / max(1, ticket.chars) - self._per_char)
        if verdict in {"answered", "failed", "limited"}:
            self._lately.append(verdict == "limited")
        if verdict == "limited":
            own_wait_s = self._refuse(ticket, wait_s or 0.0, now)
        elif verdict in {"answered", "failed"} and ticket.started >= self._refused_at:
            self.refusals = 0
            self._closed = False
        if verdict == "answered":
            quiet = 1 + (now - self._refused_at) / _QUIET_S
            self.room = min(self._width, self.room + quiet / self.room) if quiet < math.inf else self._width
            self._try_higher(now)
        if verdict == "fatal":  # the run is being stopped: do not send the next one into it
            self._paused_until = max(self._paused_until, now + _FIRST_CONTACT_S)
        self._pump()
        return own_wait_s

    def reset(self) -> None:
        """Forget the event loop and whoever waits; the next call is a first contact again."""
        self._close_for(_FIRST_CONTACT_S)
        self._waiting.clear()
        self._in_flight = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_for(self, probe_s: float) -> None:
        """Let nobody in but one probe, and the others when it is not refused within a time (s)."""
        self._closed, self._probe_s, self._probe = True, probe_s, None

    def _opens_at(self, now: float, chars: int) -> float:
        """Return when a question may start (s); infinity where that depends on a call in flight."""
        if self._in_flight >= max(1, int(self.room)):
            return math.inf
        at = self._paused_until
        if self._closed and self._probe is not None:
            at = max(at, self._probe.started + self._probe_s)
        tokens = self._per_char * chars
        return max(
            at,
            self._requests.ready_at(now, 1),
            self._tokens.ready_at(now, tokens),
            self._requests_left.ready_at(now, self._started + 1),
            self._tokens_left.ready_at(now, self._tokens_started + tokens),
        )

    def _start(self, now: float, chars: int) -> Ticket:
        tokens = self._per_char * chars
        self._in_flight += 1
        self._started += 1
        self._tokens_started += tokens
        self._requests.take(now, 1)
        self._tokens.take(now, tokens)
        self._minute.add(now)
        ticket = Ticket(
            started=now, chars=chars, tokens=tokens, requests_mark=self._started, tokens_mark=self._tokens_started
        )
        if self._closed and self._probe is None:
            self._probe = ticket
        else:  # the probe was not refused in time
            self._closed = False
        return ticket

    def _pump(self) -> None:
        """Let in whoever may start now; come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (waiting := self._next()) is not None:
            now = time.monotonic()
            at = self._opens_at(now, waiting.chars)
            if at > now:
                if at < math.inf:
                    self._timer = asyncio.get_running_loop().call_later(at - now, self._pump)
                return
            if waiting is self._waiting[0]:
                heapq.heappop(self._waiting)
            else:
                self._waiting.remove(waiting)
                heapq.heapify(self._waiting)
            waiting.let_in.set_result(self._start(now, waiting.chars))

    def _next(self) -> _Waiting | None:
        """Return who is next: the oldest question; for a probe the one that was refused least."""
        while self._waiting and self._waiting[0].let_in.done():
            heapq.heappop(self._waiting)
        if not self._waiting:
            return None
        if not self._closed:
            return self._waiting[0]
        there = [waiting for waiting in self._waiting if not waiting.let_in.done()]
        return min(there, key=lambda waiting: (waiting.attempts, waiting.order))

    def _hear(self, ticket: Ticket, headers: Mapping[str, str], now: float) -> None:
        for left, mark, allowance in (
            (remaining_requests(headers), float(ticket.requests_mark), self._requests_left),
            (remaining_tokens(headers), ticket.tokens_mark, self._tokens_left),
        ):
            if left is not None:
                allowance.heard(mark, left.units, now + min(left.reset_s, self._patience_s))

    def _refuse(self, ticket: Ticket, wait_s: float, now: float) -> float:
        """Take in a 429; returns how long its question alone shall wait (s)."""
        self._minute.add(ticket.started, -1)
        if wait_s > self._patience_s:
            return 0.0  # the question is given up; nobody waits so long
        together = ticket.started < self._refused_at  # it was in flight when another one was refused
        if not together:
            self._refused_at = now
        if self._paused_until > now or (together and self._closed):
            self._paused_until = max(self._paused_until, now + wait_s)
            return 0.0
        share = sum(self._lately) / len(self._lately)
        in_a_row = all(itertools.islice(reversed(self._lately), _CROWD_ROW)) and len(self._lately) >= _CROWD_ROW
        if not self._closed and share < _CROWD_SHARE and not in_a_row:
            if not together:
                self.room = max(1.0, self.room * (1 - share / 2))
            return wait_s + self._backoff_s * random.uniform(0.5, 1.0)
        self._pause(wait_s, now)
        return 0.0

    def _pause(self, wait_s: float, now: float) -> None:
        """Hold everybody back, and let one probe try first."""
        if self.refusals == 0:  # a refused probe says nothing about how many may be in flight
            self.room = max(1.0, self.room / 2)
        first = self.refusals == 0
        if first:
            self._refusing_since = now
        self.refusals += 1
        self._close_for(_PROBE_S)
        backoff_s = min(_BACKOFF_LIMIT_S, self._backoff_s * 2.0 ** min(self.refusals - 1, 16)) * random.uniform(
            0.5, 1.0
        )
        if first and wait_s:  # what the endpoint asks for is enough, until it shows that it is not
            backoff_s = 0.0
        until = now + wait_s + backoff_s
        if self.refusals >= _WINDOW_EVENTS and (went := self._minute.count(now)) >= _FEWEST:
            self._learn(went, now)
            until = max(until, self._minute.oldest(now) + MINUTE_S + 1)
        self._paused_until = max(self._paused_until, until)
        say = logger.warning if self._paused_until - now >= _SAID_S else logger.debug
        say("the endpoint has refused %d calls in a row; paused for %.1f s", self.refusals, self._paused_until - now)

    def _learn(self, per_minute: float, now: float) -> None:
        self._learned, self._learned_at = per_minute, now
        self._requests.per_minute = min(per_minute, self._own or math.inf)

    def _try_higher(self, now: float) -> None:
        if self._learned is None or now < self._learned_at + MINUTE_S:
            return
        used_up = self._minute.count(now) >= _USED_UP * self._learned
        self._learn(self._learned * _HIGHER if used_up else self._learned, now)
