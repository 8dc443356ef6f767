"""The gate: what starts when, who is the probe, what a run learns; and the headers in which an endpoint speaks of limits."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import ConfigError
from emojit.recipe import TeacherConfig
from emojit.teacher import label
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.limit_headers import Remaining, remaining_requests, remaining_tokens, retry_after
from emojit.teacher.limits import Gate
from emojit.teacher.pace import Allowance, Minute, Pace


def gate_for(**keys):
    return Gate(TeacherConfig(**({"concurrency": 8} | keys)), backoff_s=0.01)


def in_a_loop(work):
    asyncio.run(asyncio.wait_for(work(), 20))


async def let_in(gate, *, attempts=0, chars=100):
    return await gate.enter(order=gate.order(), attempts=attempts, chars=chars)


async def opened(gate):
    """Make the first contact."""
    gate.leave(await let_in(gate), "answered")


@given(st.integers(1, 2000), st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_minute_holds_more_calls_than_the_limit(limit, gaps):
    pace, now, starts = Pace(limit), 0.0, []
    for gap in gaps:
        now = max(now + gap / limit, pace.ready_at(now + gap / limit, 1))
        pace.take(now, 1)
        starts.append(now)

    assert all(sum(start <= other < start + 60 for other in starts) <= limit for start in starts)


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 900)), min_size=1, max_size=300))
def test_no_minute_holds_more_tokens_than_the_limit(calls):
    pace, now, starts = Pace(60_000), 0.0, []
    for gap, tokens in calls:  # none is longer than a second's worth
        now = max(now + gap, pace.ready_at(now + gap, tokens))
        pace.take(now, tokens)
        starts.append((now, tokens))

    assert all(sum(n for other, n in starts if start <= other < start + 60) <= 60_000 for start, _ in starts)


def test_a_call_longer_than_the_limit_goes_alone_and_no_limit_is_no_wait():
    pace = Pace(600)
    pace.take(0.0, 6000)

    assert pace.ready_at(1.0, 1) > 600
    assert Pace(0).ready_at(5.0, 1e9) < 5.0


def test_tokens_that_were_not_taken_are_given_back():
    pace = Pace(6000)
    pace.take(10.0, 500)
    late = pace.ready_at(10.0, 10)
    pace.correct(-400)

    assert pace.ready_at(10.0, 10) == pytest.approx(late - 400 * 61 / 6000)


def test_a_minute_counts_what_started_in_it():
    minute = Minute()
    for started in (0.5, 0.7, 30.0, 59.0):
        minute.add(started)
    minute.add(30.0, -1)

    assert (minute.count(59.5), minute.oldest(59.5)) == (3, 0.0)
    assert (minute.count(70.0), minute.oldest(70.0)) == (1, 59.0)
    assert minute.oldest(200.0) == 200.0


def test_what_the_headers_leave_bounds_the_starts_until_the_reset():
    allowance = Allowance()
    allowance.heard(10, 2, until=100.0)
    allowance.heard(8, 50, until=200.0)  # an older answer that came late

    assert allowance.ready_at(5.0, 12) < 5.0
    assert allowance.ready_at(5.0, 13) == 100.0
    assert allowance.ready_at(101.0, 13) < 101.0


def test_the_first_call_goes_alone_until_it_is_answered(monkeypatch):
    monkeypatch.setattr("emojit.teacher.limits._FIRST_CONTACT_S", 10.0)
    gate = gate_for()

    async def work():
        first = await let_in(gate)
        others = [asyncio.create_task(let_in(gate)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert not any(other.done() for other in others)
        gate.leave(first, "answered")
        await asyncio.gather(*others)

    in_a_loop(work)


def test_never_more_than_concurrency_are_in_flight_and_a_cancelled_call_gives_its_place_back():
    gate = gate_for(concurrency=2)

    async def work():
        await opened(gate)
        first, _ = await let_in(gate), await let_in(gate)
        third = asyncio.create_task(let_in(gate))
        fourth = asyncio.create_task(let_in(gate))
        await asyncio.sleep(0.01)
        assert not third.done()
        third.cancel()
        gate.leave(first, "dropped")
        await fourth
        assert third.cancelled()

    in_a_loop(work)


def test_a_429_pauses_everybody_and_one_probe_follows():
    gate = gate_for()

    async def work():
        await opened(gate)
        ticket, others = await let_in(gate), [asyncio.create_task(let_in(gate)) for _ in range(4)]
        gate.leave(ticket, "limited", wait_s=0.2)
        start = time.monotonic()
        done, _ = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        assert time.monotonic() - start >= 0.19
        await asyncio.sleep(0.05)
        assert sum(other.done() for other in others) == 1
        gate.leave(done.pop().result(), "failed")  # an error, but no refusal
        await asyncio.gather(*others)

    in_a_loop(work)


def test_a_429_among_many_answers_holds_up_its_own_question_alone():
    gate = gate_for()

    async def work():
        for _ in range(20):
            gate.leave(await let_in(gate), "answered")
        own_wait_s = gate.leave(await let_in(gate), "limited", wait_s=5.0)
        assert own_wait_s >= 5.0
        assert 7 < gate.room < 8
        start = time.monotonic()
        gate.leave(await let_in(gate), "answered")
        assert time.monotonic() - start < 1.0

    in_a_loop(work)


@pytest.mark.parametrize(
    ("ends", "alone"),
    [(["limited"] * 12, 2), (["limited", "answered"] * 12, 9)],
    ids=["three in a row", "half of what came lately"],
)
def test_429s_in_a_row_or_as_half_of_what_came_lately_make_everybody_wait(ends, alone):
    gate = gate_for(concurrency=40)

    async def work():
        for _ in range(20):
            gate.leave(await let_in(gate), "answered")
        tickets = [await let_in(gate) for _ in ends]
        own_waits = [gate.leave(ticket, end, wait_s=0.3) for ticket, end in zip(tickets, ends, strict=True)]
        assert sum(wait_s > 0 for wait_s in own_waits) == alone
        start = time.monotonic()
        await let_in(gate)
        assert time.monotonic() - start >= 0.29

    in_a_loop(work)


def test_the_probe_is_the_question_that_was_refused_least():
    gate = gate_for()

    async def work():
        await opened(gate)
        ticket = await let_in(gate)
        gate.leave(ticket, "limited", wait_s=0.05)
        waiting = {attempts: asyncio.create_task(let_in(gate, attempts=attempts)) for attempts in (5, 2, 0, 3)}
        await asyncio.wait(waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        assert [attempts for attempts, task in waiting.items() if task.done()] == [0]
        for task in waiting.values():
            task.cancel()

    in_a_loop(work)


def test_a_probe_that_is_not_refused_in_time_lets_the_others_follow(monkeypatch):
    monkeypatch.setattr("emojit.teacher.limits._PROBE_S", 0.1)
    gate = gate_for()

    async def work():
        await opened(gate)
        gate.leave(await let_in(gate), "limited")
        await let_in(gate)  # the probe; it hangs
        start = time.monotonic()
        await let_in(gate)
        assert 0.08 < time.monotonic() - start < 2

    in_a_loop(work)


def test_calls_that_were_in_flight_with_a_refused_one_count_as_one_refusal():
    gate = gate_for()

    async def work():
        await opened(gate)
        tickets = [await let_in(gate) for _ in range(8)]
        for ticket in tickets:
            gate.leave(ticket, "limited", wait_s=0.01)
        assert gate.refusals == 1
        assert gate.room == 4

    in_a_loop(work)


def test_half_as_many_are_in_flight_after_a_429_and_more_again_after_answers():
    gate = gate_for()

    async def work():
        await opened(gate)
        tickets = [await let_in(gate) for _ in range(8)]
        gate.leave(tickets[0], "limited", wait_s=0.01)
        for ticket in tickets[1:]:
            gate.leave(ticket, "dropped")
        assert gate.room == 4
        for _ in range(40):
            gate.leave(await let_in(gate), "answered")
        assert gate.room == 8

    in_a_loop(work)


def test_where_probes_keep_being_refused_the_rate_of_the_last_minute_is_learned(monkeypatch):
    monkeypatch.setattr("emojit.teacher.limits.MINUTE_S", 1.0)
    gate = gate_for()

    async def work():
        for _ in range(30):
            gate.leave(await let_in(gate), "answered")
        start = time.monotonic()
        for _ in range(2):  # two among thirty answers are no limit yet
            gate.leave(await let_in(gate), "limited", wait_s=0.01)
        for _ in range(4):
            gate.leave(await let_in(gate), "limited", wait_s=0.01)
        assert gate.rate == 30
        gate.leave(await let_in(gate), "answered")
        assert time.monotonic() - start > 1.0  # until the first of the thirty is old enough

    in_a_loop(work)


def test_headers_pause_everybody_before_there_is_any_429():
    gate = gate_for()

    async def work():
        headers = {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "300ms"}
        gate.leave(await let_in(gate), "answered", headers=headers)
        start = time.monotonic()
        await let_in(gate)
        assert time.monotonic() - start < 0.2
        await let_in(gate)
        assert time.monotonic() - start > 0.25

    in_a_loop(work)


def test_tokens_of_a_limit_are_learned_from_the_endpoints_count():
    gate = gate_for(tokens_per_minute=6100)

    async def work():
        gate.leave(await let_in(gate, chars=10), "answered", tokens=130)  # 30 more than a second's worth
        start = time.monotonic()
        await let_in(gate, chars=1)
        assert 0.2 < time.monotonic() - start < 1.0

    in_a_loop(work)


def test_a_limit_below_one_question_is_said_before_the_first_call():
    async def work():
        with pytest.raises(
            ConfigError, match=r"teacher.tokens_per_minute = 300: one question of 700 characters"
        ) as caught:
            await let_in(gate_for(tokens_per_minute=300), chars=700)
        assert caught.value.hint
        await let_in(gate_for(tokens_per_minute=300), chars=500)
        await let_in(gate_for(), chars=10**6)

    in_a_loop(work)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:30 GMT"}, 90.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers, seconds):
    assert retry_after(headers, now=datetime(2026, 1, 1, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("1m30s250ms", 90.25),
        ("1d", 86400.0),
        ("59", 59.0),
    ],
)
def test_resets_are_read_in_every_form(reset, seconds):
    headers = {"x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": reset}

    assert remaining_tokens(headers) == Remaining(units=12, reset_s=seconds)
    assert remaining_requests(headers) is None


@pytest.mark.parametrize("unit", [1, 1000], ids=["s", "ms"])
def test_a_reset_may_be_a_time(unit):
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((time.time() + 60) * unit))}

    left = remaining_requests(headers)

    assert left is not None
    assert 57 < left.reset_s < 61


@pytest.mark.parametrize(("remaining", "reset"), [("many", "1s"), ("-1", "1s"), ("5", "soon"), ("5", ""), ("5", "s")])
def test_what_cannot_be_read_is_no_limit(remaining, reset):
    assert (
        remaining_requests({"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset}) is None
    )


def test_an_endpoint_that_counts_by_the_window_gives_no_question_up(
    serve, answer, config_for, store, tasks, monkeypatch
):
    monkeypatch.setattr("emojit.teacher.limits.MINUTE_S", 2.0)
    monkeypatch.setattr("emojit.teacher.pace.MINUTE_S", 2.0)
    accepted: list[float] = []

    def behave(call):
        now = time.monotonic()
        if sum(now - start < 2.0 for start in accepted) >= 40:
            return answer(status=429, headers={"Retry-After": "0.05"})
        accepted.append(now)
        return answer(delay_s=0.01)

    server = serve(behave)
    config = config_for(server, concurrency=16)

    run = label(tasks(40), config, OpenAITeacher(config, backoff_s=0.05), store, quiet=True)

    assert (run.asked, run.failed) == (80, 0)
    assert len(server.calls) < 80 + 40
    assert all(
        reply.attempts <= config.max_attempts
        for reply in store.get_many(key for one in run.labelled for key in one.keys)
    )


def test_requests_per_minute_of_the_recipe_are_kept(serve, config_for, store, tasks):
    server = serve()
    config = config_for(server, requests_per_minute=600)
    start = time.monotonic()

    label(tasks(10), config, OpenAITeacher(config), store, quiet=True)

    assert time.monotonic() - start > 0.9  # twenty calls, ten of them at once
