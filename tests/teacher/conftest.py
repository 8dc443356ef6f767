"""A chat-completions server on loopback that does what a test tells it to: late, wrong, cut, limited, HTML."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emojit.recipe import TeacherConfig
from emojit.teacher import ReplyStore, Task

EMOJIS = ("🎉", "😊", "📚", "🌧️", "🍜", "🇯🇵", "👨‍👩‍👧", "1️⃣")


@dataclass
class Answer:
    """What the server does with one request; `text` None means the usual answer, `choices` are several (as many as `n` asks for, if there are).

    It waits for `delay_s`, then until `until` holds, or for a minute.
    """

    text: str | None = None
    choices: list[str] | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay_s: float = 0.0
    until: Callable[[], bool] = lambda: True
    cut: bool = False
    finish_reason: str = "stop"
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Call:
    """A request as it came."""

    number: int  # from 1, over all questions
    nth: int  # from 1, for this very body
    step: str
    text: str
    payload: dict[str, Any]
    headers: dict[str, str]


def usual(call: Call) -> str:
    """Say what a good teacher says, the same to the same question."""
    if call.step == "rewrite":
        return f"{call.text.rstrip('。')}んだって"
    digest = hashlib.sha256(call.text.encode()).digest()
    return " ".join(dict.fromkeys(EMOJIS[byte % len(EMOJIS)] for byte in digest[: 1 + digest[-1] % 5]))


class ChatServer:
    """Runs in a thread of its own; `calls` and `peak` may be read at any time."""

    def __init__(self, behave: Callable[[Call], Answer]) -> None:
        self.behave = behave
        self.calls: list[Call] = []
        self.peak = 0
        self._in_flight = 0
        self._seen: dict[bytes, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def bodies(self) -> list[str]:
        """The bodies of all requests, canonical."""
        return [json.dumps(call.payload, sort_keys=True) for call in self.calls]

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:])
                    if name
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._respond(lines[0], headers, body, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _respond(self, first: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> bool:
        if not first.startswith("POST /v1/chat/completions "):
            await self._send(writer, Answer(status=404, body=b'{"error": {"message": "no such path"}}'), b"")
            return True
        payload = json.loads(body)
        lead, _, text = payload["messages"][-1]["content"].partition("\n\n")
        self._seen[body] = self._seen.get(body, 0) + 1
        step = "rewrite" if "書き換え" in lead else "emoji"
        call = Call(len(self.calls) + 1, self._seen[body], step, text, payload, headers)
        self.calls.append(call)
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        try:
            answer = self.behave(call)
            await asyncio.sleep(answer.delay_s)
            for _ in range(6_000):
                if answer.until():
                    break
                await asyncio.sleep(0.01)
            texts = answer.choices or [usual(call) if answer.text is None else answer.text]
            choices = [
                {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": answer.finish_reason}
                for i, text in enumerate(texts[: payload.get("n", 1)])
            ]
            value = {
                "id": f"c{call.number}",
                "object": "chat.completion",
                "model": payload["model"],
                "choices": choices,
            }
            await self._send(writer, answer, json.dumps(value | answer.extra, ensure_ascii=False).encode())
        finally:
            self._in_flight -= 1
        return not answer.cut

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer, usual_body: bytes) -> None:
        body = usual_body if answer.body is None else answer.body
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | answer.headers
        head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(head.encode() + b"\r\n" + (body[: len(body) // 2] if answer.cut else body))
        await writer.drain()


@pytest.fixture
def serve() -> Iterator[Callable[..., ChatServer]]:
    servers: list[ChatServer] = []

    def start(behave: Callable[[Call], Answer] = lambda call: Answer()) -> ChatServer:
        servers.append(ChatServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def config_for() -> Callable[..., TeacherConfig]:
    def make(server: ChatServer, **keys: Any) -> TeacherConfig:
        defaults: dict[str, Any] = {"kind": "openai", "model": "test-model", "base_url": server.url, "concurrency": 4}
        defaults |= {"licence": "test", "distillation_allowed": True}
        return TeacherConfig(**(defaults | keys))

    return make


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplyStore]:
    with ReplyStore(tmp_path / "replies.sqlite") as opened:
        yield opened


@pytest.fixture
def tasks() -> Callable[..., list[Task]]:
    def make(count: int, samples: int = 1) -> list[Task]:
        return [
            Task(id=f"{index:016x}", text=f"これは{index}番目の文である。", samples=samples) for index in range(count)
        ]

    return make
