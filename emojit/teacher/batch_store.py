"""What the reply store knows about batch jobs: which question is in which job, written down before anything is sent.

Two tables stand beside the replies. They are additions: a store without them gets them when it is first used in batch mode, and a version of emojit
that knows nothing of batches goes on reading the replies.

A job goes through these states, each on the disk before the next step is taken:

| state | what is known | what a later run does when nobody works on it any more |
|---|---|---|
| prepared | its questions | nothing was created: the questions are free again |
| creating | the uploaded file | asks the endpoint for a job with this tag or file, before it creates anything |
| submitted | the job's id | waits for it |
| done | every question has a reply, or is free to be asked again | nothing |

A question stands in at most one job (its key is the primary key), so two processes cannot hand in the same question twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from emojit.errors import TeacherError
from emojit.teacher.records import Question, Reply
from emojit.teacher.store import ReplyStore

State = Literal["prepared", "creating", "submitted", "done"]

_TABLES = (
    """
CREATE TABLE IF NOT EXISTS batch_jobs (
    tag TEXT PRIMARY KEY, endpoint TEXT NOT NULL, state TEXT NOT NULL, file_id TEXT, job_id TEXT, created INTEGER NOT NULL,
    questions INTEGER NOT NULL
) WITHOUT ROWID
""",
    # `tag` is null while a question waits to be asked again; `attempts` and `cost` are those of all its jobs so far.
    """
CREATE TABLE IF NOT EXISTS batch_questions (
    key TEXT PRIMARY KEY, tag TEXT, request TEXT NOT NULL, attempts INTEGER NOT NULL, cost REAL
) WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS batch_questions_by_tag ON batch_questions (tag)",
)
_CLAIM = """
INSERT INTO batch_questions (key, tag, request, attempts) VALUES (?, ?, ?, 1)
ON CONFLICT (key) DO UPDATE SET tag = excluded.tag, attempts = attempts + 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One batch job.

    Attributes:
        tag: our own unique name for it, which stands in the job's metadata.
        endpoint: the base URL it was handed to.
        state: how far it came.
        file_id: the endpoint's id of the uploaded file, or None.
        job_id: the endpoint's id of the job, or None.
        created: when the job was written down (Unix time, s).
        questions: questions in it (count).
    """

    tag: str
    endpoint: str
    state: State
    file_id: str | None
    job_id: str | None
    created: int
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who asks what.

    Attributes:
        tag: the new job, or None where nothing is left to ask.
        mine: keys of the questions in the new job.
        elsewhere: key -> tag of the job that asks it already.
        answered: keys of questions that the store has answered meanwhile.
    """

    tag: str | None
    mine: tuple[str, ...]
    elsewhere: dict[str, str]
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one line of a job's result means for its question.

    Attributes:
        key: the question.
        reply: the answer without attempts, or None where there is none.
        cost: what this line cost, where the endpoint bills it (USD), or None.
        again: why there is no answer, in which case the question is asked again as long as it may be; else None.
    """

    key: str
    reply: Reply | None = None
    cost: float | None = None
    again: str | None = None


class BatchJobs:
    """The batch jobs of one reply store."""

    def __init__(self, store: ReplyStore) -> None:
        """Take the store and add the tables where they are missing.

        Raises:
            TeacherError: the file cannot be written.
        """
        self.store = store
        with store.transaction() as db:
            for statement in _TABLES:
                db.execute(statement)

    def claim(self, questions: Sequence[Question], endpoint: str) -> Claim:
        """Write down a new job with those of the questions that nobody has answered or asked."""
        tag = secrets.token_hex(16)
        mine: list[Question] = []
        answered: list[str] = []
        elsewhere: dict[str, str] = {}
        with self.store.transaction() as db:
            for question in questions:
                waits = db.execute("SELECT tag FROM batch_questions WHERE key = ?", (question.key,)).fetchone()
                known = db.execute("SELECT error FROM replies WHERE key = ?", (question.key,)).fetchone()
                if known is not None and known[0] is None:
                    answered.append(question.key)
                    db.execute("DELETE FROM batch_questions WHERE key = ? AND tag IS NULL", (question.key,))
                elif waits is not None and waits[0] is not None:
                    elsewhere[question.key] = waits[0]
                else:
                    mine.append(question)
            if mine:
                db.execute(
                    "INSERT INTO batch_jobs (tag, endpoint, state, created, questions) VALUES (?, ?, 'prepared', ?, ?)",
                    (tag, endpoint, int(time.time()), len(mine)),
                )
                db.executemany(_CLAIM, [(question.key, tag, question.request) for question in mine])
        return Claim(
            tag=tag if mine else None,
            mine=tuple(question.key for question in mine),
            elsewhere=elsewhere,
            answered=tuple(answered),
        )

    def creating(self, tag: str, file_id: str) -> None:
        """Note that the file is uploaded and that the next call creates the job."""
        with self.store.transaction() as db:
            db.execute("UPDATE batch_jobs SET state = 'creating', file_id = ? WHERE tag = ?", (file_id, tag))

    def submitted(self, tag: str, job_id: str) -> None:
        """Note the id of the created job."""
        with self.store.transaction() as db:
            db.execute("UPDATE batch_jobs SET state = 'submitted', job_id = ? WHERE tag = ?", (job_id, tag))

    def release(self, tag: str) -> None:
        """Forget a job that was never worked on; its questions are as free as before, and no attempt is counted."""
        with self.store.transaction() as db:
            db.execute("UPDATE batch_questions SET tag = NULL, attempts = attempts - 1 WHERE tag = ?", (tag,))
            db.execute("DELETE FROM batch_jobs WHERE tag = ?", (tag,))

    def job(self, tag: str) -> Job | None:
        """Return a job, or None where it was released."""
        with self.store.transaction() as db:
            row = db.execute(
                "SELECT tag, endpoint, state, file_id, job_id, created, questions FROM batch_jobs WHERE tag = ?",
                (tag,),
            ).fetchone()
        if row is None:
            return None
        names = ("tag", "endpoint", "state", "file_id", "job_id", "created", "questions")
        return Job(**dict(zip(names, row, strict=True)))

    def settle(self, tag: str, outcomes: Sequence[Outcome], max_attempts: int) -> None:
        """Store what some lines of a job's result say, in one transaction: replies, and the questions that are asked again.

        A line whose question is not in this job (any more) is passed over, so a result may be read a second time.

        Args:
            tag: the job.
            outcomes: the lines.
            max_attempts: jobs that a question may go through (count); after that its reply is the error.
        """
        now = int(time.time())
        with self.store.transaction() as db:
            replies = []
            for outcome in outcomes:
                row = db.execute(
                    "SELECT request, attempts, cost FROM batch_questions WHERE key = ? AND tag = ?", (outcome.key, tag)
                ).fetchone()
                if row is None:
                    continue
                request, attempts, paid = row
                cost = paid if outcome.cost is None else outcome.cost + (paid or 0.0)
                if outcome.again is not None and attempts < max_attempts:
                    db.execute("UPDATE batch_questions SET tag = NULL, cost = ? WHERE key = ?", (cost, outcome.key))
                    continue
                given = outcome.reply or Reply(key=outcome.key, request=request, text="", error=outcome.again)
                replies.append(_complete(given, request=request, cost=cost, created=now, attempts=attempts))
                db.execute("DELETE FROM batch_questions WHERE key = ?", (outcome.key,))
            self.store.put_in(db, replies)

    def unsettled(self, tag: str, limit: int) -> list[str]:
        """Return up to `limit` keys of questions of a job that no line of its result has settled."""
        with self.store.transaction() as db:
            rows = db.execute("SELECT key FROM batch_questions WHERE tag = ? LIMIT ?", (tag, limit)).fetchall()
        return [key for (key,) in rows]

    def finish(self, tag: str) -> None:
        """Note that every question of a job is settled."""
        with self.store.transaction() as db:
            db.execute("UPDATE batch_jobs SET state = 'done' WHERE tag = ?", (tag,))

    def look(self, keys: Iterable[str]) -> dict[str, str | None]:
        """Return, of these questions, those without a reply yet that were asked before: the job each is in, None while it waits to be asked again."""
        found = {}
        with self.store.transaction() as db:
            for key in keys:
                row = db.execute("SELECT tag FROM batch_questions WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    found[key] = row[0]
        return found

    @contextlib.contextmanager
    def try_lock(self) -> Iterator[bool]:
        """Try to be the only one who creates jobs and reads results for this store; gives whether it worked.

        The kernel frees the lock when its holder dies, however it dies. So whoever holds it and finds a job half created knows that nobody is at
        work on it.
        """
        if self.store.path is None:
            yield True  # a store in memory is nobody else's; one process takes turns by itself
            return
        path = self.store.path.with_name(f"{self.store.path.name}.batch-lock")
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        except OSError as exc:
            raise TeacherError(
                f"{path}: {exc.strerror}", hint="give the path of a writable file with --store"
            ) from exc
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)


def _complete(reply: Reply, *, request: str, cost: float | None, created: int, attempts: int) -> Reply:
    return dataclasses.replace(reply, request=request, cost=cost, created=created, attempts=attempts)
