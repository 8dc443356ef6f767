"""What a stage would ask and cost: counted and estimated, and no question asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from emojit.evaluation.judge.asking import stored_replies
from emojit.evaluation.judge.drawing import draw_sample
from emojit.evaluation.judge.questions import system_prompt
from emojit.evaluation.judge.records import Stage
from emojit.evaluation.judge.stages import units_of
from emojit.evaluation.judge.texts import read_texts
from emojit.evaluation.systems import read_systems
from emojit.recipe import JudgeRecipe
from emojit.teacher import Question, ReplyStore, open_store
from emojit.teacher.endpoint_price import endpoint_price
from emojit.teacher.estimate import TOKENS_PER_CHAR, Estimate, PriceLookup
from emojit.teacher.prices import Tokens, token_cost, used_tokens
from emojit.teacher.records import canonical_json
from emojit.teacher.usage import MOST_REPLIES

_ANSWER_TOKENS: dict[Stage, int] = {"scores": 90, "pairs": 60, "guess": 8}
"""Assumed tokens of what is said about one answer, where no reply tells (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePlan:
    """The plan of a stage.

    Attributes:
        stage: what would be asked.
        systems: whose answers.
        texts: of the sample (count).
        of: texts of the predictions (count).
        topics: texts of the sample by topic.
        questions: different questions, when every answer can be read at once (count).
        to_ask: those that the reply store does not answer (count).
        estimate: tokens and cost of those, and what the figures rest on.
    """

    stage: Stage
    systems: tuple[str, ...]
    texts: int
    of: int
    topics: dict[str, int]
    questions: int
    to_ask: int
    estimate: Estimate


@dataclass(slots=True, kw_only=True)
class _Known:
    """Sums over stored replies of the same model to the same instructions."""

    replies: int = 0
    chars: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    billed: int = 0
    cost: float = 0.0


def plan(
    stage: Stage,
    recipe: JudgeRecipe,
    predictions: Sequence[str | Path],
    *,
    texts: Path | None = None,
    store: Path | None = None,
    look_up: PriceLookup = endpoint_price,
) -> JudgePlan:
    """Read the predictions, draw the sample and count the questions. Nothing is asked and nothing written.

    Args:
        stage: what would be asked.
        recipe: of the judge.
        predictions: `[NAME=]FILE`.
        texts: names the texts; None draws a sample.
        store: file of the reply store; None, or a file that is not there, counts as empty.
        look_up: finds a price that neither the recipe nor the reply store tells: one free call to the endpoint.

    Raises:
        UsageError: the predictions cannot be read, or do not suffice for this stage.
        TeacherError: the reply store cannot be read.
    """
    named = read_texts(texts) if texts is not None else None
    sample = draw_sample(read_systems(predictions), recipe, named)
    units = {unit.attempt(0).key: unit for unit in units_of(stage, sample, recipe)}
    replies: ReplyStore | None = None
    if store is not None and store.is_file():
        replies = open_store(recipe.teacher, store)
    try:
        left = [unit for unit in units.values() if stored_replies(unit, replies, recipe.attempts)[1]]
        known = _learn(stage, recipe, replies)
    finally:
        if replies is not None:
            replies.close()
    asked = [(unit.question, len(unit.systems) if stage == "scores" else 1) for unit in left]
    return JudgePlan(
        stage=stage,
        systems=sample.systems,
        texts=len(sample.places),
        of=len(sample.answers.ids),
        topics=dict(Counter(sample.topics[place] for place in sample.places).most_common()),
        questions=len(units),
        to_ask=len(left),
        estimate=_estimate(stage, asked, recipe, known, look_up),
    )


def _learn(stage: Stage, recipe: JudgeRecipe, store: ReplyStore | None) -> _Known:
    known = _Known()
    if store is None:
        return known
    # Both stand as they are in the canonical JSON of a request.
    model, system = f'"model":{canonical_json(recipe.teacher.model)}', canonical_json(system_prompt(stage, recipe))
    fitting = (reply for reply in store.answers() if model in reply.request and system in reply.request)
    for reply in islice(fitting, MOST_REPLIES):
        if reply.cost is not None:
            known.billed += 1
            known.cost += reply.cost
        if (tokens := used_tokens(reply.usage)) is not None:
            known.replies += 1
            known.tokens += tokens
            known.chars += sum(len(one["content"]) for one in json.loads(reply.request)["body"]["messages"])
    return known


def _estimate(
    stage: Stage, asked: Sequence[tuple[Question, int]], recipe: JudgeRecipe, known: _Known, look_up: PriceLookup
) -> Estimate:
    config = recipe.teacher
    chars = sum(len(content) for question, _ in asked for _, content in question.messages)
    if known.replies:
        total = Tokens(
            prompt=round(chars * known.tokens.prompt / max(1, known.chars)),
            completion=round(len(asked) * known.tokens.completion / known.replies),
        )
        tokens_basis = f"{known.replies:,} stored replies of {config.model}"
    else:
        answers = sum(count for _, count in asked) * _ANSWER_TOKENS[stage]
        total = Tokens(prompt=round(chars * TOKENS_PER_CHAR), completion=answers)
        tokens_basis = f"assumed: {TOKENS_PER_CHAR:.1f} tokens per character, {_ANSWER_TOKENS[stage]} tokens per judgement, no thinking"
    cost, basis = _cost(len(asked), total, recipe, known, look_up)
    return Estimate(
        prompt_tokens=total.prompt,
        completion_tokens=total.completion,
        cost_usd=cost,
        tokens_basis=tokens_basis,
        price_basis=basis,
    )


def _cost(
    questions: int, total: Tokens, recipe: JudgeRecipe, known: _Known, look_up: PriceLookup
) -> tuple[float | None, str]:
    config = recipe.teacher
    if not questions:
        return 0.0, "nothing is left to ask"
    if (cost := token_cost(total, config.price)) is not None:
        return cost, "teacher.price of the recipe"
    if known.billed:
        return questions * known.cost / known.billed, f"bills (usage.cost) of {known.billed:,} stored replies"
    price, basis = look_up(config)
    if price is None:
        return None, f"{basis}; set teacher.price (USD per million tokens)"
    return token_cost(total, price), basis
