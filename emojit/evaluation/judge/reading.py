"""Read what a judge answered: JSON of exactly the asked form, or the reason why it is not.

Nothing is repaired that needs a guess; thinking and a code fence around the JSON are cut.

| what came | reason |
|---|---|
| finish_reason "length"; a refusal; nothing | `truncated`, `refusal`, `empty` |
| no JSON, text beside it, or JSON that is no object | `no_json` |
| a key is missing, or one too many | `missing_field`, `unknown_field` |
| an answer that was shown is not scored, another one is, or one is twice | `missing_item`, `unknown_item`, `repeated_item` |
| a mark that is no whole number, `misleading` that is not true or false | `wrong_type` |
| a mark below 0 or above 4, a choice that was not offered | `out_of_range` |
| an error category that was not offered | `unknown_category` |
| a reason in another language: without kana, but for a few kanji alone | `reason_not_japanese` |

One wrong item makes the whole answer unreadable: whoever mixes up one answer may have mixed up the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from emojit.evaluation.judge.records import ERROR_CATEGORIES, MOST, Choice, Score, Side
from emojit.teacher import Unreadable
from emojit.teacher.reading import checked
from emojit.teacher.wire import parse_json

_FENCE = re.compile(r"\A```[\w-]*\s*\n(.*?)\n?\s*```\Z", re.DOTALL)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_FEW_KANJI = re.compile("[\u4e00-\u9fff]{1,8}[。．]?")
"""Such as 内容一致。 A sentence in Japanese has kana; without any it is most likely Chinese, into which some models fall."""
_SIDES: Mapping[object, Side] = {"A": "first", "B": "second", "tie": "tie"}


def read_scores(text: str, labels: Sequence[str], *, finish_reason: str | None = None) -> dict[str, Score]:
    """Read scores.

    Args:
        text: the reply as it came.
        labels: the letters of the answers that were shown.
        finish_reason: as the endpoint says it.

    Returns:
        One score per letter.

    Raises:
        Unreadable: the reply holds no such scores.
    """
    items = _fields(_object(text, finish_reason), {"answers"}, text)["answers"]
    if not isinstance(items, list):
        raise Unreadable("wrong_type", text)
    found: dict[str, Score] = {}
    for item in items:
        if not isinstance(item, dict):
            raise Unreadable("wrong_type", text)
        fields = _fields(item, {"label", "reason", "semantic", "naturalness", "misleading", "error_category"}, text)
        label = fields["label"]
        if not isinstance(label, str) or label not in labels:
            raise Unreadable("unknown_item", text)
        if label in found:
            raise Unreadable("repeated_item", text)
        found[label] = _score(fields, text)
    if len(found) < len(labels):
        raise Unreadable("missing_item", text)
    return found


def read_choice(text: str, *, finish_reason: str | None = None) -> Choice:
    """Read the choice between two answers.

    Raises:
        Unreadable: the reply holds no such choice.
    """
    fields = _fields(_object(text, finish_reason), {"reason", "choice"}, text)
    if not isinstance(fields["choice"], str):
        raise Unreadable("wrong_type", text)
    side = _SIDES.get(fields["choice"])
    if side is None:
        raise Unreadable("out_of_range", text)
    return Choice(side=side, reason=_reason(fields["reason"], text))


def read_guess(text: str, candidates: int, *, finish_reason: str | None = None) -> int:
    """Read the number of a text, from 1.

    Raises:
        Unreadable: the reply holds no such number.
    """
    return _whole(_fields(_object(text, finish_reason), {"choice"}, text)["choice"], 1, candidates, text)


def _object(text: str, finish_reason: str | None) -> dict[str, object]:
    body = checked(text, finish_reason)
    if (fenced := _FENCE.match(body)) is not None:
        body = fenced[1]
    try:
        value = parse_json(body)
    except ValueError:
        raise Unreadable("no_json", text) from None
    if not isinstance(value, dict):
        raise Unreadable("no_json", text)
    return value


def _fields(value: dict[str, object], names: Collection[str], text: str) -> dict[str, object]:
    if not set(names) <= set(value):
        raise Unreadable("missing_field", text)
    if len(value) > len(names):
        raise Unreadable("unknown_field", text)
    return value


def _score(fields: Mapping[str, object], text: str) -> Score:
    misleading, category = fields["misleading"], fields["error_category"]
    if not isinstance(misleading, bool):
        raise Unreadable("wrong_type", text)
    if not isinstance(category, str) or category not in ERROR_CATEGORIES:
        raise Unreadable("unknown_category", text)
    return Score(
        semantic=_whole(fields["semantic"], 0, MOST, text),
        naturalness=_whole(fields["naturalness"], 0, MOST, text),
        misleading=misleading,
        error_category=category,
        reason=_reason(fields["reason"], text),
    )


def _whole(value: object, low: int, high: int, text: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable("wrong_type", text)
    if not low <= value <= high:
        raise Unreadable("out_of_range", text)
    return value


def _reason(value: object, text: str) -> str:
    if not isinstance(value, str):
        raise Unreadable("wrong_type", text)
    if not _KANA.search(value) and not _FEW_KANJI.fullmatch(value.strip()):
        raise Unreadable("reason_not_japanese", text)
    return value.strip()
