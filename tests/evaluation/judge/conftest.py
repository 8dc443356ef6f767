"""A judge on loopback with a mind of its own: a chat-completions server whose preferences and faults a test decides."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from emojit.evaluation.predictions import write_predictions
from emojit.recipe import JudgeRecipe, load

GOLD = ("🍜", "🎉", "🐱", "🚗")
"""References of the texts, in turn: four topics."""
MARKS = {"gold": "✅", "good": "👍", "fair": "👌", "bad": "👎"}
"""A second emoji by which the server, but not the judge of a real run, knows the system."""


@dataclass
class Call:
    """A request as it came."""

    number: int  # from 1
    nth: int  # from 1, for this very body
    stage: str
    text: str
    answers: list[str]  # as they were shown, in order; texts for a guess
    payload: dict[str, Any]


@dataclass
class Reply:
    """What the server does with it."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    error: str = "no"
    usage: dict[str, Any] = field(default_factory=lambda: {"prompt_tokens": 500, "completion_tokens": 50})


def scores(call: Call, mark: Callable[[str], int]) -> str:
    """Give every answer its marks."""
    items = [
        {
            "label": "ABCDEF"[place],
            "reason": "絵文字を見て決めた。",
            "semantic": mark(answer),
            "naturalness": mark(answer),
            "misleading": mark(answer) == 0,
            "error_category": "none" if mark(answer) > 2 else "unrelated",
        }
        for place, answer in enumerate(call.answers)
    ]
    return json.dumps({"answers": items}, ensure_ascii=False)


def choice(side: str) -> str:
    """Choose."""
    return json.dumps({"reason": "こちらが自然。", "choice": side}, ensure_ascii=False)


class JudgeServer:
    """Runs in threads of its own; `calls` may be read at any time."""

    def __init__(self, behave: Callable[[Call], Reply | str]) -> None:
        self.calls: list[Call] = []
        self._seen: dict[bytes, int] = {}
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = behave(owner._call(body))
                reply = Reply(content=reply) if isinstance(reply, str) else reply
                message = {"role": "assistant", "content": reply.content}
                value = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": reply.usage}
                data = json.dumps(value if reply.status == 200 else {"error": {"message": reply.error}}).encode()
                self.send_response(reply.status)
                for name, text in {"Content-Length": str(len(data)), **reply.headers}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if reply.cut else data)
                self.close_connection = self.close_connection or reply.cut

            def do_GET(self) -> None:
                self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: Any, address: Any) -> None:  # a client that was killed
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _call(self, body: bytes) -> Call:
        payload = json.loads(body)
        user = payload["messages"][-1]["content"]
        stage = payload["response_format"]["json_schema"]["name"].removeprefix("emojit_")
        if stage == "guess":
            text, answers = user.splitlines()[0], re.findall(r"^\d+\. (.*)$", user, re.MULTILINE)
        else:
            text, answers = user.splitlines()[1], re.findall(r"^[A-F]: (.*)$", user, re.MULTILINE)
        with self._lock:
            self._seen[body] = self._seen.get(body, 0) + 1
            call = Call(len(self.calls) + 1, self._seen[body], stage, text, answers, payload)
            self.calls.append(call)
        return call


@pytest.fixture
def serve() -> Iterator[Callable[..., JudgeServer]]:
    servers: list[JudgeServer] = []

    def start(behave: Callable[[Call], Reply | str]) -> JudgeServer:
        servers.append(JudgeServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def say() -> type[Reply]:
    return Reply


@pytest.fixture
def marked() -> Callable[[Call, Callable[[str], int]], str]:
    return scores


@pytest.fixture
def chosen() -> Callable[[str], str]:
    return choice


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """Forty texts; every system answers with the reference and its own mark, so no two answers are the same."""
    ids = [f"{number:016x}" for number in range(40)]
    answers = {name: [[GOLD[n % 4], mark] for n in range(40)] for name, mark in MARKS.items()}
    path = tmp_path / "predictions.parquet"
    write_predictions(
        path,
        ids=ids,
        texts=[f"これは{number}番目の投稿。" for number in range(40)],
        references=answers.pop("gold"),
        answers=answers,
    )
    return path


@pytest.fixture
def recipe_for() -> Callable[..., JudgeRecipe]:
    def make(server: JudgeServer, *overrides: str) -> JudgeRecipe:
        return load(
            JudgeRecipe,
            "judge",
            overrides=[
                f'teacher.base_url="{server.url}"',
                "teacher.concurrency=4",
                'systems=["gold", "good", "fair", "bad"]',
                *overrides,
            ],
        )

    return make
