"""What a judge's answer must look like, and by which name it is rejected otherwise."""

from __future__ import annotations

import json

import pytest

from emojit.evaluation.judge.reading import read_choice, read_guess, read_scores
from emojit.evaluation.judge.records import Choice
from emojit.teacher import Unreadable

ITEM = {
    "label": "A",
    "reason": "内容に合う。",
    "semantic": 3,
    "naturalness": 4,
    "misleading": False,
    "error_category": "none",
}


def reply(*items: object) -> str:
    return json.dumps({"answers": list(items)}, ensure_ascii=False)


def test_thinking_and_a_fence_around_the_json_are_cut():
    text = f"<think>さて</think>\n```json\n{reply(ITEM, ITEM | {'label': 'B', 'semantic': 0})}\n```"

    found = read_scores(text, "AB")

    assert (found["A"].semantic, found["B"].semantic, found["A"].reason) == (3, 0, "内容に合う。")
    assert read_choice('{"reason": "自然", "choice": "B"}') == Choice(side="second", reason="自然")
    assert read_choice('{"reason": "自然", "choice": "tie"}').side == "tie"
    assert read_guess('{"choice": 4}', 4) == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("申し訳ありませんが、お答えできません。", "refusal"),
        ("Aは3点です。", "no_json"),
        (f"採点します。{reply(ITEM)}", "no_json"),
        ("[1, 2]", "no_json"),
        ('{"answers": "A"}', "wrong_type"),
        ('{"answers": ["A"]}', "wrong_type"),
        ('{"scores": []}', "missing_field"),
        ('{"answers": [], "note": 1}', "unknown_field"),
        (reply(), "missing_item"),
        (reply(ITEM, ITEM), "repeated_item"),
        (reply(ITEM, ITEM | {"label": "C"}), "unknown_item"),
        (reply({key: value for key, value in ITEM.items() if key != "misleading"}), "missing_field"),
        (reply(ITEM | {"extra": 1}), "unknown_field"),
        (reply(ITEM | {"semantic": 5}), "out_of_range"),
        (reply(ITEM | {"naturalness": -1}), "out_of_range"),
        (reply(ITEM | {"semantic": 2.5}), "wrong_type"),
        (reply(ITEM | {"semantic": "3"}), "wrong_type"),
        (reply(ITEM | {"semantic": True}), "wrong_type"),
        (reply(ITEM | {"misleading": 0}), "wrong_type"),
        (reply(ITEM | {"error_category": "bad"}), "unknown_category"),
        (reply(ITEM | {"reason": "good match"}), "reason_not_japanese"),
        (reply(ITEM | {"reason": "这个表情符号很好地表达了内容。"}), "reason_not_japanese"),
        (reply(ITEM | {"reason": None}), "wrong_type"),
        ('{"answers": [' * 2000, "no_json"),
    ],
)
def test_scores_of_another_form_are_rejected_by_name(text, reason):
    with pytest.raises(Unreadable) as caught:
        read_scores(text, "A")

    assert (caught.value.reason, caught.value.detail) == (reason, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"reason": "自然", "choice": "C"}', "out_of_range"),
        ('{"reason": "自然", "choice": 1}', "wrong_type"),
        ('{"choice": "A"}', "missing_field"),
        ('{"reason": "nice", "choice": "A"}', "reason_not_japanese"),
    ],
)
def test_a_choice_of_another_form_is_rejected_by_name(text, reason):
    with pytest.raises(Unreadable) as caught:
        read_choice(text)

    assert caught.value.reason == reason


@pytest.mark.parametrize(("text", "reason"), [('{"choice": 5}', "out_of_range"), ('{"choice": "1"}', "wrong_type")])
def test_a_guess_of_another_form_is_rejected_by_name(text, reason):
    with pytest.raises(Unreadable) as caught:
        read_guess(text, 4)

    assert caught.value.reason == reason


def test_a_cut_answer_is_rejected_whatever_it_holds():
    with pytest.raises(Unreadable) as caught:
        read_scores(reply(ITEM), "A", finish_reason="length")

    assert caught.value.reason == "truncated"
