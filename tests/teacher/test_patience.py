"""How long a run bears an endpoint that refuses everything, and that it says so meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher import label
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.limits import Gate


def test_an_endpoint_that_refuses_everything_ends_the_run_when_patience_ends(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(status=429, body=b'{"error": {"message": "slow down"}}'))
    config = config_for(server, patience_s=1.0, max_attempts=1_000)
    start = time.monotonic()

    with pytest.raises(TeacherError, match=r"nothing but 429 for .* slow down") as caught:
        label(tasks(40), config, OpenAITeacher(config, backoff_s=0.05), store, quiet=True)

    assert time.monotonic() - start < 10
    assert "run the same command again" in (caught.value.hint or "")


def test_a_pause_of_some_length_is_said(caplog):
    gate = Gate(TeacherConfig(kind="openai", concurrency=4), backoff_s=20.0)

    async def refuse():
        for order in range(3):
            gate._paused_until = -float("inf")
            ticket = await gate.enter(order=order, attempts=0, chars=10)
            gate.leave(ticket, "limited")
        gate.reset()

    asyncio.run(refuse())

    assert any("paused for" in record.message for record in caplog.records if record.levelname == "WARNING")
