"""Asks the judge through the teacher's engine: every question until its answer can be read, and no answer twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Never, TypeVar

from emojit.errors import LimitReachedError, TeacherError
from emojit.evaluation.judge.limit import with_progress
from emojit.logs import progress
from emojit.recipe import JudgeRecipe
from emojit.teacher import Counts, Engine, Question, ReplyStore, Teacher, Unreadable, progress_note, run, together
from emojit.teacher.records import NO_ANSWER

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_MOST_ATTEMPTS = 10
"""Numbers of opinions that are kept for one independent answer, so that another `asks` or `attempts` in the recipe changes no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Generic[T_co]):
    """Something to be judged.

    Attributes:
        id: of the text.
        systems: whose answers the question is about.
        ask: number of the independent answer of the judge, from 0.
        question: the question; the number of the opinion is filled in.
        read: reads a reply and its finish reason.
    """

    id: str
    systems: tuple[str, ...]
    ask: int
    question: Question
    read: Callable[[str, str | None], T_co]

    def attempt(self, number: int) -> Question:
        """Return the question as it is asked for the first time (0), the second time, and so on.

        The body is the same each time; the number of the opinion makes it another question for the store.
        """
        return dataclasses.replace(self.question, sample=self.ask * _MOST_ATTEMPTS + number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T]):
    """What came of a unit.

    Attributes:
        unit: what was asked about.
        value: the answer, or None.
        reason: why there is none, or None.
        detail: the last reply as it came, or the error; "" with an answer.
        keys: of the replies, in the order in which they were asked for.
    """

    unit: Unit[T]
    value: T | None
    reason: str | None
    detail: str
    keys: tuple[str, ...]


def ask_all(
    units: Sequence[Unit[T]], recipe: JudgeRecipe, teacher: Teacher, store: ReplyStore, *, quiet: bool
) -> tuple[list[Outcome[T]], Counts]:
    """Ask about everything.

    Args:
        units: what is to be judged.
        recipe: how often a question is asked.
        teacher: who answers what the store does not hold; closed at the end.
        store: replies that are there, and where new ones go.
        quiet: no progress bar.

    Returns:
        One outcome per unit in their order, and the counts of this run.

    Raises:
        LimitReachedError: the next question could cost more than the run may. What was answered is stored.
        TeacherError: the judge cannot be asked, mostly fails, or left more questions without an answer than `teacher.max_unanswered` allows.
            What was answered is stored.
    """
    outcomes: dict[int, Outcome[T]] = {}
    bar: tqdm[Never]
    with progress(total=len(units), label="judge", unit="question", quiet=quiet) as bar:

        async def work(engine: Engine) -> Counts:
            numbered = enumerate(units)

            async def worker() -> None:
                for index, unit in numbered:  # one iterator for all workers: whoever is free takes the next unit
                    outcomes[index] = await _ask(unit, engine, recipe.attempts)
                    bar.update()
                    if not bar.disable:
                        bar.set_postfix_str(progress_note(engine.counts, len(outcomes), len(units)), refresh=False)

            await together(worker() for _ in range(min(engine.width, max(1, len(units)))))
            return engine.counts

        try:
            counts = run(work, recipe.teacher, teacher, store)
        except LimitReachedError as exc:
            # Not `outcomes`: whoever waited for a reply when the run ended did not read it, and it is stored.
            done = sum(not stored_replies(unit, store, recipe.attempts)[1] for unit in units)
            raise with_progress(exc, done=done, total=len(units)) from exc
        except TeacherError as exc:
            raise _explained(exc, recipe) from exc
    ordered = [outcomes[index] for index in range(len(units))]
    _check_answered(ordered, recipe.teacher.max_unanswered)
    return ordered, counts


async def _ask(unit: Unit[T], engine: Engine, attempts: int) -> Outcome[T]:
    keys: list[str] = []
    reason, detail = "", ""
    for number in range(attempts):
        question = unit.attempt(number)
        reply = await engine.reply(question)
        keys.append(question.key)
        if reply.error is not None:  # a later run asks again; another opinion would fail alike
            reason, detail = NO_ANSWER, reply.error
            break
        try:
            value = unit.read(reply.text, reply.finish_reason)
        except Unreadable as exc:
            reason, detail = exc.reason, exc.detail
            continue
        return Outcome(unit=unit, value=value, reason=None, detail="", keys=tuple(keys))
    return Outcome(unit=unit, value=None, reason=reason, detail=detail, keys=tuple(keys))


def stored_replies(unit: Unit[object], store: ReplyStore | None, attempts: int) -> tuple[int, bool]:
    """Say what the store knows about a unit.

    Returns:
        Replies that are there (count), and whether another question has to be asked.
    """
    for number in range(attempts):
        reply = store.get(unit.attempt(number).key) if store is not None else None
        if reply is None or reply.error is not None:
            return number, True
        try:
            unit.read(reply.text, reply.finish_reason)
        except Unreadable:
            continue
        return number + 1, False
    return attempts, False


def used_keys(outcomes: Sequence[Outcome[T]]) -> Iterator[str]:
    """Yield the keys of all replies behind outcomes, each once; the same answers of two systems share their replies."""
    yield from dict.fromkeys(key for outcome in outcomes for key in outcome.keys)


def _check_answered(outcomes: Sequence[Outcome[T]], allowed: float) -> None:
    unanswered = [outcome for outcome in outcomes if outcome.reason == NO_ANSWER]
    if len(unanswered) > allowed * len(outcomes):
        raise TeacherError(
            f"{len(unanswered)} of {len(outcomes)} questions got no answer, more than teacher.max_unanswered = {allowed:g} allows; "
            f"the last one: {unanswered[-1].detail}",
            hint="run the same command again, it asks only these; or allow some with --set teacher.max_unanswered=0.01",
            last_reply=unanswered[-1].detail,
        )


def _explained(exc: TeacherError, recipe: JudgeRecipe) -> TeacherError:
    """Say what to do about an endpoint that does not know the form in which the answer is asked for."""
    if recipe.response_format == "none" or not any(
        word in str(exc) for word in ("response_format", "json_schema", "json_object", "structured")
    ):
        return exc
    return TeacherError(
        str(exc),
        hint=f"does the endpoint know response_format = {recipe.response_format}? Otherwise: --set response_format=none",
        attempts=exc.attempts,
        last_reply=exc.last_reply,
    )
