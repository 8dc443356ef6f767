"""The HTTP client: proxies of the environment, TLS, what is no HTTP, and connections that break."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from emojit.errors import ConfigError, TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher import Reply, rewrite_question
from emojit.teacher.endpoint import OpenAITeacher

ANSWER = '{"choices": [{"message": {"content": "雨だよ"}, "finish_reason": "stop"}]}'.encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


@pytest.fixture
def raw() -> Iterator[Callable[..., tuple[int, list[bytes]]]]:
    """Start a server that answers each request with given bytes and closes the connection; gives its port and what it received."""
    listeners = []

    def start(*answers: bytes) -> tuple[int, list[bytes]]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        received: list[bytes] = []

        def run() -> None:
            for answer in answers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1], received

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(base_url: str, **keys) -> Reply:
    config = TeacherConfig(
        kind="openai",
        model="m",
        base_url=base_url,
        licence="test",
        distillation_allowed=True,
        **({"max_attempts": 2} | keys),
    )
    teacher = OpenAITeacher(config, backoff_s=0.001)

    async def run() -> Reply:
        try:
            return await teacher.ask(rewrite_question("今日は雨です。", config))
        finally:
            await teacher.close()

    return asyncio.run(run())


def test_a_proxy_of_the_environment_carries_what_leaves_the_machine(raw, monkeypatch):
    port, received = raw(OK)
    monkeypatch.setenv("HTTP_PROXY", f"http://someone:word@127.0.0.1:{port}")
    monkeypatch.setenv("http_proxy", f"http://someone:word@127.0.0.1:{port}")
    monkeypatch.setenv("EMOJIT_API_KEY", "the-key")

    assert ask("http://teacher.invalid/v1").text == "雨だよ"
    assert received[0].startswith(b"POST http://teacher.invalid/v1/chat/completions HTTP/1.1\r\n")
    assert b"Authorization: Bearer the-key" in received[0]
    assert b"Proxy-Authorization: Basic" in received[0]


def test_a_proxy_has_no_business_on_this_machine(raw, monkeypatch):
    port, _ = raw(OK)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert ask(f"http://127.0.0.1:{port}/v1").text == "雨だよ"


def test_a_host_that_no_proxy_names_is_reached_directly(raw, monkeypatch):
    port, received = raw(OK)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "teacher.invalid")
    monkeypatch.setenv("EMOJIT_API_KEY", "the-key")

    with pytest.raises(TeacherError, match="cannot be reached"):
        ask("http://teacher.invalid/v1")

    assert received == []


def test_a_kind_of_proxy_that_cannot_be_used_is_said_without_its_password(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://someone:word@127.0.0.1:1080")
    monkeypatch.setenv("EMOJIT_API_KEY", "the-key")

    with pytest.raises(ConfigError, match="'socks5' cannot be used") as caught:
        ask("http://teacher.invalid/v1")

    assert "word" not in f"{caught.value} {caught.value.hint}"


def test_a_server_without_tls_behind_https_stops_at_once(raw):
    port, _ = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with pytest.raises(TeacherError, match="cannot be reached") as caught:
        ask(f"https://127.0.0.1:{port}/v1")

    assert "object at" not in str(caught.value)


@pytest.mark.parametrize(
    "garbage", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", OK[:-9], OK[:30]], ids=["nothing", "ssh", "body", "head"]
)
def test_what_is_no_whole_response_is_asked_again(raw, garbage):
    port, received = raw(garbage, OK)

    reply = ask(f"http://127.0.0.1:{port}/v1")

    assert (reply.text, reply.attempts, len(received)) == ("雨だよ", 2, 2)


def test_a_body_that_drips_is_late_by_its_last_byte(serve, config_for):
    """A time-out that starts anew with every byte would never end here."""
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(OK[:80])
            for byte in OK[80:]:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                threading.Event().wait(0.05)

    threading.Thread(target=drip, daemon=True).start()
    with listener:
        reply = ask(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout_s=0.3, max_attempts=1)

    assert reply.error == "no answer within 0.3 s"
