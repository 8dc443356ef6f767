"""The endpoint teacher against a real server: what is asked again, what is given up, what stops the run."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from emojit.errors import ConfigError, OfflineError, TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher import make_teacher, rewrite_question
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.failures import judge, redact

SENTENCE = "今日は雨が降って寒いです。"


def ask(config, text=SENTENCE, backoff_s=0.001):
    teacher = OpenAITeacher(config, backoff_s=backoff_s)

    async def run():
        try:
            return await teacher.ask(rewrite_question(text, config))
        finally:
            await teacher.close()

    return asyncio.run(run())


def first_then_good(answer, **first):
    return lambda call: answer(**first) if call.nth == 1 else answer()


def test_an_answer_carries_usage_cost_and_provider(serve, answer, config_for):
    usage = {"total_tokens": 12, "prompt_tokens": 8, "cost": 0.00025}
    server = serve(lambda call: answer(extra={"usage": usage, "provider": "DeepInfra"}))
    config = config_for(server)

    reply = ask(config)

    assert reply.text == "今日は雨が降って寒いですんだって"
    assert (reply.finish_reason, reply.provider, reply.cost, reply.attempts) == ("stop", "DeepInfra", 0.00025, 1)
    assert reply.usage == '{"cost":0.00025,"prompt_tokens":8,"total_tokens":12}'
    assert server.calls[0].payload == rewrite_question(SENTENCE, config).body


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": b"<html><body><h1>Internal</h1> error</body></html>"},
        {"status": 503, "body": b""},
        {"status": 408, "body": b"{}"},
        {"status": 409, "body": b"{}"},
        {"cut": True},
        {"body": b"{not json"},
        {"body": b"[]"},
        {"body": b'{"choices": []}'},
        {"body": b'{"choices": [null]}'},
        {"body": b'{"error": {"message": "upstream", "code": 502}}'},
        {"body": b'{"error": {"message": "upstream"}}'},
        {"finish_reason": "error"},
        {"text": ""},
        {"text": " \n"},
        {"text": "<think>考える</think>"},
        {"body": b'{"choices": [{"message": {"content": null}}]}'},
    ],
    ids=str,
)
def test_a_passing_fault_is_asked_again(serve, answer, config_for, fault):
    server = serve(first_then_good(answer, **fault))

    reply = ask(config_for(server))

    assert reply.error is None
    assert reply.text.endswith("んだって")
    assert (reply.attempts, len(server.calls)) == (2, 2)


def test_a_call_without_an_answer_in_time_is_asked_again(serve, answer, config_for):
    server = serve(first_then_good(answer, delay_s=5.0))
    start = time.monotonic()

    reply = ask(config_for(server, timeout_s=0.2))

    assert reply.attempts == 2
    assert time.monotonic() - start < 3


def test_a_limit_of_tokens_that_no_question_keeps_costs_no_call(serve, answer, config_for):
    server = serve(first_then_good(answer))

    with pytest.raises(ConfigError, match=r"teacher\.tokens_per_minute = 10"):
        ask(config_for(server, tokens_per_minute=10))

    assert len(server.calls) == 0


def test_retry_after_in_seconds_is_waited_for(serve, answer, config_for):
    server = serve(first_then_good(answer, status=429, headers={"Retry-After": "0.4"}))
    start = time.monotonic()

    reply = ask(config_for(server))

    assert reply.attempts == 2
    assert time.monotonic() - start >= 0.4


def test_retry_after_as_a_date_is_waited_for(serve, answer, config_for):
    soon = datetime.now(UTC) + timedelta(seconds=2)
    server = serve(
        first_then_good(answer, status=429, headers={"Retry-After": email.utils.format_datetime(soon, usegmt=True)})
    )
    whole_second = soon.replace(microsecond=0)

    reply = ask(config_for(server))

    assert reply.attempts == 2
    assert datetime.now(UTC) >= whole_second


def test_being_told_to_wait_uses_up_the_attempts_too(serve, answer, config_for):
    limited = {"status": 429, "headers": {"Retry-After": "0.01"}, "body": b'{"error": {"message": "slow down"}}'}
    server = serve(lambda call: answer(**limited))

    reply = ask(config_for(server, max_attempts=4))

    assert (reply.error, reply.attempts, len(server.calls)) == ("HTTP 429: slow down", 4, 4)


def test_a_question_is_given_up_when_patience_ends(serve, answer, config_for):
    server = serve(
        lambda call: answer(status=429, headers={"Retry-After": "3600"}, body=b'{"error": {"message": "slow down"}}')
    )

    reply = ask(config_for(server, patience_s=1.0))

    assert reply.error == "HTTP 429: slow down"
    assert len(server.calls) == 1


def test_a_question_is_given_up_after_max_attempts(serve, answer, config_for):
    server = serve(lambda call: answer(status=500, body=b"<html><style>p {}</style><p>broken  pipe</p></html>"))

    reply = ask(config_for(server, max_attempts=3))

    assert (reply.error, reply.text, reply.attempts) == ("HTTP 500: broken pipe", "", 3)
    assert len(server.calls) == 3


def test_an_answer_that_stays_empty_is_an_answer(serve, answer, config_for):
    server = serve(lambda call: answer(text="", extra={"usage": {"cost": 0.5}}))

    reply = ask(config_for(server, max_attempts=3))

    assert (reply.error, reply.text, reply.attempts, reply.cost) == (None, "", 3, 1.5)


def test_an_empty_answer_cut_by_the_limit_is_not_asked_again(serve, answer, config_for):
    server = serve(lambda call: answer(text="<think>長い", finish_reason="length"))

    assert ask(config_for(server)).finish_reason == "length"
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("status", "body", "said", "hint"),
    [
        (401, b'{"error": {"message": "Incorrect API key provided: %s"}}', "Incorrect API key", "EMOJIT_API_KEY"),
        (402, b'{"error": {"message": "Insufficient credits"}}', "Insufficient credits", "credit"),
        (403, b'{"error": {"message": "Country not supported"}}', "Country not supported", "may not use"),
        (404, b'{"error": {"message": "The model `x` does not exist"}}', "does not exist", "--model"),
        (400, b'{"error": {"message": "min_p is not supported"}}', "min_p is not supported", "[teacher]"),
        (429, b'{"error": {"message": "no quota", "code": "insufficient_quota"}}', "no quota", "quota"),
        (200, b'{"error": {"message": "No auth", "code": 401}}', "No auth", "EMOJIT_API_KEY"),
    ],
)
def test_what_would_fail_again_stops_at_once(serve, answer, config_for, monkeypatch, status, body, said, hint):
    monkeypatch.setenv("EMOJIT_API_KEY", "very-secret-key")
    server = serve(lambda call: answer(status=status, body=body.replace(b"%s", b"very-secret-key")))

    with pytest.raises(TeacherError) as caught:
        ask(config_for(server))

    assert said in str(caught.value)
    assert server.url in str(caught.value)
    assert hint in (caught.value.hint or "")
    assert "very-secret-key" not in f"{caught.value} {caught.value.hint} {caught.value.last_reply}"
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_because_the_prompts_would_go_with_it(serve, answer, config_for, status):
    elsewhere = serve()
    server = serve(
        lambda call: answer(status=status, headers={"Location": f"{elsewhere.url}/chat/completions"}, body=b"")
    )

    with pytest.raises(TeacherError, match=f"HTTP {status}") as caught:
        ask(config_for(server))

    assert "--base-url" in (caught.value.hint or "")
    assert (len(server.calls), elsewhere.calls) == (1, [])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error": {"message": "blocked", "code": "content_policy_violation"}}'),
        (400, b'{"error": {"message": "The response was filtered by the content management policy", "code": null}}'),
        (
            403,
            b'{"error": {"message": "Your chosen model requires moderation and your input was flagged", "code": 403}}',
        ),
    ],
)
def test_a_content_policy_refuses_one_sentence_only(serve, answer, config_for, status, body):
    server = serve(lambda call: answer(status=status, body=body))

    reply = ask(config_for(server))

    assert (reply.error, reply.finish_reason) == (None, "content_filter")
    assert reply.text.startswith(f"HTTP {status}: ")


def test_a_refusal_in_its_own_field_is_kept(serve, answer, config_for):
    server = serve(
        lambda call: answer(
            body=b'{"choices": [{"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}]}'
        )
    )

    reply = ask(config_for(server))

    assert (reply.text, reply.finish_reason) == ("No.", "refusal")


def test_content_in_parts_is_joined(serve, answer, config_for):
    body = '{"choices": [{"message": {"content": [{"type": "text", "text": "雨"}, {"type": "text", "text": "だね"}]}}]}'.encode()

    assert ask(config_for(serve(lambda call: answer(body=body)))).text == "雨だね"


def test_an_address_where_nobody_listens_stops_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    start = time.monotonic()

    with pytest.raises(TeacherError, match="cannot be reached") as caught:
        ask(TeacherConfig(kind="openai", model="m", base_url=url))

    assert url in str(caught.value)
    assert caught.value.hint == "start the server, or give another --base-url"
    assert time.monotonic() - start < 5


def test_a_server_that_goes_away_after_the_first_contact_is_a_failed_question(serve, answer, config_for):
    server = serve()
    config = config_for(server, max_attempts=2)
    teacher = OpenAITeacher(config, backoff_s=0.001)

    async def run():
        await teacher.ask(rewrite_question(SENTENCE, config))
        await asyncio.to_thread(server.close)
        reply = await teacher.ask(rewrite_question("別の文です。", config))
        await teacher.close()
        return reply

    assert "connection lost" in asyncio.run(run()).error


def test_no_key_is_needed_on_loopback_and_one_is_sent_where_it_is_set(serve, config_for, monkeypatch):
    server = serve()
    ask(config_for(server))
    monkeypatch.setenv("OPENAI_API_KEY", "second-choice")
    ask(config_for(server))
    monkeypatch.setenv("EMOJIT_API_KEY", " first-choice\n")
    ask(config_for(server))

    sent = [call.headers["authorization"].removeprefix("Bearer ") for call in server.calls]
    assert sent == ["no-key-on-loopback", "second-choice", "first-choice"]


def test_a_missing_key_is_a_usage_error_with_a_hint():
    with pytest.raises(ConfigError, match=r"no API key for https://api\.example\.com/v1") as caught:
        make_teacher(TeacherConfig(kind="openai", model="m", base_url="https://api.example.com/v1"))

    assert caught.value.exit_code == 2
    assert "EMOJIT_API_KEY" in (caught.value.hint or "")


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(monkeypatch):
    monkeypatch.setenv("EMOJIT_API_KEY", "“secret”")

    with pytest.raises(ConfigError, match="EMOJIT_API_KEY holds characters") as caught:
        make_teacher(TeacherConfig(kind="openai", model="m", base_url="https://api.example.com/v1"))

    assert "secret" not in str(caught.value)


def test_offline_refuses_every_endpoint_but_loopback(monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    monkeypatch.setenv("EMOJIT_API_KEY", "k")

    make_teacher(TeacherConfig(kind="openai", model="m", base_url="http://127.0.0.1:9/v1"))
    make_teacher(TeacherConfig(kind="openai", model="m", base_url="http://[::1]:9/v1"))
    make_teacher(TeacherConfig(kind="openai", model="m", base_url="http://localhost:9/v1"))
    with pytest.raises(OfflineError, match=r"https://api\.openai\.com/v1"):
        make_teacher(TeacherConfig(kind="openai", model="m"))


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@host/v1",
        "http://host/v1?key=secret",
        "http://host/v1#secret",
        "host:80/v1",
        "ftp://host/v1",
        "http://host:port/v1",
    ],
)
def test_a_base_url_that_could_publish_a_secret_or_is_none_is_refused(url):
    with pytest.raises(ConfigError, match=r"teacher\.base_url") as caught:
        TeacherConfig(kind="openai", model="m", base_url=url)

    assert "secret" not in str(caught.value)


def test_the_key_is_in_no_log_at_any_level(serve, answer, config_for, monkeypatch, caplog):
    monkeypatch.setenv("EMOJIT_API_KEY", "very-secret-key")
    server = serve(first_then_good(answer, status=500, body=b"very-secret-key"))

    with caplog.at_level(logging.DEBUG):
        reply = ask(config_for(server))

    assert reply.attempts == 2
    assert "very-secret-key" not in caplog.text


def test_messages_are_one_short_line_without_secrets():
    message = redact("bad\n key  abc123 and Bearer xyz and sk-proj-12345678 " + "x" * 1000, "abc123")

    assert message.startswith("bad key *** and Bearer *** and sk-*** x")
    assert len(message) <= 301


@pytest.mark.parametrize(
    "body", ["", "plain", "[1]", '"text"', '{"error": "text"}', '{"error": {}}', '{"detail": [{"msg": "no"}]}']
)
def test_error_bodies_of_any_shape_are_read(body):
    assert judge(500, {}, body, model="m", secret="").message.startswith("HTTP 500")


def test_an_answer_without_an_end_is_a_failed_call_and_does_not_fill_the_memory(
    serve, answer, config_for, monkeypatch
):
    monkeypatch.setattr("emojit.teacher.transport._MOST_BYTES", 10_000)
    server = serve(lambda call: answer(text="あ" * 10_000) if call.nth == 1 else answer())

    assert ask(config_for(server)).attempts == 2

    server = serve(lambda call: answer(text="あ" * 10_000))
    assert "longer than 10,000 bytes" in ask(config_for(server, max_attempts=2)).error
