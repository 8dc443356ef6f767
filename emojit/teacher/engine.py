"""The engine: sentences in, labels out, each question asked once.

As many workers as calls may be in flight take sentences from one shared iterator and work each to its end: rewrite, then the emoji of every sample.
A slow answer holds up its own sentence only, and never are more than `concurrency` calls in flight. A reply is on the disk before it is
used, so a run that was killed goes on where it stood.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Never, Protocol

from emojit import emoji
from emojit.errors import ConfigError, TeacherError
from emojit.logs import progress
from emojit.recipe import TeacherConfig
from emojit.teacher.prompts import emoji_question, rewrite_question
from emojit.teacher.reading import Unreadable, read_emojis, read_rewrite
from emojit.teacher.records import NO_ANSWER, Labelled, LabelRun, Question, Reply, Task
from emojit.teacher.store import ReplyStore

if TYPE_CHECKING:
    from tqdm import tqdm

logger = logging.getLogger(__name__)

# A run stops after 20 failed questions when over half of the last 40 failed.
_MIN_FAILURES, _WINDOW, _MAX_SHARE = 20, 40, 0.5


class Teacher(Protocol):
    """Whoever answers questions.

    Attributes:
        live: whether its failures say something about the next question: a live teacher that mostly fails is not asked on.
    """

    live: bool

    async def ask(self, question: Question) -> Reply:
        """Answer one question; a reply with `error` where there is no answer, TeacherError where no further question makes sense."""

    async def close(self) -> None:
        """Let go of connections; called at the end of each run, in its event loop."""


def label(
    tasks: Iterable[Task],
    config: TeacherConfig,
    teacher: Teacher,
    store: ReplyStore,
    *,
    on_done: Callable[[Labelled], None] | None = None,
    quiet: bool = False,
) -> LabelRun:
    """Ask the teacher about every sentence.

    Args:
        tasks: sentences; taken lazily, so a generator is read only as fast as it is worked off.
        config: prompts' parameters, concurrency.
        teacher: who answers what the store does not hold.
        store: replies that are already there, and where new ones go; afterwards it holds every key of the result.
        on_done: called with each finished record, in the order in which they finish.
        quiet: no progress bar.

    Returns:
        One record per task in the order of the tasks, and the counts.

    Raises:
        ConfigError: something banned is no emoji.
        TeacherError: the teacher cannot be asked, mostly fails, or the store cannot be written. What was answered is stored.
    """
    total = len(tasks) if isinstance(tasks, Sized) else None
    start = time.monotonic()
    bar: tqdm[Never]
    with progress(total=total, label="teacher", unit="sentence", quiet=quiet) as bar:

        def done(labelled: Labelled) -> None:
            bar.update()
            bar.set_postfix_str(f"asked {run.asked}, stored {run.from_store}, failed {run.failed}", refresh=False)
            if on_done is not None:
                on_done(labelled)

        run = _Run(tasks, config, teacher, store, done)
        _blocking(run.all)
    result = LabelRun(
        labelled=[run.results[index] for index in range(len(run.results))],
        asked=run.asked,
        from_store=run.from_store,
        failed=run.failed,
        seconds=time.monotonic() - start,
    )
    logger.info(
        "labelled rows=%d asked=%d stored=%d failed=%d seconds=%.1f",
        len(result.labelled), result.asked, result.from_store, result.failed, result.seconds,
    )  # fmt: skip
    return result


def question_count(tasks: Iterable[Task]) -> int:
    """Return how many questions the tasks make when every rewrite can be read (count)."""
    return sum(1 + task.samples for task in tasks)


def stored_count(tasks: Iterable[Task], config: TeacherConfig, store: ReplyStore) -> int:
    """Return how many questions of the tasks are answered in the store (count); nothing is asked."""
    return sum(1 for task in tasks for _ in _stored(task, config, store))


def _stored(task: Task, config: TeacherConfig, store: ReplyStore) -> Iterator[Reply]:
    reply = store.get(rewrite_question(task.text, config).key)
    if reply is None or reply.error is not None:
        return
    yield reply
    with contextlib.suppress(Unreadable):
        post = read_rewrite(reply.text, task.text, finish_reason=reply.finish_reason).text
        for sample in range(task.samples):
            vote = store.get(emoji_question(post, config, sample).key)
            if vote is not None and vote.error is None:
                yield vote


class _Run:
    """The state of one call of `label`."""

    def __init__(
        self,
        tasks: Iterable[Task],
        config: TeacherConfig,
        teacher: Teacher,
        store: ReplyStore,
        done: Callable[[Labelled], None],
    ) -> None:
        self.results: dict[int, Labelled] = {}
        self.asked = self.from_store = self.failed = 0
        self._tasks = enumerate(tasks)
        self._config = config
        self._banned = _canonical(config.banned)
        self._teacher = teacher
        self._store = store
        self._done = done
        self._in_flight: dict[str, asyncio.Future[Reply]] = {}
        self._given_up: dict[str, Reply] = {}
        self._recent: deque[bool] = deque(maxlen=_WINDOW)

    async def all(self) -> None:
        """Work off every task; the first error stops all workers."""
        self._commits = _Commits(self._store)
        workers = [asyncio.create_task(self._work()) for _ in range(self._config.concurrency)]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for worker in workers:
                worker.cancel()
            outcomes = await asyncio.gather(*workers, return_exceptions=True)
            await self._commits.close()
            await self._teacher.close()
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome
        if self._teacher.live and self.failed and self.failed == self.asked and not self.from_store:
            last = next(reversed(self._given_up.values()))
            raise self._hopeless(f"not one of {self.asked} questions was answered", last)

    async def _work(self) -> None:
        for index, task in self._tasks:  # one iterator for all workers: whoever is free takes the next task
            labelled = await self._label(task)
            self.results[index] = labelled
            self._done(labelled)

    async def _label(self, task: Task) -> Labelled:
        question = rewrite_question(task.text, self._config)
        keys = [question.key]
        reply = await self._reply(question)
        if reply.error is not None:
            return Labelled(id=task.id, stage="rewrite", reason=NO_ANSWER, detail=reply.error, keys=tuple(keys))
        try:
            post = read_rewrite(reply.text, task.text, finish_reason=reply.finish_reason)
        except Unreadable as exc:
            return Labelled(id=task.id, stage="rewrite", reason=exc.reason, detail=exc.detail, keys=tuple(keys))

        votes: list[tuple[str, ...]] = []
        rejections: list[tuple[str, str]] = []
        for sample in range(task.samples):
            question = emoji_question(post.text, self._config, sample)
            keys.append(question.key)
            reply = await self._reply(question)
            if reply.error is not None:
                rejections.append((NO_ANSWER, reply.error))
                continue
            try:
                votes.append(read_emojis(reply.text, self._banned, finish_reason=reply.finish_reason))
            except Unreadable as exc:
                rejections.append((exc.reason, exc.detail))
        labelled = Labelled(id=task.id, sns_text=post.text, leaked=post.leaked, votes=tuple(votes), keys=tuple(keys))
        if votes:
            return dataclasses.replace(labelled, emojis=votes[0])
        reason, detail = rejections[0]
        return dataclasses.replace(labelled, stage="emoji", reason=reason, detail=detail)

    async def _reply(self, question: Question) -> Reply:
        """Return the reply to a question: from the store, from whoever asks it right now, or from the teacher."""
        key = question.key
        if (waiting := self._in_flight.get(key)) is not None:
            self.from_store += 1
            return await asyncio.shield(waiting)
        stored = self._given_up.get(key) or self._store.get(key)
        if stored is not None and (
            stored.error is None or key in self._given_up
        ):  # an error of an earlier run is asked again
            self.from_store += 1
            return stored
        self._in_flight[key] = answer = asyncio.get_running_loop().create_future()
        try:
            self.asked += 1
            given = await self._teacher.ask(question)
            reply = await self._commits.put(dataclasses.replace(given, created=int(time.time())))
            answer.set_result(reply)
        finally:
            del self._in_flight[key]
            answer.cancel()  # no effect on an answer that is there
        self._count(reply)
        return reply

    def _count(self, reply: Reply) -> None:
        self._recent.append(reply.error is not None)
        if reply.error is None:
            return
        self.failed += 1
        self._given_up[reply.key] = reply
        failures = sum(self._recent)
        if self._teacher.live and self.failed >= _MIN_FAILURES and failures > _MAX_SHARE * len(self._recent):
            raise self._hopeless(f"{failures} of the last {len(self._recent)} questions failed", reply)

    def _hopeless(self, what: str, last: Reply) -> TeacherError:
        return TeacherError(
            f"teacher: {what}; the last one: {last.error}",
            hint="every reply so far is stored: look after the endpoint, then run the same command again",
            attempts=last.attempts or 0,
            last_reply=last.error,
        )


class _Commits:
    """Puts replies into the store, as many per transaction as have come while the last one was written; nobody waits for more than that."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store
        self._waiting: list[tuple[Reply, asyncio.Future[Reply]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def put(self, reply: Reply) -> Reply:
        """Return what the store holds for the question once it is on the disk."""
        if self._store.path is None:
            return self._store.put(reply)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((reply, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """Write what is left, also for workers that were cancelled while they waited."""
        if self._flushing is not None:
            await self._flushing

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                stored = await asyncio.to_thread(self._store.put_many, [reply for reply, _ in batch])
            except TeacherError as exc:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(exc)
                continue
            for (_, future), reply in zip(batch, stored, strict=True):
                if not future.done():
                    future.set_result(reply)


def _canonical(banned: Iterable[str]) -> frozenset[str]:
    """Return the banned emoji in the form in which replies are read."""
    forms = set()
    for spelling in banned:
        if (form := emoji.canonical(spelling)) is None:
            raise ConfigError(
                f"teacher.banned: {spelling!r} is no emoji of Emoji 16.0", hint='for example banned = ["✨"]'
            )
        forms.add(form)
    return frozenset(forms)


def _blocking(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a coroutine function to its end, also where an event loop is running already (a notebook): then in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return
    with ThreadPoolExecutor(1, thread_name_prefix="emojit-teacher") as pool:
        pool.submit(asyncio.run, work()).result()
