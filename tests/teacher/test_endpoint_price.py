"""The price of a model as its endpoint reports it: one free call, under the rules of the questions, and never a guess."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from emojit.recipe import TeacherConfig
from emojit.teacher.endpoint_price import endpoint_price

KEY = "sk-very-secret-key-of-a-test"


class Models(ThreadingHTTPServer):
    """Says what a test tells it to on every GET."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: Any = {"data": []}
        self.calls: list[tuple[str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def config(self) -> TeacherConfig:
        url = f"http://127.0.0.1:{self.server_address[1]}/api/v1/"
        return TeacherConfig(kind="openai", model="qwen/big", base_url=url)


class _Handler(BaseHTTPRequestHandler):
    server: Models

    def do_GET(self) -> None:
        self.server.calls.append((self.path, self.headers["Authorization"]))
        body = self.server.body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(self.server.status)
        for name, value in {"Content-Length": str(len(content)), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    monkeypatch.setenv("EMOJIT_API_KEY", KEY)
    with Models() as server:
        yield server
        server.shutdown()


def priced(**pricing: object) -> dict[str, object]:
    return {
        "data": [
            {"id": "other", "pricing": {"prompt": "9", "completion": "9"}},
            {"id": "qwen/big", "pricing": pricing},
        ]
    }


def test_the_price_per_token_becomes_one_per_million_with_one_call(models):
    models.body = priced(prompt="0.00000013", completion="0.0000006", request="0")

    price, basis = endpoint_price(models.config)

    assert price is not None
    assert price.prompt == pytest.approx(0.13)
    assert price.completion == pytest.approx(0.6)
    assert basis == f"GET http://127.0.0.1:{models.server_address[1]}/api/v1/models"
    assert models.calls == [("/api/v1/models", f"Bearer {KEY}")]


def test_a_free_model_has_a_price_of_nothing(models):
    models.body = priced(prompt="0", completion="0")

    price, _ = endpoint_price(models.config)

    assert price is not None
    assert (price.prompt, price.completion) == (0.0, 0.0)


@pytest.mark.parametrize(
    "body",
    [
        priced(prompt="-1", completion="-1"),
        priced(prompt="0.1"),
        priced(prompt="nan", completion="inf"),
        priced(prompt=None, completion=True),
        {"data": [{"id": "qwen/big"}]},
        {"data": [{"id": "qwen/big", "pricing": "cheap"}]},
        {"data": [{"id": "another", "pricing": {"prompt": "1", "completion": "1"}}, 7, None]},
        {"object": "list", "data": None},
        [],
    ],
)
def test_a_list_that_says_no_price_of_the_model_gives_none_and_says_so(models, body):
    models.body = body

    price, basis = endpoint_price(models.config)

    assert price is None
    assert basis.endswith("/api/v1/models says no price of qwen/big")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"no", "HTTP 404"),
        (401, KEY.encode(), "HTTP 401"),
        (200, b"<html>", "no list of models"),
        (200, b"\xff\xfe", ""),
    ],
)
def test_an_endpoint_without_a_list_of_models_is_no_error_and_shows_no_key(models, status, body, words):
    models.status, models.body = status, body

    price, basis = endpoint_price(models.config)

    assert price is None
    assert "/models failed (" in basis
    assert words in basis
    assert KEY not in basis


def test_a_redirect_is_not_followed_because_the_key_would_go_with_it(models):
    with Models() as elsewhere:
        elsewhere.body = priced(prompt="1", completion="1")
        models.status = 302
        models.headers = {"Location": f"http://127.0.0.1:{elsewhere.server_address[1]}/models"}

        price, basis = endpoint_price(models.config)

        assert (price, elsewhere.calls) == (None, [])
        assert "HTTP 302" in basis
        elsewhere.shutdown()


def test_a_proxy_of_the_environment_has_no_business_on_this_machine(models, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    models.body = priced(prompt="1", completion="1")

    assert endpoint_price(models.config)[0] is not None


def test_without_a_key_or_the_network_nothing_is_asked(monkeypatch):
    config = TeacherConfig(kind="openai", model="m", base_url="https://llm.example.org/v1")
    for name in ("EMOJIT_API_KEY", "OPENAI_API_KEY", "EMOJIT_OFFLINE"):
        monkeypatch.delenv(name, raising=False)

    assert endpoint_price(config) == (None, "no API key for https://llm.example.org/v1")
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    assert endpoint_price(config)[1].startswith("EMOJIT_OFFLINE is set")


def test_an_endpoint_that_is_not_there_is_no_error():
    price, basis = endpoint_price(TeacherConfig(kind="openai", model="m", base_url="http://127.0.0.1:9/v1"))

    assert price is None
    assert "http://127.0.0.1:9/v1/models failed" in basis
