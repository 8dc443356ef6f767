"""What endpoints send that looks like JSON: none of it stops a run, hangs it or gets into the store as it is."""

from __future__ import annotations

import asyncio
import json

import pytest

from emojit.recipe import PriceConfig
from emojit.teacher import label, make_teacher, rewrite_question
from emojit.teacher.commits import Commits
from emojit.teacher.completions import Completion, read_body
from emojit.teacher.failures import Failure, judge
from emojit.teacher.prices import usage_cost
from emojit.teacher.records import Reply
from emojit.teacher.wire import bill, parse_json, token_count


def body(usage: str = "{}", content: str = "今日は雨なんだって") -> str:
    return f'{{"choices": [{{"message": {{"content": "{content}"}}, "finish_reason": "stop"}}], "usage": {usage}}}'


@pytest.mark.parametrize(
    "usage", ['{"cost": NaN}', '{"cost": -Infinity, "total_tokens": Infinity}', '{"cost": 1e999}']
)
def test_numbers_that_are_none_leave_the_answer_and_no_bill(usage):
    completion = read_body(body(usage), model="m", secret="")

    assert isinstance(completion, Completion)
    assert (completion.choices[0].text, completion.cost, completion.tokens) == ("今日は雨なんだって", None, None)
    assert completion.usage is not None
    assert "NaN" not in completion.usage


@pytest.mark.parametrize("value", [-3, -0.1, True, "0.1", None, float("nan"), float("inf"), 10**400])
def test_what_can_be_no_bill_is_none(value):
    assert bill(value) is None


@pytest.mark.parametrize("value", [-5, 1e30, 10**400, True, "12", None])
def test_what_can_be_no_number_of_tokens_is_none(value):
    assert token_count(value) is None


def test_negative_tokens_cost_nothing_known():
    usage = '{"completion_tokens": 10, "prompt_tokens": -1000000}'

    assert usage_cost(usage, PriceConfig(prompt=1.0, completion=1.0)) is None


def test_halves_of_surrogate_pairs_become_replacement_characters_and_whole_pairs_stay():
    assert parse_json(r'{"a": ["あ\ud800い", "\ud83d\ude0a", "\\ud800"]}') == {"a": ["あ\ufffdい", "😊", "\\ud800"]}


@pytest.mark.parametrize("written", ["k/e+y" * 4, r"k\/e+y" * 4, r"k\/e\u002by" * 4])
def test_a_key_that_comes_back_is_masked_however_it_is_escaped(written):
    completion = read_body(body('{"k": 1}', f"{written} すごい"), model="m", secret="k/e+y" * 4)

    assert isinstance(completion, Completion)
    assert completion.choices[0].text == "*** すごい"


def test_json_nested_too_deeply_is_a_failed_call_and_a_readable_error():
    deep = "[" * 200_000

    completion = read_body(deep, model="m", secret="")
    failure = judge(500, {}, deep, model="m", secret="")

    assert isinstance(completion, Failure)
    assert (completion.kind, failure.kind) == ("retry", "retry")


def test_half_a_surrogate_pair_in_every_answer_and_error_does_not_hang_the_run(
    serve, answer, config_for, store, tasks
):
    def behave(call):
        if call.number % 2:
            return answer(body=body(content=r"すごい\ud800ねえ").encode())
        return answer(status=403, body=rb'{"error": {"message": "content policy \ud800"}}')

    config = config_for(serve(behave))
    run = asyncio.run(asyncio.wait_for(asyncio.to_thread(label, tasks(4), config, make_teacher(config), store), 30))

    assert len(run.labelled) == 4
    assert all(json.dumps(one.detail, ensure_ascii=False).encode() for one in run.labelled)


def test_a_reply_that_the_store_cannot_hold_is_an_error_and_no_endless_wait(store, config_for, serve):
    question = rewrite_question("今日は雨です。", config_for(serve()))
    reply = Reply(key=question.key, request=question.request, text="\ud800")

    with pytest.raises(UnicodeEncodeError):
        asyncio.run(asyncio.wait_for(Commits(store).put([reply]), 10))
