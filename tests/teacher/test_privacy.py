"""What is stored about a question without an answer is published with the replies, so it does not say where the endpoint stands."""

from __future__ import annotations

import pytest

from emojit.teacher import label, rewrite_question
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.failures import without_place


def test_a_connection_that_is_lost_is_stored_without_its_address(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(cut=call.number > 2))
    config = config_for(server, concurrency=1, max_attempts=2)

    label(tasks(3), config, OpenAITeacher(config, backoff_s=0.001), store, quiet=True)

    replies = [store.get(rewrite_question(task.text, config).key) for task in tasks(3)]
    lost = [reply.error for reply in replies if reply.error is not None]
    assert lost
    assert all("connection lost" in error for error in lost)
    assert not any(str(server.port) in error or "127.0.0" in error for error in lost)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("[Errno 111] Connect call failed ('10.1.2.3', 8077)", "[Errno 111] Connect call failed"),
        ("[Errno 111] Connect call failed ('::1', 8077, 0, 0)", "[Errno 111] Connect call failed"),
        ("certificate is not valid for 'llm.corp.example'", "certificate is not valid for 'the endpoint'"),
        ("Server disconnected", "Server disconnected"),
    ],
)
def test_words_of_the_client_lose_the_host_in_every_form(words, left):
    assert without_place(words, "https://llm.corp.example:8077/v1") == left
