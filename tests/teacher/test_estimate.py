"""Tokens and cost before anything is asked: from stored replies of the same model where there are some, else by assumptions that are named."""

from __future__ import annotations

import dataclasses

import pytest

from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher import ReplyStore, Task, label
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.estimate import estimate, outlook
from emojit.teacher.usage import STEPS, learn

SENTENCES = [
    f"{name}は、{'とても' * (number % 4)}静かな{number}番目の町である。"
    for number, name in enumerate("東西南北上下左右" * 5)
]
PRICE = PriceConfig(prompt=1.0, completion=4.0)


def no_price(config):
    return None, "nobody was asked"


def never(config):
    raise AssertionError("the price is known already")


def tasks(start, end, samples=1):
    return [Task(id=str(number), text=SENTENCES[number], samples=samples) for number in range(start, end)]


def estimated(wanted, config, store=None, look_up=no_price):
    found = [outlook(task, config, store) for task in wanted]
    left = {"rewrite": sum(one.rewrite for one in found), "emoji": sum(one.emoji for one in found)}
    sample = [one for one in found if one.rewrite or one.emoji]
    return estimate(sample, left, config, learn(config, store), look_up)


@pytest.fixture
def counting(serve, answer):
    """A teacher that counts 0.8 tokens per character of the prompt, two per character of its answer, and bills a million tokens with 1 and 4 USD."""

    def usage(call, text, bill):
        prompt = round(0.8 * sum(len(message["content"]) for message in call.payload["messages"]))
        tokens = {"prompt_tokens": prompt, "completion_tokens": 2 * len(text)}
        return tokens | ({"cost": (prompt + 8 * len(text)) / 1e6} if bill else {})

    def start(bill=False, rewrite=lambda text: f"{text.rstrip('。')}だって", emoji=lambda text: "🎉 😊"):
        def behave(call):
            text = rewrite(call.text) if call.step == "rewrite" else emoji(call.text)
            return answer(text=text, extra={"usage": usage(call, text, bill)})

        return serve(behave)

    return start


def spent(store):
    steps = learn(TeacherConfig(kind="openai", model="test-model"), store).steps.values()
    return sum(step.prompt_tokens for step in steps), sum(step.completion_tokens for step in steps)


def test_the_estimate_learned_from_some_replies_meets_what_the_others_then_take(counting, config_for, store):
    config = config_for(counting(), price=PRICE)
    label(tasks(0, 12), config, OpenAITeacher(config), store, quiet=True)
    before = spent(store)

    guess = estimated(tasks(12, 40), config, store, never)

    label(tasks(12, 40), config, OpenAITeacher(config), store, quiet=True)
    prompt, completion = (after - then for after, then in zip(spent(store), before, strict=True))
    assert guess.prompt_tokens == pytest.approx(prompt, rel=0.02)
    assert guess.completion_tokens == pytest.approx(completion, rel=0.05)
    assert guess.cost_usd == pytest.approx((prompt + 4 * completion) / 1e6, rel=0.05)
    assert guess.tokens_basis == "24 stored replies of test-model"
    assert guess.price_basis == "teacher.price of the recipe"


def test_bills_of_stored_replies_are_a_price_too(counting, config_for, store):
    config = config_for(counting(bill=True))
    label(tasks(0, 12), config, OpenAITeacher(config), store, quiet=True)

    guess = estimated(tasks(12, 40), config, store, never)

    label(tasks(12, 40), config, OpenAITeacher(config), store, quiet=True)
    bills = sorted(reply.cost for reply in store.answers())
    assert guess.cost_usd == pytest.approx(sum(bills) * 28 / 40, rel=0.05)
    assert guess.price_basis == "bills (usage.cost) of 24 stored replies of test-model"


def test_without_replies_the_assumptions_are_named_and_the_price_is_looked_up():
    config = TeacherConfig(kind="openai", model="m")

    unknown = estimated(tasks(0, 10, samples=2), config)
    known = estimated(tasks(0, 10, samples=2), config, look_up=lambda _: (PRICE, "GET somewhere"))

    assert unknown.cost_usd is None
    assert unknown.price_basis == "nobody was asked; set teacher.price (USD per million tokens)"
    assert unknown.tokens_basis.startswith("assumed: 1.0 tokens per character")
    assert known.cost_usd == pytest.approx((known.prompt_tokens + 4 * known.completion_tokens) / 1e6)
    assert known.price_basis == "GET somewhere: 1 and 4 USD per million tokens"
    sentences = sum(len(task.text) for task in tasks(0, 10))
    assert known.completion_tokens == sentences + 20 * 12


def test_more_opinions_take_more_tokens_and_a_batch_says_that_its_price_may_be_another():
    config = TeacherConfig(kind="openai", model="m", mode="batch")

    one = estimated(tasks(0, 10), config)
    three = estimated(tasks(0, 10, samples=3), config, look_up=lambda _: (PRICE, "GET somewhere"))

    assert three.prompt_tokens > 1.8 * one.prompt_tokens
    assert three.price_basis.endswith("the price of live calls, a batch may cost less")


def test_where_all_is_stored_nothing_is_left_to_pay(counting, config_for, store):
    config = config_for(counting())
    label(tasks(0, 5), config, OpenAITeacher(config), store, quiet=True)

    guess = estimated(tasks(0, 5), config, store, never)

    assert (guess.prompt_tokens, guess.completion_tokens, guess.cost_usd) == (0, 0, 0.0)


def test_the_recorded_teacher_takes_and_costs_nothing():
    guess = estimated(tasks(0, 5), TeacherConfig(), None, never)

    assert (guess.prompt_tokens, guess.cost_usd) == (0, 0.0)


def test_what_is_left_of_a_sentence_depends_on_what_the_store_has(counting, config_for, store):
    config = config_for(counting(rewrite=lambda text: "" if "0番目" in text else "静かな町だって"), max_attempts=1)
    label(tasks(0, 2), config, OpenAITeacher(config), store, quiet=True)
    unreadable, answered, fresh = tasks(0, 3, samples=3)

    found = [outlook(task, config, store) for task in (unreadable, answered, fresh)]

    assert [(one.stored, one.rewrite, one.emoji) for one in found] == [(1, 0, 0), (2, 0, 2), (0, 1, 3)]
    assert found[1].post == "静かな町だって"


def test_the_share_of_readable_answers_is_learned(counting, config_for, store):
    config = config_for(counting(emoji=lambda text: "わかりません" if "東" in text else "🎉"), concurrency=1)
    label(tasks(0, 16), config, OpenAITeacher(config), store, quiet=True)

    assert learn(config, store).pair_yield == pytest.approx(14 / 16)
    assert learn(dataclasses.replace(config, model="another"), store).pair_yield is None
    with ReplyStore(None) as empty:
        assert learn(config, empty).pair_yield is None


def test_replies_of_another_model_teach_nothing(counting, config_for, store):
    config = config_for(counting(bill=True))
    label(tasks(0, 5), config, OpenAITeacher(config), store, quiet=True)

    found = learn(dataclasses.replace(config, model="test"), store)

    assert (found.replies, found.counted, found.billed) == (0, 0, 0)
    assert all(learn(config, store).steps[step].replies == 5 for step in STEPS)
