"""Several opinions on one question: in one call where the endpoint honours `n`, what it leaves out alone."""

from __future__ import annotations

import asyncio

import pytest

from emojit.errors import TeacherError
from emojit.teacher import emoji_question, label, run
from emojit.teacher.endpoint import OpenAITeacher

POST = "また雨だよ"
CHOICES = ["🎉", "😊", "📚", "🍜"]


def opinions(config, store, count=3, times=1):
    async def work(engine):
        posts = [f"{POST}{number}" for number in range(times)]
        asked = [[emoji_question(post, config, sample) for sample in range(count)] for post in posts]
        return [await engine.opinions(questions) for questions in asked], engine.counts

    return run(work, config, OpenAITeacher(config, backoff_s=0.001), store)


def test_one_call_gives_all_opinions_and_its_bill_stands_on_the_first(serve, answer, config_for, store):
    usage = {"total_tokens": 12, "prompt_tokens": 8, "completion_tokens": 4, "cost": 0.5}
    server = serve(lambda call: answer(choices=CHOICES, extra={"usage": usage, "provider": "P"}))
    config = config_for(server)

    (replies,), counts = opinions(config, store)

    assert [call.payload["n"] for call in server.calls] == [3]
    assert [reply.text for reply in replies] == CHOICES[:3]
    assert [reply.cost for reply in replies] == [0.5, 0.0, 0.0]
    assert [reply.usage is None for reply in replies] == [False, True, True]
    assert {reply.provider for reply in replies} == {"P"}
    assert len({reply.key for reply in replies}) == 3
    assert (counts.asked, counts.calls, counts.spent_usd, counts.prompt_tokens) == (3, 1, 0.5, 8)
    assert not any('"n":' in reply.request for reply in replies)  # how it is asked is no part of what is asked


def test_only_what_the_store_lacks_is_asked(serve, answer, config_for, store):
    server = serve(lambda call: answer(choices=CHOICES))
    config = config_for(server)
    opinions(config, store, count=1)

    (replies,), counts = opinions(config, store, count=4)

    assert [call.payload.get("n") for call in server.calls] == [None, 3]
    assert [reply.text for reply in replies] == ["🎉", "🎉", "😊", "📚"]
    assert (counts.asked, counts.from_store) == (3, 1)


def test_the_opinions_that_an_endpoint_leaves_out_are_asked_for_alone(serve, answer, config_for, store):
    server = serve(lambda call: answer(text=CHOICES[call.number % 4]))
    config = config_for(server)

    both, counts = opinions(config, store, times=2)

    assert [call.payload.get("n") for call in server.calls] == [3, None, None, 3, None, None]
    assert [len(replies) for replies in both] == [3, 3]
    assert all(reply.attempts == 1 and reply.error is None for replies in both for reply in replies)
    assert counts.calls == 6


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_endpoint_that_refuses_n_is_asked_for_each_opinion_alone(serve, answer, config_for, store, status):
    server = serve(lambda call: answer(status=status) if "n" in call.payload else answer(text="🎉"))
    config = config_for(server)

    both, _ = opinions(config, store, times=2)

    assert [call.payload.get("n") for call in server.calls] == [3, *[None] * 6]
    assert all(reply.text == "🎉" for replies in both for reply in replies)


def test_an_endpoint_that_fails_on_n_is_asked_again_without_it(serve, answer, config_for, store):
    """As llama.cpp's server does: 500, "Only one completion choice is allowed"."""
    server = serve(lambda call: answer(status=500) if "n" in call.payload else answer(text="🎉"))

    both, counts = opinions(config_for(server), store, times=2)

    assert [call.payload.get("n") for call in server.calls] == [3, None, None, None] * 2
    assert [[reply.attempts for reply in replies] for replies in both] == [[2, 1, 1]] * 2
    assert (counts.failed, counts.asked) == (0, 6)


def test_a_refusal_of_n_holds_though_an_answer_overtakes_it(serve, answer, config_for, store):
    """Two calls for several are in flight; the first is refused, and then the second is answered in full."""

    def behave(call):
        if "n" not in call.payload:
            return answer(text="🎉")
        return answer(status=400) if call.text.endswith("0") else answer(choices=CHOICES, delay_s=0.3)

    server = serve(behave)
    config = config_for(server)

    async def work(engine):
        def ask(number):
            return engine.opinions([emoji_question(f"{POST}{number}", config, sample) for sample in range(2)])

        await asyncio.gather(ask(1), ask(0))
        return await ask(2)

    run(work, config, OpenAITeacher(config, backoff_s=0.001), store)

    assert sum("n" in call.payload for call in server.calls) == 2
    assert [call.payload.get("n") for call in server.calls[-2:]] == [None, None]


def test_an_endpoint_that_refuses_n_fails_no_question_that_may_have_one_call_only(serve, answer, config_for, store):
    server = serve(lambda call: answer(status=400) if "n" in call.payload else answer(text="🎉"))

    (replies,), counts = opinions(config_for(server, max_attempts=1), store)

    assert [reply.error for reply in replies] == [None] * 3
    assert (counts.failed, len(server.calls)) == (0, 3)


def test_calls_before_n_was_refused_count_for_the_question(serve, answer, config_for, store):
    seen = []

    def behave(call):
        seen.append(call)
        if "n" in call.payload:
            return answer(status=400) if len(seen) == 3 else answer(status=429, headers={"Retry-After": "0.01"})
        return answer(status=500) if len(seen) <= 5 else answer(text="🎉")

    config = config_for(serve(behave), max_attempts=5)

    (replies,), counts = opinions(config, store)

    assert sorted(reply.attempts for reply in replies) == [1, 1, 5]
    assert [reply.error is None for reply in replies] == [False, True, True]
    assert counts.calls == len(seen) == 7


def test_a_wrong_key_stops_the_run_all_the_same(serve, answer, config_for, store):
    server = serve(lambda call: answer(status=401, body=b'{"error": {"message": "wrong"}}'))

    with pytest.raises(TeacherError, match="HTTP 401: wrong"):
        opinions(config_for(server), store)

    assert len(server.calls) <= 4


def test_a_call_for_several_that_keeps_failing_fails_them_all_after_max_attempts(serve, answer, config_for, store):
    server = serve(lambda call: answer(status=500) if call.step == "emoji" else answer())
    config = config_for(server, max_attempts=2)

    with pytest.raises(TeacherError, match="not one of 3 questions"):
        opinions(config, store)

    assert len(server.calls) == 2


def test_an_empty_opinion_among_others_stands(serve, answer, config_for, store):
    server = serve(lambda call: answer(choices=["🎉", "", "😊"]))

    (replies,), _ = opinions(config_for(server), store)

    assert [reply.text for reply in replies] == ["🎉", "", "😊"]
    assert len(server.calls) == 1


def test_two_conversations_share_the_opinions_on_one_post(serve, answer, config_for, store, tasks):
    server = serve(
        lambda call: answer(text="また雨だよ") if call.step == "rewrite" else answer(choices=CHOICES, delay_s=0.02)
    )
    config = config_for(server)

    result = label(tasks(4, samples=3), config, OpenAITeacher(config), store, quiet=True)

    assert len(server.calls) == 4 + 1
    assert {labelled.votes for labelled in result.labelled} == {(("🎉",), ("😊",), ("📚",))}
