"""The three stages: what each asks, and the rows that come of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from emojit.evaluation.judge.asking import Outcome, Unit, ask_all, used_keys
from emojit.evaluation.judge.drawing import Guessed, Sample, Scored, guess_units, pair_units, score_units
from emojit.evaluation.judge.folder import JudgeFolder
from emojit.evaluation.judge.records import Choice, Guess, Judgement, PairJudgement, Rejected, Stage
from emojit.evaluation.judge.schema import Bill
from emojit.recipe import JudgeRecipe
from emojit.teacher import Counts, ReplyStore, Teacher, reply_cost
from emojit.teacher.prices import Tokens, used_tokens

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run of a stage did.

    Attributes:
        counts: questions asked, answered by the store, failed, and the cost of this run.
        rows: judgements (count).
        rejected: what could not be judged (count).
    """

    counts: Counts
    rows: int
    rejected: int


def ask_stage(
    stage: Stage,
    sample: Sample,
    recipe: JudgeRecipe,
    folder: JudgeFolder,
    teacher: Teacher,
    store: ReplyStore,
    *,
    quiet: bool,
) -> Asked:
    """Ask everything of a stage and write its files.

    Raises:
        UsageError: the predictions do not suffice for this stage.
        TeacherError: as `ask_all`.
    """
    rows: list[Judgement] | list[PairJudgement] | list[Guess]
    if stage == "scores":
        scores, rejected = score_units(sample, recipe)
        scored, counts = ask_all(scores, recipe, teacher, store, quiet=quiet)
        rows = [row for outcome in scored for row in _judgements(outcome)]
        rejected += _rejected(scored)
        bill = _bill(scored, recipe, store)
    elif stage == "pairs":
        pairs, ties, rejected = pair_units(sample, recipe)
        chosen, counts = ask_all(pairs, recipe, teacher, store, quiet=quiet)
        rows = _in_order([*ties, *(row for outcome in chosen for row in _choices(outcome))], sample)
        rejected += _rejected(chosen)
        bill = _bill(chosen, recipe, store)
    else:
        guesses, rejected = guess_units(sample, recipe)
        guessed, counts = ask_all(guesses, recipe, teacher, store, quiet=quiet)
        rows = [row for outcome in guessed for row in _guesses(outcome)]
        rejected += _rejected(guessed)
        bill = _bill(guessed, recipe, store)
    folder.write(stage, rows, rejected, bill)
    return Asked(counts=counts, rows=len(rows), rejected=len(rejected))


def units_of(stage: Stage, sample: Sample, recipe: JudgeRecipe) -> Sequence[Unit[object]]:
    """Return the questions of a stage, for counting them.

    Raises:
        UsageError: the predictions do not suffice for this stage.
    """
    if stage == "scores":
        return score_units(sample, recipe)[0]
    return pair_units(sample, recipe)[0] if stage == "pairs" else guess_units(sample, recipe)[0]


def _judgements(outcome: Outcome[list[Scored]]) -> list[Judgement]:
    return [
        Judgement(
            id=outcome.unit.id,
            system=one.system,
            ask=outcome.unit.ask,
            semantic=one.score.semantic,
            naturalness=one.score.naturalness,
            misleading=one.score.misleading,
            error_category=one.score.error_category,
            reason=one.score.reason,
            place=one.place,
            key=outcome.keys[-1],
        )
        for one in outcome.value or ()
    ]


def _choices(outcome: Outcome[Choice]) -> list[PairJudgement]:
    if outcome.value is None:
        return []
    first, second = outcome.unit.systems
    return [
        PairJudgement(
            id=outcome.unit.id,
            first=first,
            second=second,
            ask=outcome.unit.ask,
            choice=outcome.value.side,
            reason=outcome.value.reason,
            key=outcome.keys[-1],
        )
    ]


def _guesses(outcome: Outcome[Guessed]) -> list[Guess]:
    if outcome.value is None:
        return []
    shown, choice = outcome.value.candidates, outcome.value.choice
    return [
        Guess(
            id=outcome.unit.id,
            system=outcome.unit.systems[0],
            ask=outcome.unit.ask,
            candidates=shown,
            choice=choice,
            correct=shown[choice - 1] == outcome.unit.id,
            key=outcome.keys[-1],
        )
    ]


def _in_order(rows: Sequence[PairJudgement], sample: Sample) -> list[PairJudgement]:
    """Sort by text, pair, answer of the judge and order, so that ties without a question stand where they belong."""
    texts = {sample.answers.ids[place]: place for place in sample.places}
    number = {name: place for place, name in enumerate(sample.systems)}

    def key(row: PairJudgement) -> tuple[int, int, int, int, bool]:
        a, b = sorted((number[row.first], number[row.second]))
        return texts[row.id], a, b, row.ask, number[row.first] > a

    return sorted(rows, key=key)


def _rejected(outcomes: Sequence[Outcome[T]]) -> list[Rejected]:
    return [
        Rejected(
            id=outcome.unit.id,
            systems=outcome.unit.systems,
            ask=outcome.unit.ask,
            reason=outcome.reason,
            detail=outcome.detail,
            keys=outcome.keys,
        )
        for outcome in outcomes
        if outcome.reason is not None
    ]


def _bill(outcomes: Sequence[Outcome[T]], recipe: JudgeRecipe, store: ReplyStore) -> Bill:
    """Add up the replies behind the outcomes: of all runs, not of this one, so that a resumed run has the same bill."""
    questions, tokens = 0, Tokens()
    costs: list[float] = []
    for reply in store.get_many(used_keys(outcomes)):
        questions += 1
        tokens += used_tokens(reply.usage) or Tokens()
        if (cost := reply_cost(reply, recipe.teacher.price)) is not None:
            costs.append(cost)
    return Bill(
        questions=questions,
        prompt_tokens=tokens.prompt,
        completion_tokens=tokens.completion,
        cost_usd=sum(costs) if costs else None,
    )
