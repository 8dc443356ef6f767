"""What a judge is asked: the recipe's prompts, filled in, and the form of the answer. No question names a system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from emojit.evaluation.judge.records import ERROR_CATEGORIES, MOST, STAGES, Stage
from emojit.recipe import JudgeRecipe
from emojit.teacher import Question, sampling_params
from emojit.teacher.records import canonical_json

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Letters under which answers are shown."""

_NO_EMOJI = "（絵文字なし）"
_GAP = re.compile(r"\{(\w+)\}")


def scores_question(text: str, answers: Sequence[Sequence[str]], recipe: JudgeRecipe) -> Question:
    """Ask for the scores of answers to a text, in this order under `LABELS`.

    Args:
        text: the text.
        answers: up to 26 different answers, each a list of emoji.
        recipe: prompts and model.
    """
    labels = LABELS[: len(answers)]
    lines = (f"{label}: {shown(answer)}" for label, answer in zip(labels, answers, strict=True))
    return _question(
        "scores",
        text,
        {"text": _one_line(text), "answers": "\n".join(lines), "categories": _categories()},
        _scores_schema(labels),
        recipe,
    )


def pairs_question(text: str, first: Sequence[str], second: Sequence[str], recipe: JudgeRecipe) -> Question:
    """Ask which of two answers to a text is better."""
    filled = {"text": _one_line(text), "first": shown(first), "second": shown(second)}
    schema = _object({"reason": {"type": "string"}, "choice": {"type": "string", "enum": ["A", "B", "tie"]}})
    return _question("pairs", text, filled, schema, recipe)


def guess_question(emojis: Sequence[str], candidates: Sequence[str], recipe: JudgeRecipe) -> Question:
    """Ask which of some texts the emoji belong to."""
    lines = (f"{number}. {_one_line(text)}" for number, text in enumerate(candidates, start=1))
    filled = {"emojis": shown(emojis), "candidates": "\n".join(lines)}
    schema = _object({"choice": {"type": "integer", "enum": list(range(1, len(candidates) + 1))}})
    return _question("guess", shown(emojis), filled, schema, recipe)


def shown(emojis: Sequence[str]) -> str:
    """Return an answer as it stands in a question."""
    return " ".join(emojis) or _NO_EMOJI


def system_prompt(stage: Stage, recipe: JudgeRecipe) -> str:
    """Return the instructions of a stage, filled in."""
    return _prompts(stage, recipe)[0].replace("{categories}", _categories()).strip()


def prompt_ids(recipe: JudgeRecipe) -> dict[Stage, str]:
    """Return, by stage, the first 16 hex digits of the SHA-256 of its prompts and of the list of error categories: another wording, another id."""
    return {
        stage: hashlib.sha256(canonical_json([_prompts(stage, recipe), ERROR_CATEGORIES]).encode()).hexdigest()[:16]
        for stage in STAGES
    }


def _prompts(stage: Stage, recipe: JudgeRecipe) -> tuple[str, str]:
    prompts = recipe.prompts
    if stage == "scores":
        return prompts.scores_system, prompts.scores_user
    if stage == "pairs":
        return prompts.pairs_system, prompts.pairs_user
    return prompts.guess_system, prompts.guess_user


def _one_line(text: str) -> str:
    """Return a text without line breaks: a line of it could imitate the lines of the question."""
    return " ".join(text.splitlines())


def _question(
    stage: Stage, text: str, filled: Mapping[str, str], schema: dict[str, object], recipe: JudgeRecipe
) -> Question:
    user = _prompts(stage, recipe)[1].strip()
    # One pass over the template, so that a brace in a text is never filled in.
    user = _GAP.sub(lambda gap: filled.get(gap[1], gap[0]), user)
    params = sampling_params(recipe.teacher)
    if recipe.response_format == "json_object":
        params["response_format"] = {"type": "json_object"}
    elif recipe.response_format == "json_schema":
        form = {"name": f"emojit_{stage}", "strict": True, "schema": schema}
        params["response_format"] = {"type": "json_schema", "json_schema": form}
    return Question(
        step="judge",
        text=text,
        model=recipe.teacher.model,
        messages=(("system", system_prompt(stage, recipe)), ("user", user)),
        params=params,
    )


def _scores_schema(labels: Sequence[str]) -> dict[str, object]:
    """Return the JSON schema of scores, in the part of the language that strict modes take: https://platform.openai.com/docs/guides/structured-outputs."""
    mark = {"type": "integer", "enum": list(range(MOST + 1))}
    item = _object(
        {
            "label": {"type": "string", "enum": list(labels)},
            "reason": {"type": "string"},  # before the marks: they are then given for this reason
            "semantic": mark,
            "naturalness": mark,
            "misleading": {"type": "boolean"},
            "error_category": {"type": "string", "enum": list(ERROR_CATEGORIES)},
        }
    )
    return _object({"answers": {"type": "array", "items": item}})


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _categories() -> str:
    return "\n".join(f"{name} = {words}" for name, words in ERROR_CATEGORIES.items())
