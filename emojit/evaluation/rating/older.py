"""Answers of the older rating tool: JSON lines with semantic, naturalness and misleading for each model, and a preference.

The tool, a Space, writes a file for each session, a line of which is one text rated by one rater:

    {"evaluator_id": "anon_1f", "sample_id": 3, "gold": {"semantic": 3, "naturalness": 2, "misleading": false}, "model_a": {…}, "model_b": {…},
     "preference": "A（focal_top50）", "comment": "", "timestamp": "20260109_120000"}

Whoever passed a question over is in its files with null: an answer with an open mark is left out and counted, and a preference of null is none at all. Files that
were written by hand differ in their spelling, so several are taken; docs/rating.md lists them:

    {"id": 3, "ratings": {"teacher": {"semantic": 3, "naturalness": 2, "misleading": false}, "A": {…}}, "preference": "A"}
    {"id": 3, "teacher_semantic": 3, "teacher_naturalness": 2, "teacher_misleading": false, "A_semantic": …, "preference": "tie"}
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from emojit.errors import UsageError
from emojit.evaluation.rating.ratings import Preference, Question, Rating, Ratings, scale_value, yes_or_no

_SPELLINGS: Mapping[Question, tuple[str, ...]] = {
    "semantic": ("semantic", "semantic_match", "semantic_score", "semantics", "meaning"),
    "naturalness": ("naturalness", "natural", "naturalness_score"),
    "misleading": ("misleading", "is_misleading", "misleading_flag"),
}
_HOLDERS = ("ratings", "scores", "models", "systems", "answers", "evaluations")
_PREFERENCES = ("preference", "preferred", "prefer", "winner", "best", "choice")
_TIES = (
    "",
    "tie",
    "ties",
    "tied",
    "draw",
    "same",
    "equal",
    "both",
    "neither",
    "none",
    "no preference",
    "引き分け",
    "同等",
    "同じ",
    "差がない",
)
_SPACE_RATER = "evaluator_id"
"""In every line of the Space, and in no other file."""
_RATERS = (_SPACE_RATER, "rater", "rater_id", "rater_code", "annotator", "user")
_IDS = ("id", "item", "item_id", "sample_id", "text_id", "index", "idx", "text", "sns_text")
_LABEL = re.compile(r"(?:model|モデル)?[ _-]?([a-z])\s*(?:[（(](.*)[）)])?")
"""A choice as a page words it: A, モデルA, A（focal_top50）."""
logger = logging.getLogger(__name__)

_HINT = 'a line is such as {"id": 1, "ratings": {"teacher": {"semantic": 3, "naturalness": 2, "misleading": false}}, "preference": "tie"}'


def is_older(row: Mapping[str, Any]) -> bool:
    """Whether a line is of the older tool: it rates several models and not one."""
    return "system" not in row


def read_older(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Ratings:
    """Make ratings of the lines of the older tool; of two lines of a rater for a text the last one counts. Open answers are left out, with a warning.

    Args:
        rows: each with where it stands.

    Raises:
        UsageError: a line has no ratings, or a value that is none, or prefers a model that it does not rate.
    """
    ratings: dict[tuple[str, str], list[Rating | None]] = {}
    preferences: dict[tuple[str, str], Preference] = {}
    for number, (where, row) in enumerate(rows, start=1):
        row_id = str(_first(row, _IDS, number))
        rater = str(_first(row, _RATERS, "1"))
        models = _models(where, row)
        key = (row_id, rater)
        ratings[key] = [_rating(where, row_id, rater, name, values) for name, values in models.items()]
        best = _first(row, _PREFERENCES, None)
        preferences.pop(key, None)
        if any(name in row for name in _PREFERENCES) and not (best is None and _SPACE_RATER in row):
            preferences[key] = Preference(id=row_id, rater=rater, systems=_preferred(where, best, models))
    found = [one for group in ratings.values() for one in group]
    every = [one for one in found if one is not None]
    if len(every) < len(found):
        logger.warning("left out: %d of %d answers with an open question", len(found) - len(every), len(found))
    if not every:
        raise UsageError(f"{rows[0][0]}: no answer with all its marks in {len(rows)} lines", hint=_HINT)
    return Ratings(
        systems=tuple(dict.fromkeys(one.system for one in every)),
        ratings=tuple(every),
        preferences=tuple(preferences.values()),
    )


def _models(where: str, row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the values of each model: in a table of their own, each model a table, or in flat keys."""
    for holder in _HOLDERS:
        if isinstance(row.get(holder), dict) and row[holder]:
            return {str(name): _table(where, name, values) for name, values in row[holder].items()}
    tables: dict[str, Mapping[str, Any]] = {
        name: value for name, value in row.items() if isinstance(value, dict) and _has(value, "semantic")
    }
    if tables:
        return tables
    flat: dict[str, dict[str, Any]] = {}
    for name, value in row.items():
        for question, spellings in _SPELLINGS.items():
            for spelling in sorted(spellings, key=len, reverse=True):
                model = _beside(name, spelling)
                if model is not None:
                    flat.setdefault(model, {}).setdefault(question, value)
                    break
    if not flat:
        raise UsageError(f"{where}: no ratings of any model in it", hint=_HINT)
    return dict(flat)


def _beside(name: str, spelling: str) -> str | None:
    """Return the model in keys such as `A_semantic` or `semantic_A`."""
    for sign in ("_", ".", "-", ":"):
        if name.endswith(sign + spelling):
            return name[: -len(sign + spelling)]
        if name.startswith(spelling + sign):
            return name[len(spelling + sign) :]
    return None


def _rating(where: str, row_id: str, rater: str, model: str, values: Mapping[str, Any]) -> Rating | None:
    """Return the rating of a model; None where the rater passed a question over."""
    found = {question: _value(where, model, question, values) for question in _SPELLINGS}
    if None in found.values():
        return None
    name = f"{model}: "
    return Rating(
        id=row_id,
        option=model,
        system=model,
        rater=rater,
        semantic=scale_value(where, f"{name}semantic", found["semantic"]),
        naturalness=scale_value(where, f"{name}naturalness", found["naturalness"]),
        misleading=yes_or_no(where, f"{name}misleading", found["misleading"]),
    )


def _value(where: str, model: str, question: Question, values: Mapping[str, Any]) -> object:
    for spelling in _SPELLINGS[question]:
        if spelling in values:
            found: object = values[spelling]
            return found
    raise UsageError(f"{where}: {model} has no {question}", hint=_HINT)


def _preferred(where: str, best: object, models: Mapping[str, object]) -> tuple[str, ...]:
    said = "" if best is None else str(best).strip()
    named = {name.lower(): name for name in models}
    if said.lower() in named:
        return (named[said.lower()],)
    if said.lower() in _TIES:
        return ()
    if label := _LABEL.fullmatch(said.lower()):
        spelled = (
            label[1],
            *(f"{word}{sign}{label[1]}" for word in ("model", "モデル") for sign in ("_", " ", "-", "")),
        )
        fitting = dict.fromkeys(named[one] for one in (label[2], *spelled) if one in named)
        if len(fitting) == 1:
            return tuple(fitting)
    raise UsageError(
        f"{where}: the preference {said!r} is none of the rated models",
        hint=f"one of {', '.join(models)}, or tie for none",
    )


def _table(where: str, name: object, values: object) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise UsageError(f"{where}: the ratings of {name} are no table, got {values!r}", hint=_HINT)
    return values


def _has(values: Mapping[str, Any], question: Question) -> bool:
    return any(spelling in values for spelling in _SPELLINGS[question])


def _first(row: Mapping[str, Any], names: Sequence[str], otherwise: object) -> object:
    return next((row[name] for name in names if row.get(name) is not None), otherwise)
