"""The cost limit is kept before it is passed, whichever way a cost is known; nothing that was paid for is lost."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.errors import TeacherError
from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher import Counts, Reply, ReplyStore, emoji_question, label, rewrite_question
from emojit.teacher.budget import BudgetedTeacher, dollars, money_note, projected_cost, projection
from emojit.teacher.endpoint import OpenAITeacher

PRICE = PriceConfig(prompt=1.0, completion=4.0)


def config(**keys):
    return TeacherConfig(kind="openai", model="m", licence="test", distillation_allowed=True, **keys)


class Costly:
    """A teacher whose n-th answer has the n-th cost and usage."""

    live = True

    def __init__(self, costs, usages=(), pause=lambda number: 0):
        self.costs = costs
        self.usages = usages
        self.pause = pause
        self.asked = self.in_flight = self.peak = 0

    async def ask(self, question):
        number = self.asked
        self.asked += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        for _ in range(1 + self.pause(number)):
            await asyncio.sleep(0)
        self.in_flight -= 1
        usage = self.usages[number % len(self.usages)] if self.usages else None
        cost = self.costs[number % len(self.costs)] if self.costs else None
        return Reply(key=question.key, request=question.request, text="🎉", usage=usage, cost=cost)

    async def close(self):
        pass


def ask_all(budgeted, questions, width=8):
    """Ask with so many workers; returns the answers that came before the limit, and the error."""
    answers, errors = [], []

    async def worker(numbered):
        for question in numbered:
            try:
                answers.append(await budgeted.ask(question))
            except TeacherError as exc:
                errors.append(exc)
                return

    async def run():
        numbered = iter(questions)
        await asyncio.wait_for(asyncio.gather(*(worker(numbered) for _ in range(width))), 10)

    asyncio.run(run())
    return answers, errors


def questions(count, settings=None):
    return [rewrite_question(f"これは{number}番目の文である。", settings or config()) for number in range(count)]


@given(
    prices=st.lists(st.integers(0, 40), min_size=1, max_size=30),
    pauses=st.lists(st.integers(0, 5), min_size=1, max_size=7),
    limit=st.integers(1, 200),
    width=st.integers(1, 20),
)
@settings(max_examples=150, deadline=None)
def test_the_limit_holds_for_any_costs_under_the_stated_prices_bound_and_any_order(prices, pauses, limit, width):
    settled = config(price=PRICE, max_tokens=16)
    bound = BudgetedTeacher(Costly([]), 1.0, settled)._bound(questions(1))
    assert bound is not None
    costs = [bound * share / 40 for share in prices]
    max_cost = bound * limit / 4
    teacher = Costly(costs, pause=lambda number: pauses[number % len(pauses)])
    budgeted = BudgetedTeacher(teacher, max_cost, settled)

    answers, errors = ask_all(budgeted, questions(60), width)

    assert budgeted.spent == pytest.approx(sum(reply.cost for reply in answers))
    assert budgeted.spent <= max_cost
    assert len(answers) == teacher.asked
    assert len(answers) == 60 or budgeted.spent + max(bound, max(costs)) > max_cost - 1e-12
    assert (len(answers) == 60) == (not errors)


def test_without_a_price_the_first_question_goes_alone_and_equal_ones_never_pass_the_limit():
    teacher = Costly([0.01], pause=lambda number: 3)
    budgeted = BudgetedTeacher(teacher, 0.105)

    answers, errors = ask_all(budgeted, questions(50))

    assert len(answers) == 10
    assert budgeted.spent == pytest.approx(0.1)
    assert (
        "limit of 0.105 USD is reached: 0.1000 USD spent in this run, and the next question may cost 0.0100 USD"
        in str(errors[0])
    )
    assert "run the same command again, with a new --max-cost" in errors[0].hint


def test_what_is_in_flight_is_counted_with_the_highest_cost_seen():
    teacher = Costly([0.05, 0.001], pause=lambda number: 5)
    budgeted = BudgetedTeacher(teacher, 0.2)

    ask_all(budgeted, questions(20), width=16)

    assert budgeted.spent <= 0.2
    assert teacher.peak <= 3  # three times 0.05 beside what is spent


def test_tokens_at_the_stated_price_count_where_nothing_is_billed():
    usage = json.dumps({"prompt_tokens": 300, "completion_tokens": 50})
    budgeted = BudgetedTeacher(Costly([], [usage]), 0.02, config(price=PRICE))

    answers, errors = ask_all(budgeted, questions(100))

    assert budgeted.spent == pytest.approx(len(answers) * (300e-6 + 200e-6))
    assert 0.015 < budgeted.spent <= 0.02
    assert errors


def test_an_answer_without_tokens_counts_as_the_longest_that_the_bounds_allow():
    budgeted = BudgetedTeacher(Costly([]), 0.02, config(price=PRICE, max_tokens=256))

    answers, errors = ask_all(budgeted, questions(100))

    assert 0 < len(answers) < 100
    assert 0.015 < budgeted.spent <= 0.02
    assert errors


def test_a_first_question_that_may_cost_more_than_the_limit_is_not_asked():
    teacher = Costly([0.0001])

    for budgeted in (BudgetedTeacher(teacher, 1e-6, config(price=PRICE)), BudgetedTeacher(teacher, 0.0)):
        answers, errors = ask_all(budgeted, questions(3))
        assert answers == []
        assert "is reached: 0.0000 USD spent" in str(errors[0])
    assert teacher.asked == 0


def test_where_nothing_says_what_a_reply_costs_the_first_answer_is_the_last_one():
    teacher = Costly([])

    answers, errors = ask_all(BudgetedTeacher(teacher, 1.0), questions(20))

    assert len(answers) == teacher.asked == 1
    assert "nothing says what a reply costs" in str(errors[0])
    assert "teacher.price.prompt" in errors[0].hint


def test_several_opinions_in_one_call_are_bounded_and_billed_as_one_call():
    class Many(Costly):
        async def ask_many(self, asked):
            first, *others = [Reply(key=one.key, request=one.request, text="🎉", cost=0.0) for one in asked]
            return [Reply(key=first.key, request=first.request, text="🎉", cost=0.03), *others]

    settled = config(price=PRICE)
    budgeted = BudgetedTeacher(Many([]), 0.1, settled)
    votes = [emoji_question("雨だね", settled, sample) for sample in range(3)]

    async def run():
        return [await budgeted.ask_many(votes) for _ in range(3)]

    assert [len(replies) for replies in asyncio.run(run())] == [3, 3, 3]
    assert budgeted.spent == pytest.approx(0.09)
    with pytest.raises(TeacherError, match="limit of"):
        asyncio.run(budgeted.ask_many(votes))
    assert budgeted._bound(votes) > budgeted._bound(votes[:1])


def test_a_teacher_that_cannot_give_several_opinions_is_asked_one_by_one_and_keeps_its_width():
    class Wide(Costly):
        width = 500

    budgeted = BudgetedTeacher(Wide([0.1]), 1.0)

    assert asyncio.run(budgeted.ask_many(questions(2))) == []
    assert budgeted.width == 500


def test_bills_of_failed_calls_count_too(serve, answer, config_for, tasks):
    """An empty answer is billed and asked for again."""
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "cost": 0.01}
    server = serve(lambda call: answer(text="" if call.nth == 1 else None, extra={"usage": usage}))
    settled = config_for(server)
    budgeted = BudgetedTeacher(OpenAITeacher(settled, backoff_s=0.001), 1.0, settled)

    with ReplyStore(None) as store:
        label(tasks(3), settled, budgeted, store, quiet=True)

    assert len(server.calls) == 12
    assert budgeted.spent == pytest.approx(0.12)


def test_a_run_that_met_its_limit_goes_on_where_it_stopped_and_pays_nothing_twice(
    serve, answer, config_for, store, tasks
):
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.01}
    server = serve(lambda call: answer(extra={"usage": usage}))
    settled = config_for(server)

    def run(max_cost):
        return label(tasks(20), settled, BudgetedTeacher(OpenAITeacher(settled), max_cost, settled), store, quiet=True)

    with pytest.raises(TeacherError, match=r"limit of 0\.15 USD"):
        run(0.15)
    first = len(server.calls)
    result = run(0.3)

    assert first in {14, 15}
    assert len(store) == len(server.calls) == 40
    assert (result.asked, result.from_store) == (40 - first, first)


def test_the_projection_scales_what_was_spent_and_is_silent_where_nothing_is_known():
    assert projection(1.5, 30, 300) == pytest.approx(15.0)
    assert projection(1.5, 30, 10) == 1.5
    assert projection(0.0, 0, 300) is None
    assert projection(1.5, 30, None) is None
    resumed = Counts(asked=30, from_store=270, spent_usd=0.3)  # 100 of 300 sentences stand, three questions each
    assert projected_cost(resumed, 100, 300) == pytest.approx(0.3 + 600 * 0.01)
    assert projected_cost(resumed, 300, 300) == pytest.approx(0.3)
    assert projected_cost(resumed, 0, 300) is projected_cost(resumed, 100, None) is None
    assert money_note(0.0123, 4.561) == "spent $0.0123, projected $4.56"
    assert money_note(0.5, None) == "spent $0.5000"
    assert money_note(0.0, None) == ""
    assert dollars(1234.5) == "$1,234.50"
