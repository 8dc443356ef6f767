"""The engine: questions in, replies out, each question asked once.

It stands between whoever wants replies and the teacher. A question is answered by the reply store, else by whoever asks it at this moment, else by the
teacher; and a reply is on the disk before it is used, so a run that was killed goes on where it stood. What is asked in which order is not
decided here: `emojit.teacher.conversation` asks the questions of one sentence, and whoever calls `run` says how many sentences are worked on at once.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher.commits import Commits
from emojit.teacher.prices import reply_cost
from emojit.teacher.records import Question, Reply
from emojit.teacher.store import ReplyStore
from emojit.teacher.wire import token_count

T = TypeVar("T")

# A run stops after 20 failed questions when more than `max_error_share` of the last 40 failed.
_MIN_FAILURES, _WINDOW = 20, 40


class Teacher(Protocol):
    """Whoever answers questions.

    Attributes:
        live: whether its failures say something about the next question: a live teacher that mostly fails is not asked on.

    Two more attributes are used where a teacher has them: `width` (count), how many questions it wants at once, in place of `teacher.concurrency`; and
    `ask_many`, see `ManyTeacher`.
    """

    live: bool

    async def ask(self, question: Question) -> Reply:
        """Answer one question; a reply with `error` where there is no answer, TeacherError where no further question makes sense."""

    async def close(self) -> None:
        """Let go of connections; called at the end of each run, in its event loop."""


class ManyTeacher(Teacher, Protocol):
    """A teacher that may give several opinions on one question in one call."""

    async def ask_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Answer the first of questions of one body, in their order; what the call cost stands on the first reply. The others are asked alone."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a run has done so far.

    Attributes:
        asked: questions that went to the teacher (count), answered or not.
        from_store: questions answered without a call (count): by the store, or by the same question of another sentence.
        failed: questions among `asked` that got no answer (count).
        calls: calls that were made for `asked` (count).
        prompt_tokens: tokens read by the teacher in this run, as the endpoint counts them (count).
        completion_tokens: tokens written by the teacher in this run, likewise (count).
        spent_usd: what this run cost (USD), as far as the endpoint bills it or the recipe states a price.
    """

    asked: int = 0
    from_store: int = 0
    failed: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    spent_usd: float = 0.0


class Engine:
    """Answers questions. It lives in one event loop; make it with `run`.

    Attributes:
        counts: what was done so far; may be read at any time.
        width: how many conversations keep the teacher busy (count). More may be open: what is in flight is bounded by the teacher.
    """

    def __init__(self, config: TeacherConfig, teacher: Teacher, store: ReplyStore) -> None:
        """Take who is asked and where replies are kept; nothing is asked yet."""
        self.counts = Counts()
        # Two conversations for each place at the endpoint: while one waits for the disk or reads a reply, the question of another takes its place at once.
        self.width = int(getattr(teacher, "width", None) or 2 * config.concurrency)
        self._config = config
        self._teacher = teacher
        self._store = store
        self._commits = Commits(store)
        self._in_flight: dict[str, asyncio.Future[Reply]] = {}
        self._given_up: dict[str, Reply] = {}
        self._failed_before: dict[str, Reply] = {}
        self._recent: deque[bool] = deque(maxlen=_WINDOW)

    async def reply(self, question: Question) -> Reply:
        """Return the reply to a question, durable.

        Returns:
            The reply; with `error` where every attempt failed. Such a question is asked again by a later run, not by this one.

        Raises:
            TeacherError: no further question makes sense, most of the latest ones failed, or the store cannot be written.
        """
        return (await self.opinions((question,)))[0]

    async def opinions(self, questions: Sequence[Question]) -> list[Reply]:
        """Return independent replies to one question: questions of one body that differ in `sample` alone.

        What nobody has asked yet is asked in one call where the teacher can give several opinions, else each alone and side by side.

        Raises:
            TeacherError: as `reply`.
        """
        known: dict[str, Reply | asyncio.Future[Reply]] = {}
        mine: list[Question] = []
        # Without a pause, so that no two conversations can claim parts of each other's questions.
        for question in questions:
            key = question.key
            if (found := self._known(key)) is not None:
                known[key] = found
                self.counts.from_store += 1
            else:
                known[key] = self._in_flight[key] = asyncio.get_running_loop().create_future()
                mine.append(question)
        if mine:
            await self._ask(mine)
        replies = []
        for question in questions:
            reply = known[question.key]
            if isinstance(reply, asyncio.Future):
                reply = reply.result() if reply.done() else await asyncio.shield(reply)
            replies.append(reply)
        return replies

    async def close(self) -> None:
        """Wait until what is answered is on the disk, then let the teacher go."""
        await self._commits.close()
        await self._teacher.close()

    def check_answered(self) -> None:
        """Refuse a run in which a live teacher has answered nothing at all.

        Raises:
            TeacherError: questions were asked, and not one was answered.
        """
        counts = self.counts
        if self._teacher.live and counts.failed and counts.failed == counts.asked and not counts.from_store:
            last = next(reversed(self._given_up.values()))
            raise self._hopeless(f"not one of {counts.asked} questions was answered", last)

    def _known(self, key: str) -> Reply | asyncio.Future[Reply] | None:
        if (found := self._in_flight.get(key) or self._given_up.get(key)) is not None:
            return found
        stored = self._store.get(key)
        if stored is None or stored.error is None:
            return stored
        self._failed_before[key] = stored  # an error of an earlier run is asked again
        return None

    async def _ask(self, questions: list[Question]) -> None:
        """Ask the teacher and resolve the futures of the questions, which this conversation has claimed."""
        left = questions
        try:
            self.counts.asked += len(questions)
            if len(left) > 1 and (ask_many := getattr(self._teacher, "ask_many", None)) is not None:
                given: list[Reply] = await ask_many(left)
                self.counts.calls += next((reply.attempts or 0 for reply in given), 0)
                await self._keep(given)
                left = left[len(given) :]
            if len(left) == 1:
                await self._ask_alone(left[0])
            elif left:
                await together(self._ask_alone(question) for question in left)
        finally:
            for question in questions:
                self._in_flight.pop(question.key).cancel()  # no effect on an answer that is there

    async def _ask_alone(self, question: Question) -> None:
        given = await self._teacher.ask(question)
        self.counts.calls += given.attempts or 0
        await self._keep([given])

    async def _keep(self, given: Sequence[Reply]) -> None:
        if not given:
            return
        now = int(time.time())
        for reply in given:
            self._account(reply)
        stored = await self._commits.put([self._stamped(reply, now) for reply in given])
        for reply in stored:
            self._in_flight[reply.key].set_result(reply)
        for reply in stored:
            self._count(reply)

    def _stamped(self, reply: Reply, now: int) -> Reply:
        """Return a reply as it is stored: with the time, and with the calls and the cost of an earlier run that got no answer."""
        earlier = self._failed_before.pop(reply.key, None)
        if earlier is None:
            return dataclasses.replace(reply, created=now)
        attempts = (earlier.attempts or 0) + (reply.attempts or 0)
        cost = reply.cost if earlier.cost is None else earlier.cost + (reply.cost or 0.0)
        return dataclasses.replace(reply, created=now, attempts=attempts, cost=cost)

    def _account(self, reply: Reply) -> None:
        self.counts.spent_usd += reply_cost(reply, self._config.price) or 0.0
        if reply.usage is not None:
            usage = json.loads(reply.usage)
            self.counts.prompt_tokens += _tokens(usage, "prompt_tokens")
            self.counts.completion_tokens += _tokens(usage, "completion_tokens")

    def _count(self, reply: Reply) -> None:
        self._recent.append(reply.error is not None)
        if reply.error is None:
            return
        self.counts.failed += 1
        self._given_up[reply.key] = reply
        failures, of = sum(self._recent), len(self._recent)
        if self._teacher.live and self.counts.failed >= _MIN_FAILURES and failures > self._config.max_error_share * of:
            raise self._hopeless(f"{failures} of the last {of} questions failed", reply)

    def _hopeless(self, what: str, last: Reply) -> TeacherError:
        return TeacherError(
            f"teacher: {what}; the last one: {last.error}",
            hint="every reply so far is stored: look after the endpoint, then run the same command again",
            attempts=last.attempts or 0,
            last_reply=last.error,
        )


def run(work: Callable[[Engine], Awaitable[T]], config: TeacherConfig, teacher: Teacher, store: ReplyStore) -> T:
    """Run work that asks questions, to its end.

    Args:
        work: given the engine; its coroutines live in one event loop and are all over when it returns (see `together`).
        config: the `[teacher]` section.
        teacher: who answers what the store does not hold; closed at the end.
        store: replies that are there, and where new ones go.

    Returns:
        What `work` returns.

    Raises:
        TeacherError: as `Engine.reply`; or not one question was answered. Whatever was answered is in the store.
    """

    async def session() -> T:
        engine = Engine(config, teacher, store)
        try:
            result = await work(engine)
        finally:
            await engine.close()
        engine.check_answered()
        return result

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(session())
    # An event loop is running already, as in a notebook: ours gets a thread of its own.
    with ThreadPoolExecutor(1, thread_name_prefix="emojit-teacher") as pool:
        return pool.submit(asyncio.run, session()).result()


async def together(workers: Iterable[Coroutine[object, None, None]]) -> None:
    """Run coroutines side by side until all are over; the first error cancels the others and comes through as it is."""
    started = [asyncio.create_task(worker) for worker in workers]
    try:
        await asyncio.wait(started, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for worker in started:
            worker.cancel()
        outcomes = await asyncio.gather(*started, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


def _tokens(usage: object, name: str) -> int:
    return token_count(usage.get(name)) or 0 if isinstance(usage, dict) else 0
