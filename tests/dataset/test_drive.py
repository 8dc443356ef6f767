"""The shell around a core: every question once, blocks in order, whatever the order of the answers."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.dataset.drive import drive


class Numbers:
    """A core that asks numbers in blocks and notes what it is told, in which thread."""

    def __init__(self, sizes: list[int], lag: int) -> None:
        self.sizes = list(reversed(sizes))
        self.lag = lag
        self.open = 0
        self.next = 0
        self.decided: list[list[int]] = []
        self.threads: set[int] = set()

    def more(self):
        formed = []
        while self.sizes and self.open < self.lag:
            size = self.sizes.pop()
            formed.append(range(self.next, self.next + size))
            self.next += size
            self.open += 1
        return formed

    def decide(self, answers):
        self.open -= 1
        self.threads.add(threading.get_ident())
        self.decided.append(list(answers))


def run(core, ask, width):
    asyncio.run(drive(core, core.more(), ask, width=width))


@given(st.lists(st.integers(1, 5), max_size=8), st.integers(1, 4), st.integers(1, 6), st.integers(0, 100))
def test_blocks_are_decided_in_order_whatever_the_order_of_the_answers(sizes, lag, width, seed):
    core, rng, asked = Numbers(sizes, lag), random.Random(seed), []

    async def ask(number):
        asked.append(number)
        for _ in range(rng.randrange(5)):
            await asyncio.sleep(0)
        return number * 10

    run(core, ask, width)

    assert sorted(asked) == list(range(sum(sizes)))
    assert [len(block) for block in core.decided] == sizes
    assert [number for block in core.decided for number in block] == [10 * number for number in range(sum(sizes))]


def test_a_slow_answer_holds_up_its_own_block_only():
    core, answered = Numbers([4] * 6, lag=6), []

    async def ask(number):
        await asyncio.sleep(0.2 if number == 0 else 0.001)
        answered.append(number)
        return number

    run(core, ask, 2)

    assert answered.index(0) >= 15
    assert core.decided[0] == [0, 1, 2, 3]


def test_never_more_questions_than_the_width_are_worked_on():
    core, now, peak = Numbers([20], lag=1), 0, 0

    async def ask(number):
        nonlocal now, peak
        now += 1
        peak = max(peak, now)
        await asyncio.sleep(0.001)
        now -= 1
        return number

    run(core, ask, 3)

    assert peak == 3


def test_the_core_is_called_off_the_event_loop():
    core = Numbers([1, 1], lag=1)

    async def ask(number):
        return number

    run(core, ask, 1)

    assert threading.get_ident() not in core.threads


def test_an_error_of_a_question_ends_everything_and_comes_through_as_it_is():
    core = Numbers([5, 5], lag=2)

    async def ask(number):
        if number == 3:
            raise LookupError("gone")
        await asyncio.sleep(0.01)
        return number

    with pytest.raises(LookupError, match="gone"):
        run(core, ask, 2)


def test_an_error_of_the_core_ends_everything_and_comes_through_as_it_is():
    class Broken(Numbers):
        def decide(self, answers):
            raise OSError("disk full")

    async def ask(number):
        return number

    with pytest.raises(OSError, match="disk full"):
        run(Broken([2, 2], lag=2), ask, 2)


def test_nothing_of_the_core_runs_any_more_when_the_run_was_cancelled():
    class Slow(Numbers):
        finished = False

        def decide(self, answers):
            import time

            time.sleep(0.1)
            self.finished = True

    core = Slow([1], lag=1)

    async def ask(number):
        return number

    async def cancelled():
        running = asyncio.create_task(drive(core, core.more(), ask, width=1))
        await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())

    assert core.finished


def test_a_core_that_asks_nothing_is_over_at_once():
    core = Numbers([], lag=1)

    async def ask(number):
        raise AssertionError

    run(core, ask, 4)

    assert core.decided == []
