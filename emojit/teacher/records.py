"""The records of the teacher's room: what is asked, what came back, and what a sentence got out of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Step = Literal["rewrite", "emoji", "post"]
"""The two questions about a sentence, the casual post and then the emoji for that post; and the one that asks for posts that fit a rare emoji."""

Purpose = Literal["rewrite", "emoji", "post", "judge"]
"""Those, and the questions about answers of other systems (`emojit.evaluation.judge`)."""

NO_ANSWER = "teacher_error"
"""Reason of a sentence whose question got no answer after every attempt. It is asked again by a later run."""


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: object) -> str:
    """Write JSON in the one form that hashes are taken of: keys sorted, no blanks, nothing escaped that need not be."""
    return _CANONICAL.encode(value)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question to the teacher. Equal keys are the same question and are asked once.

    Attributes:
        step: which of the questions it is; implied by `messages`, so not part of the key.
        text: the sentence, post or emoji the question is about; it stands in `messages`, so it is not part of the key either.
        model: model name as the endpoint knows it.
        messages: (role, content) pairs in order.
        params: what else goes into the body of the request: sampling parameters, provider pins.
        sample: 0 for the first opinion, 1 for the second, independent one, and so on. Not sent; it keeps the opinions apart in the store.
    """

    step: Purpose
    text: str
    model: str
    messages: tuple[tuple[str, str], ...]
    params: Mapping[str, object]
    sample: int = 0

    @property
    def body(self) -> dict[str, object]:
        """The JSON body of the chat-completions request."""
        messages = [{"role": role, "content": content} for role, content in self.messages]
        return {**self.params, "model": self.model, "messages": messages}

    @cached_property
    def body_json(self) -> str:
        """Canonical JSON of `body`: what is hashed is what is sent."""
        return canonical_json(self.body)

    @cached_property
    def request(self) -> str:
        """Canonical JSON of everything that can change the answer: the body, and the number of the opinion.

        Neither the API key nor the base URL is in it: the same model behind another address gives the same answers.
        """
        return f'{{"body":{self.body_json},"sample":{self.sample}}}'

    @cached_property
    def key(self) -> str:
        """SHA-256 of `request` (64 hex digits)."""
        return hashlib.sha256(self.request.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for one question: a row of the reply store and of `teacher/*.parquet`.

    Attributes:
        key: SHA-256 of `request`.
        request: canonical JSON of the question.
        text: the answer as it came; "" where there was none.
        finish_reason: as the endpoint says it ("stop", "length", "content_filter"), "refusal" where the refusal came in a field of its own,
            or None.
        usage: canonical JSON of the endpoint's token counts, or None.
        cost: what the question cost with all its attempts, where the endpoint bills it in `usage.cost` (USD), or None.
        provider: who answered behind the endpoint, where it says so, or None.
        created: when the reply was stored (Unix time, s); None in a release.
        attempts: calls that were made for it (count); None in a release.
        error: why there is no answer, or None. A reply with an error is asked again by a later run.
    """

    key: str
    request: str
    text: str
    finish_reason: str | None = None
    usage: str | None = None
    cost: float | None = None
    provider: str | None = None
    created: int | None = None
    attempts: int | None = None
    error: str | None = None


REPLY_COLUMNS: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(Reply))
"""Names and order of the columns of a stored reply."""


def release_columns(reply: Reply) -> dict[str, object]:
    """Return the columns of a reply as `teacher/*.parquet` has them.

    `created` and `attempts` are kept as columns and written as null: they tell how the run went (the clock, a busy endpoint, a kill -9 between two
    questions), not what the teacher said, and the same replies must give the same bytes. Everything else is stored together with the answer,
    once, and is the same after a resume.
    """
    return dataclasses.asdict(dataclasses.replace(reply, created=None, attempts=None))


def reply_from_columns(row: Mapping[str, object]) -> Reply:
    """Make a reply of a row of `teacher/*.parquet` or of the store; columns that came later than this version are ignored."""
    return Reply(**{name: row[name] for name in REPLY_COLUMNS})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One sentence to label.

    Attributes:
        id: the id of the sentence.
        text: the sentence.
        samples: independent emoji choices wanted (count, >= 1).
        avoid: emoji that the question for emoji steers away from.
    """

    id: str
    text: str
    samples: int = 1
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What a sentence got: a pair, or the reason why there is none.

    Attributes:
        id: the id of the task.
        sns_text: the casual post without emoji; None where the rewrite failed.
        emojis: the consensus of the votes, 1 to 5 distinct emoji of the inventory; empty where the sentence is rejected.
        votes: every readable choice, in the order of the samples; an unreadable second opinion is left out, the pair stays.
        leaked: emoji that stood in the rewrite and were taken out (count).
        stage: where it was rejected, or None.
        reason: why, or None: a code of `emojit.teacher.reading`, or "teacher_error".
        detail: the reply that could not be read, or the error of the call; "" for a pair.
        keys: the keys of all its questions, in the order in which they were asked.
    """

    id: str
    sns_text: str | None = None
    emojis: tuple[str, ...] = ()
    votes: tuple[tuple[str, ...], ...] = ()
    leaked: int = 0
    stage: Step | None = None
    reason: str | None = None
    detail: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRun:
    """What `label` did.

    Attributes:
        labelled: one record per task, in the order of the tasks.
        asked: questions that went to the teacher in this run (count), answered or not.
        from_store: questions answered without a call (count): by the store, or by the same question of another sentence.
        failed: questions among `asked` that got no answer (count).
        seconds: wall time of the run (s).
    """

    labelled: list[Labelled]
    asked: int
    from_store: int
    failed: int
    seconds: float
