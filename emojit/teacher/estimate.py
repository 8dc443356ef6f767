"""What the questions of a build will take: tokens and USD, estimated from real prompts before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher.prices import Tokens, token_cost
from emojit.teacher.prompts import emoji_question, rewrite_question
from emojit.teacher.reading import Unreadable, read_rewrite
from emojit.teacher.records import Question, Step, Task
from emojit.teacher.store import ReplyStore
from emojit.teacher.usage import STEPS, StepUsage, Usage

TOKENS_PER_CHAR = 1.0
"""Assumed tokens per character of Japanese text, where no reply tells; newer vocabularies need about 0.7, older ones up to 1.2."""

EMOJI_REPLY_TOKENS = 12
"""Assumed tokens of an answer of about three emoji, where no reply tells (count)."""

ASSUMED_YIELD = 0.9
"""Assumed share of the sentences that become a pair, where no reply tells."""

PriceLookup = Callable[[TeacherConfig], tuple[PriceConfig | None, str]]
"""Finds a price that the recipe does not state: the price, or None, and where it is from or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is left to ask about one sentence.

    Attributes:
        task: the sentence.
        stored: questions that the store answers (count).
        rewrite: questions for a rewrite that are left, 0 or 1.
        emoji: questions for emoji that are left (count); none where the stored rewrite cannot be read.
        post: the stored rewrite, or None.
    """

    task: Task
    stored: int
    rewrite: int
    emoji: int
    post: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is going to be asked, in tokens and money.

    Attributes:
        prompt_tokens: tokens of the questions (count).
        completion_tokens: tokens of the answers (count).
        cost_usd: what they cost (USD), or None where no price is known.
        tokens_basis: what the token counts rest on, in words.
        price_basis: what the cost rests on, or why there is none, in words.
    """

    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    tokens_basis: str
    price_basis: str


def outlook(task: Task, config: TeacherConfig, store: ReplyStore | None) -> Outlook:
    """Say what the store answers about a sentence and what is left to ask."""
    reply = store.get(rewrite_question(task.text, config).key) if store is not None else None
    if store is None or reply is None or reply.error is not None:
        return Outlook(task=task, stored=0, rewrite=1, emoji=task.samples)
    try:
        post = read_rewrite(reply.text, task.text, finish_reason=reply.finish_reason).text
    except Unreadable:
        return Outlook(task=task, stored=1, rewrite=0, emoji=0)
    votes = [store.get(emoji_question(post, config, sample).key) for sample in range(task.samples)]
    stored = sum(vote is not None and vote.error is None for vote in votes)
    return Outlook(task=task, stored=1 + stored, rewrite=0, emoji=task.samples - stored, post=post)


def estimate(
    sample: Sequence[Outlook], left: dict[Step, int], config: TeacherConfig, usage: Usage, look_up: PriceLookup
) -> Estimate:
    """Estimate tokens and cost.

    Args:
        sample: sentences with something left to ask, drawn at random from all of them.
        left: questions left to ask of all sentences, by step (counts).
        config: the `[teacher]` section.
        usage: what the model's stored replies tell.
        look_up: finds a price that neither the recipe nor a bill tells; called at most once.
    """
    if config.kind == "recorded":
        nothing = "recorded replies cost nothing"
        return Estimate(prompt_tokens=0, completion_tokens=0, cost_usd=0.0, tokens_basis=nothing, price_basis=nothing)
    by_step = {step: _tokens(step, sample, left[step], config, usage) for step in STEPS}
    total = by_step["rewrite"] + by_step["emoji"]
    cost, basis = _cost(total, left, config, usage, look_up)
    return Estimate(
        prompt_tokens=total.prompt,
        completion_tokens=total.completion,
        cost_usd=cost,
        tokens_basis=_tokens_basis(config, usage),
        price_basis=basis,
    )


def _tokens(step: Step, sample: Sequence[Outlook], count: int, config: TeacherConfig, usage: Usage) -> Tokens:
    """Return the tokens of all questions of a step, from the mean of the sample."""
    questions = [question for one in sample if (question := _question(step, one, config, usage)) is not None]
    if not count or not questions:
        return Tokens()
    known = usage.steps[step]
    chars = sum(len(content) for question in questions for _, content in question.messages)
    texts = sum(len(question.text) for question in questions)
    if known.counted:
        prompt = chars * known.prompt_tokens / known.chars
        per_answer = known.completion_tokens / known.counted
        answers = per_answer * len(questions)
        if step == "rewrite" and known.asked_chars:
            answers = texts * known.completion_tokens / known.asked_chars  # a longer sentence gets a longer post
    else:
        prompt = chars * _per_char(usage)
        answers = (texts if step == "rewrite" else 0) * _per_char(usage)
        answers += len(questions) * EMOJI_REPLY_TOKENS if step == "emoji" else 0
    scale = count / len(questions)
    return Tokens(prompt=round(prompt * scale), completion=round(answers * scale))


def _question(step: Step, one: Outlook, config: TeacherConfig, usage: Usage) -> Question | None:
    """Return the next question of a step about a sentence; where its post is not there yet, one for a post of the expected length."""
    if step == "rewrite":
        return rewrite_question(one.task.text, config) if one.rewrite else None
    if not one.emoji:
        return None
    known = usage.steps["rewrite"]
    ratio = known.answer_chars / known.text_chars if known.text_chars else 1.0
    post = one.post if one.post is not None else "あ" * max(1, round(len(one.task.text) * ratio))
    return emoji_question(post, config)


def _per_char(usage: Usage) -> float:
    """Return tokens per character of a prompt: of the other question where that one has replies, else the assumption."""
    chars = sum(step.chars for step in usage.steps.values())
    return sum(step.prompt_tokens for step in usage.steps.values()) / chars if chars else TOKENS_PER_CHAR


def _tokens_basis(config: TeacherConfig, usage: Usage) -> str:
    assumed = f"{TOKENS_PER_CHAR:.1f} tokens per character, rewrites as long as their sentences, {EMOJI_REPLY_TOKENS} tokens per choice of emoji"
    if not usage.counted:
        return f"assumed: {assumed}, no thinking"
    told = f"{usage.counted:,} stored replies of {config.model}"
    missing = [step for step in STEPS if not usage.steps[step].counted]
    return told + (f"; the {missing[0]} question is assumed to be like the other one" if missing else "")


def _cost(
    total: Tokens, left: dict[Step, int], config: TeacherConfig, usage: Usage, look_up: PriceLookup
) -> tuple[float | None, str]:
    if not any(left.values()):
        return 0.0, "nothing is left to ask"
    if (cost := token_cost(total, config.price)) is not None:
        return cost, "teacher.price of the recipe"
    if usage.billed:
        cost = sum(left[step] * _mean_cost(usage.steps[step], usage) for step in STEPS)
        return cost, f"bills (usage.cost) of {usage.billed:,} stored replies of {config.model}"
    price, basis = look_up(config)
    if price is None:
        return None, f"{basis}; set teacher.price (USD per million tokens)"
    batch = "; the price of live calls, a batch may cost less" if config.mode == "batch" else ""
    return token_cost(
        total, price
    ), f"{basis}: {price.prompt:g} and {price.completion:g} USD per million tokens{batch}"


def _mean_cost(step: StepUsage, usage: Usage) -> float:
    """Return the mean bill of a question (USD); of all questions where this one has none."""
    if step.billed:
        return step.cost / step.billed
    return sum(other.cost for other in usage.steps.values()) / usage.billed
