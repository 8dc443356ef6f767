"""The card's figures about the teacher: who was asked and how, with whose permission, at what cost, and how far it agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator

from emojit.dataset.splits import SPLITS
from emojit.release.facts import Facts

_PROMPTS = {
    "rewrite": "The prompt for the rewrite, in full",
    "emoji": "The prompt for the choice of emoji, in full",
    "steering": "The line that this prompt gets where emoji are over the cap",
    "post": "The prompt for posts that fit a rare emoji, in full",
}
_PINS = {
    "only": "providers that may answer",
    "quantizations": "quantisations that may answer",
    "allow_fallbacks": "another provider may step in",
    "require_parameters": "only providers that know every parameter",
    "enforce_distillable_text": "only models that may be distilled",
    "max_price_prompt": "highest price of a million prompt tokens (USD)",
    "max_price_completion": "highest price of a million completion tokens (USD)",
}
_MODES = {"live": "question by question", "batch": "files of questions (batch API)"}


def teacher_facts(facts: Facts) -> dict[str, object]:
    """Return the table about the teacher, its prompts, and how many votes a row has."""
    recorded = facts.text("teacher.kind") == "recorded"
    unused = {
        "rewrite": False,
        "emoji": False,
        "steering": facts.number("balance.max_share") == 1,
        "post": facts.count("balance.floor_rows") == 0,
    }
    table = [*_identity(facts, recorded=recorded), *_parameters(facts), *_replies(facts), *_money(facts)]
    return {
        "model": facts.text("teacher.model"),
        "recorded": recorded,
        "table": table,
        "prompts": [
            {"title": title, "text": facts.text(f"teacher.prompts.{name}")}
            for name, title in _PROMPTS.items()
            if not unused[name]
        ],
        "eval_samples": facts.count("teacher.parameters.eval_samples"),
    }


def _identity(facts: Facts, *, recorded: bool) -> Iterator[tuple[str, str]]:
    yield "model", facts.text("teacher.model")
    yield "kind", facts.text("teacher.kind")
    yield "licence of its output", facts.text("teacher.licence") if facts.has("teacher.licence") else "not stated"
    if facts.flag("teacher.distillation_allowed"):
        yield "distillation allowed", "yes, stated by the recipe"
    else:
        yield "distillation allowed", "nobody was asked: recorded answers" if recorded else "not stated"


def _parameters(facts: Facts) -> Iterator[tuple[str, str]]:
    samples, eval_samples = (facts.count(f"teacher.parameters.{name}") for name in ("samples", "eval_samples"))
    yield "asked", _MODES.get(mode := facts.text("teacher.mode"), mode)
    yield "temperature", f"{facts.number('teacher.parameters.temperature'):g}"
    yield "top p", f"{facts.number('teacher.parameters.top_p'):g}"
    if facts.has("teacher.parameters.min_p"):
        yield "min p", f"{facts.number('teacher.parameters.min_p'):g}"
    yield "longest reply", f"{facts.count('teacher.parameters.max_tokens'):,} tokens"
    yield "emoji choices per text", f"{samples} in train, {eval_samples} in validation and test"
    yield "emoji it may not choose", " ".join(facts.items("teacher.parameters.banned")) or "none"
    for name, value in facts.table("teacher.provider").items():
        yield _PINS.get(name, name), _written(value)
    yield "prompt id", facts.text("teacher.prompt_id")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _replies(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "replies used", f"{facts.count('teacher.replies'):,}"
    yield "questions without an answer", f"{facts.count('teacher.unanswered'):,}"
    if facts.has("teacher.tokens"):
        for name, n in facts.table("teacher.tokens").items():
            yield name.replace("_", " "), f"{n:,}"
    if providers := facts.table("teacher.providers"):
        yield "replies by provider", ", ".join(f"{name} ({n:,})" for name, n in providers.items())


def _money(facts: Facts) -> Iterator[tuple[str, str]]:
    """Say what was billed and what the tokens cost at the stated price, each with its basis."""
    if facts.has("teacher.cost_usd"):
        basis = f"billed by the endpoint for {facts.count('teacher.billed'):,} of {facts.count('teacher.replies'):,} replies"
        yield "cost", f"{_usd(facts.number('teacher.cost_usd'))}, {basis}"
    if facts.has("teacher.price"):
        prompt, completion = (facts.number(f"teacher.price.{name}") for name in ("prompt", "completion"))
        price = f"{prompt:g} USD per million prompt tokens and {completion:g} USD per million completion tokens, as the recipe states them"
        yield "price", price
    if facts.has("teacher.cost_by_price_usd"):
        yield "cost by that price", f"{_usd(facts.number('teacher.cost_by_price_usd'))} for all tokens"
    if not (facts.has("teacher.cost_usd") or facts.has("teacher.cost_by_price_usd")):
        yield "cost", "not known: nothing was billed in the replies and the recipe states no price"


def _usd(amount: float) -> str:
    return f"{amount:.2f} USD" if amount >= 1 else f"{amount:.4f} USD"


def agreement_facts(facts: Facts) -> list[dict[str, object]]:
    """Return how far the teacher agrees with itself, by split and altogether; empty where every row has one vote."""
    names = (*SPLITS, "all")
    return [
        {
            "split": "together" if split == "all" else split,
            "rows": facts.count(f"agreement.{split}.rows"),
            **{name: facts.number(f"agreement.{split}.{name}") for name in ("jaccard", "low", "high")},
        }
        for split in names
        if facts.count(f"agreement.{split}.rows")
    ]
