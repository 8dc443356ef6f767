"""The teacher behind a batch API: questions go up as files, answers come down hours later, at the price of patience.

    ask ─▶ parked ─▶ job written down ─▶ file uploaded ─▶ job created ─▶ polled ─▶ result read into the store ─▶ ask returns
                        (on the disk before the next step)

A question is parked until no further one has come for a moment, or until a file is full; so all conversations that are open send their rewrite
questions together, and later their emoji questions: about two jobs per wave. What has no answer in the result goes into one of the next
jobs, up to `max_attempts`. Whatever stops this process, the same command goes on with the jobs that exist: see `emojit.teacher.batch_store`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from itertools import islice

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher.address import find_address
from emojit.teacher.batch_api import BatchApi, RemoteJob
from emojit.teacher.batch_lines import line_bytes, read_line, request_line
from emojit.teacher.batch_progress import BatchProgress
from emojit.teacher.batch_store import BatchJobs, Job, Outcome
from emojit.teacher.failures import Failure, redact
from emojit.teacher.records import Question, Reply
from emojit.teacher.store import ReplyStore

logger = logging.getLogger(__name__)

_FILE_BYTES = 200_000_000  # of a file of requests at most; https://platform.openai.com/docs/guides/batch
_FIRST_POLL_S = 1.0
_GROWTH = 1.5  # of the wait between two polls
_LOCK_S = 0.1  # wait before the lock of another process is tried again
_CHUNK = 1_000  # lines per transaction
_REFUSED_FILES = 2  # jobs in a row that the endpoint may refuse whole before the run stops
_QUEUE_FULL = "token_limit_exceeded"  # too many tokens wait in the endpoint's queue: a matter of time, not of the file
_QUEUE_S = 86_400.0  # longest wait for the endpoint's queue
_SETTLED_S = 3_600  # a job that was planned longer ago than this is in the endpoint's list or nowhere (s)


class BatchTeacher:
    """Asks through the files and batches calls of an OpenAI-compatible endpoint.

    Attributes:
        live: a batch endpoint that mostly fails is not asked on.
        width: conversations that fill a job (count).
    """

    live = True

    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        *,
        quiet_s: float = 1.0,
        recheck_s: float = 10.0,
        backoff_s: float = 0.5,
        quiet: bool = True,
    ) -> None:
        """Check address, key and switches; no call is made.

        Args:
            config: the `[teacher]` section.
            store: where jobs and replies are kept; the one that the engine uses.
            quiet_s: how long no further question must come before the parked ones go (s).
            recheck_s: how long after its creation a job may be missing in the endpoint's list (s).
            backoff_s: wait after the first failed call (s).
            quiet: no progress bar.

        Raises:
            ConfigError: no API key in the environment, or a wrong OPENAI_BASE_URL.
            OfflineError: `EMOJIT_OFFLINE` is set and the endpoint is not on this machine.
            TeacherError: the store cannot be written.
        """
        self.width = config.batch_size
        self._config = config
        self._address = find_address(config)
        self._api = BatchApi(config, self._address, backoff_s=backoff_s)
        self._jobs = BatchJobs(store)
        self._store = store
        self._quiet_s = quiet_s
        self._recheck_s = recheck_s
        self._backoff_s = backoff_s
        self._progress = BatchProgress(quiet=quiet)
        self._reset()

    async def ask(self, question: Question) -> Reply:
        """Park a question and wait for its reply, which is in the store when this returns.

        Returns:
            The reply; `error` says why there is no answer where every attempt failed.

        Raises:
            TeacherError: no further question would fare better: unreachable, no batch API, wrong key, refused files.
        """
        if self._error is not None:
            raise self._error
        if (asked := self._waiting.get(question.key)) is not None:
            return await asyncio.shield(asked[1])
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[question.key] = question, future
        self._park([question.key])
        return await future

    async def close(self) -> None:
        """Stop waiting and close the connections. The jobs go on at the endpoint; a later run waits for them."""
        tasks = [task for task in (self._pump, *self._followed.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._api.close()
        self._progress.close()
        self._reset()

    def _reset(self) -> None:
        self._waiting: dict[str, tuple[Question, asyncio.Future[Reply]]] = {}
        self._parked: dict[str, None] = {}  # an ordered set of keys
        self._parked_at = 0.0
        self._members: dict[str, set[str]] = {}
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._pump: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._error: BaseException | None = None
        self._size = self._config.batch_size
        self._refused = 0
        self._queue_since: float | None = None
        self._not_before = 0.0

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: asyncio.Task[None]) -> None:
        """Pass the error of a task on to everybody who waits."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._error = self._error or error
        for _, future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waits may have been cancelled, and an error that nobody looked at is logged
        self._waiting.clear()
        self._parked.clear()

    def _park(self, keys: Iterable[str]) -> None:
        self._parked.update(dict.fromkeys(keys))
        self._parked_at = time.monotonic()
        if self._parked and (self._pump is None or self._pump.done()):
            self._pump = self._start(self._send())

    async def _send(self) -> None:
        """Hand in what is parked, file by file."""
        while self._parked:
            full = len(self._parked) >= self._size
            wait_s = max(self._not_before, 0.0 if full else self._parked_at + self._quiet_s) - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            async with self._alone():
                await self._submit(self._next_file())

    def _next_file(self) -> list[Question]:
        chosen: list[Question] = []
        size = 0
        for key in list(islice(self._parked, self._size)):
            question, _ = self._waiting[key]
            size += line_bytes(question)
            if chosen and size > _FILE_BYTES:
                break
            del self._parked[key]
            chosen.append(question)
        return chosen

    async def _submit(self, questions: list[Question]) -> None:
        """Make a job of those of the questions that nobody has asked, and follow the jobs of the others. The lock is held."""
        keys = [question.key for question in questions]
        known = await asyncio.to_thread(self._jobs.look, keys)
        for tag in sorted({tag for tag in known.values() if tag is not None}):
            await self._recover(tag)
        claim = await asyncio.to_thread(self._jobs.claim, questions, self._address.where)
        self._answer(claim.answered)
        for key, tag in claim.elsewhere.items():
            self._members.setdefault(tag, set()).add(key)
        if claim.tag is not None:
            self._members[claim.tag] = set(claim.mine)
            wanted = self._members[claim.tag]
            await self._hand_in(claim.tag, [question for question in questions if question.key in wanted])
        for tag in sorted({*claim.elsewhere.values(), *([claim.tag] if claim.tag else [])}):
            if tag not in self._followed:
                self._followed[tag] = self._start(self._follow(tag))

    async def _recover(self, tag: str) -> None:
        """Find out what became of a job that some process began to create and did not finish. The lock is held, so that process is gone."""
        job = await asyncio.to_thread(self._jobs.job, tag)
        if job is None or job.state not in {"prepared", "creating"}:
            return
        found = None
        if job.file_id is not None:
            self._check_endpoint(job)
            found = await self._api.find(job.file_id, tag, job.created)
            if found is None and time.time() - job.created < _SETTLED_S:  # its creation may be on the way still
                await asyncio.sleep(self._recheck_s)
                found = await self._api.find(job.file_id, tag, job.created)
        if found is None:
            await asyncio.to_thread(self._jobs.release, tag)
        else:
            await asyncio.to_thread(self._jobs.submitted, tag, found.id)
        logger.info("batch job of a run that broke off: %s", "never created" if found is None else found.id)

    async def _hand_in(self, tag: str, questions: list[Question]) -> None:
        since = int(time.time())
        with tempfile.TemporaryFile() as stream:
            await asyncio.to_thread(stream.writelines, map(request_line, questions))
            file_id = await self._api.upload(stream, f"emojit-{tag}.jsonl")
        await asyncio.to_thread(self._jobs.creating, tag, file_id)
        created = await self._api.create(file_id, tag, since)
        await asyncio.to_thread(self._jobs.submitted, tag, created.id)
        logger.info("batch job=%s handed in questions=%d", created.id, len(questions))

    async def _follow(self, tag: str) -> None:
        """Wait for a job, read its result and hand it out."""
        fatal = None
        job = await asyncio.to_thread(self._jobs.job, tag)
        if job is not None and job.state == "submitted":
            self._check_endpoint(job)
            remote = await self._poll(job)
            async with self._alone():
                job = await asyncio.to_thread(self._jobs.job, tag)
                if job is not None and job.state == "submitted":  # another process may have read it
                    fatal = await self._read(job, remote)
        del self._followed[tag]
        keys = self._members.pop(tag, set())
        again = await asyncio.to_thread(self._jobs.look, keys)
        self._answer(key for key in keys if key not in again)
        if fatal is not None:
            raise self._hopeless(fatal.message, fatal.hint)
        self._park(key for key in again if key in self._waiting)

    async def _poll(self, job: Job) -> RemoteJob:
        wait_s = min(_FIRST_POLL_S, self._config.batch_poll_s)
        while True:
            remote = await self._api.retrieve(job.job_id or "")
            self._progress.show(remote, job.questions)
            if remote.over:
                return remote
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * _GROWTH, self._config.batch_poll_s)

    async def _read(self, job: Job, remote: RemoteJob) -> Failure | None:
        """Settle every question of a job that is over; returns why no further question makes sense, or None. The lock is held."""
        if remote.status == "failed":
            return await self._read_refusal(job, remote)
        self._refused, self._queue_since = 0, None
        fatal = None
        outcomes: list[Outcome] = []
        for file_id in remote.files:
            async for line in self._api.lines(file_id):
                outcome, failure = read_line(line, model=self._config.model, secret=self._address.key)
                fatal = fatal or failure
                if outcome is not None:
                    outcomes.append(outcome)
                if len(outcomes) >= _CHUNK:
                    await self._settle(job.tag, outcomes)
                    outcomes = []
        await self._settle(job.tag, outcomes)
        await self._settle_rest(job.tag, f"the batch job is {remote.status} and holds no answer to this question")
        return fatal

    async def _read_refusal(self, job: Job, remote: RemoteJob) -> Failure | None:
        """Deal with a file that the endpoint refused as a whole."""
        said = "; ".join(dict.fromkeys(f"{code}: {message}" for code, message in remote.errors)) or "no reason given"
        message = redact(f"the batch job {remote.id} was refused: {said}", self._address.key)
        if any(code == _QUEUE_FULL for code, _ in remote.errors):
            await asyncio.to_thread(self._jobs.release, job.tag)
            now = time.monotonic()
            self._queue_since = self._queue_since or now
            if now - self._queue_since > _QUEUE_S:
                raise self._api.gave_up(message)
            self._size = max(1, min(self._size, job.questions) // 2)
            self._not_before = now + self._config.batch_poll_s
            logger.warning("%s; asked again with %d questions per job", message, self._size)
            return None
        self._refused += 1
        await self._settle_rest(job.tag, message)
        if self._refused < _REFUSED_FILES:
            return None
        return Failure(
            kind="fatal", message=message, hint="check --model and [teacher], then run the same command again"
        )

    async def _settle(self, tag: str, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            await asyncio.to_thread(self._jobs.settle, tag, outcomes, self._config.max_attempts)

    async def _settle_rest(self, tag: str, why: str) -> None:
        while left := await asyncio.to_thread(self._jobs.unsettled, tag, _CHUNK):
            await self._settle(tag, [Outcome(key=key, again=why) for key in left])
        await asyncio.to_thread(self._jobs.finish, tag)

    def _answer(self, keys: Iterable[str]) -> None:
        """Hand out replies that are in the store."""
        wanted = [key for key in keys if key in self._waiting]
        for key, reply in zip(wanted, self._store.get_many(wanted), strict=True):
            _, future = self._waiting.pop(key)
            if not future.done():
                future.set_result(reply)

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Be the only one, in this process and among all that use the store, who creates jobs or reads results."""
        async with self._turn:
            while True:
                with self._jobs.try_lock() as mine:
                    if mine:
                        yield
                        return
                await asyncio.sleep(_LOCK_S)

    def _check_endpoint(self, job: Job) -> None:
        if job.endpoint != self._address.where:
            raise TeacherError(
                f"reply store {self._store}: {job.questions} questions are in a batch job at {job.endpoint}, not at {self._address.where}",
                hint=f"finish it there with --base-url {job.endpoint}, or ask question by question: --set teacher.mode=live",
            )

    def _hopeless(self, message: str, hint: str | None) -> TeacherError:
        return TeacherError(f"teacher {self._address.where}: {message}", hint=hint, last_reply=message)
