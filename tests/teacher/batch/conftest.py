"""A server on loopback with files and batches as the OpenAI API has them, that fails as a test tells it to.

Formats: https://platform.openai.com/docs/guides/batch, https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emojit.recipe import TeacherConfig

EMOJIS = ("🎉", "😊", "📚", "🌧️", "🍜", "🇯🇵", "👨‍👩‍👧", "1️⃣")


@dataclass
class Line:
    """What becomes of one request of a batch; `text` None means the usual answer, `error` the code of a line without a response."""

    text: str | None = None
    status: int = 200
    body: dict[str, Any] | None = None
    error: str | None = None
    missing: bool = False
    usage: dict[str, Any] | None = None


@dataclass
class Ask:
    """A request as it stood in a batch."""

    custom_id: str
    body: dict[str, Any]
    batch: int  # number of the batch, from 1
    nth: int  # from 1, for this custom_id
    step: str
    text: str


@dataclass
class Batch:
    number: int
    id: str
    input_file_id: str
    metadata: dict[str, str]
    asks: list[Ask]
    born: float
    created_at: int
    state: str | None = None  # set once it is over
    output: str | None = None
    error: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)


def usual(ask: Ask) -> str:
    if ask.step == "rewrite":
        return f"{ask.text.rstrip('。')}んだって"
    digest = hashlib.sha256(ask.text.encode()).digest()
    return " ".join(dict.fromkeys(EMOJIS[byte % len(EMOJIS)] for byte in digest[: 1 + digest[-1] % 5]))


class BatchServer:
    """Runs in a thread of its own; the attributes below may be set at any time.

    Attributes:
        delay_s: from the creation of a batch to its end (s).
        behave: what becomes of one request.
        fate: how the batch with a number ends: "completed", "expired", "cancelled" (both with half of the lines done), or the code of a refused file.
        hold_s: how long the answer to a creation is kept back after the batch exists (s).
        hold_upload_s: the same for an upload (s).
        hold_content_s: how long the content of a file is kept back (s).
        late: how many lists are answered without the newest batch (count).
        crowd: how many jobs of other people are created right after the next one (count).
        break_: method and path (regular expression) -> statuses that are answered in turn, before anything is done.
        lose: how many creations get a 500 although the batch exists (count).
        has_batches: whether there is a batch API at all.
        key: the API key that is wanted, or None.
    """

    def __init__(self) -> None:
        self.reset()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        routes = [
            Route("/v1/files", self._upload, methods=["POST"]),
            Route("/v1/files/{id}/content", self._content),
            Route("/v1/batches", self._create, methods=["POST"]),
            Route("/v1/batches", self._list),
            Route("/v1/batches/{id}", self._retrieve),
            Route("/v1/batches/{id}/cancel", self._cancel, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", http="h11", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.005)

    def reset(self) -> None:
        """Forget everything and behave well."""
        self.delay_s = 0.03
        self.behave: Callable[[Ask], Line] = lambda ask: Line()
        self.fate: Callable[[int], str] = lambda number: "completed"
        self.hold_s = 0.0
        self.hold_upload_s = 0.0
        self.hold_content_s = 0.0
        self.late = 0
        self.crowd = 0
        self.break_: dict[str, list[int]] = {}
        self.lose = 0
        self.has_batches = True
        self.key: str | None = None
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}
        self.calls: Counter[str] = Counter()
        self._nth: Counter[str] = Counter()

    def asked(self) -> Counter[str]:
        """How often each custom_id stood in a batch."""
        return Counter(ask.custom_id for batch in list(self.batches.values()) for ask in batch.asks)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def _refusal(self, request: Request) -> Response | None:
        what = f"{request.method} {request.url.path}"
        self.calls[re.sub(r"(batch|file)-\w+", r"\1", what)] += 1
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided")
        if not self.has_batches:
            return JSONResponse({"detail": "Not Found"}, 404)
        for pattern, statuses in self.break_.items():
            if statuses and re.fullmatch(pattern, what):
                return _error(statuses.pop(0), "try again")
        return None

    async def _upload(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            await request.body()
            return refusal
        boundary = request.headers["content-type"].split("boundary=")[1].strip('"')
        fields: dict[str, bytes] = {}
        for part in (await request.body()).split(f"--{boundary}".encode())[1:-1]:
            head, _, content = part[2:].partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]+)"', head)
            assert name is not None
            fields[name[1].decode()] = content[:-2]
        if fields.get("purpose") != b"batch" or b"filename=" not in await request.body():
            return _error(400, "purpose and file are needed")
        kept = self._keep(fields["file"], "batch")
        await asyncio.sleep(self.hold_upload_s)
        return JSONResponse(kept)

    def _keep(self, content: bytes, purpose: str) -> dict[str, Any]:
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = content
        return {
            "id": file_id, "object": "file", "bytes": len(content), "created_at": int(time.time()),
            "filename": "f.jsonl", "purpose": purpose, "status": "processed",
        }  # fmt: skip

    async def _content(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        content = self.files.get(request.path_params["id"])
        await asyncio.sleep(self.hold_content_s)
        return _error(404, "No such File object") if content is None else Response(content, media_type="text/plain")

    async def _create(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = await request.json()
        if wanted["endpoint"] != "/v1/chat/completions" or wanted["completion_window"] != "24h":
            return _error(400, "Invalid value")
        content = self.files.get(wanted["input_file_id"])
        if content is None:
            return _error(404, "No such File object")
        number = len(self.batches) + 1
        asks = [self._ask(json.loads(line), number) for line in content.splitlines()]
        assert all(len(ask.custom_id) <= 64 for ask in asks)
        assert len({ask.custom_id for ask in asks}) == len(asks)
        batch = Batch(
            number=number, id=f"batch-{number}", input_file_id=wanted["input_file_id"], metadata=wanted["metadata"],
            asks=asks, born=time.monotonic(), created_at=int(time.time()),
        )  # fmt: skip
        self.batches[batch.id] = batch
        for other in range(number + 1, number + 1 + self.crowd):
            self.batches[f"batch-{other}"] = Batch(
                number=other, id=f"batch-{other}", input_file_id="file-x", metadata={}, asks=[], born=0.0,
                created_at=int(time.time()), state="completed",
            )  # fmt: skip
        self.crowd = 0
        await asyncio.sleep(self.hold_s)
        if self.lose > 0:
            self.lose -= 1
            return _error(500, "The server had an error")
        return JSONResponse(self._shown(batch))

    def _ask(self, line: dict[str, Any], number: int) -> Ask:
        assert line["method"] == "POST"
        assert line["url"] == "/v1/chat/completions"
        custom_id = line["custom_id"]
        self._nth[custom_id] += 1
        lead, _, text = line["body"]["messages"][-1]["content"].partition("\n\n")
        step = "rewrite" if "書き換え" in lead else "emoji"
        return Ask(custom_id, line["body"], number, self._nth[custom_id], step, text)

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        newest = sorted(self.batches.values(), key=lambda batch: -batch.number)
        if self.late > 0:
            self.late -= 1
            del newest[:1]
        ids = [batch.id for batch in newest]
        start = ids.index(request.query_params["after"]) + 1 if "after" in request.query_params else 0
        limit = int(request.query_params.get("limit", 20))
        assert 1 <= limit <= 100
        page = [self._shown(batch) for batch in newest[start : start + limit]]
        more = start + limit < len(newest)
        return JSONResponse({"object": "list", "data": page, "has_more": more})

    async def _retrieve(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        batch = self.batches.get(request.path_params["id"])
        return _error(404, "No such Batch object") if batch is None else JSONResponse(self._shown(batch))

    async def _cancel(self, request: Request) -> Response:
        batch = self.batches[request.path_params["id"]]
        self._end(batch, "cancelled")
        return JSONResponse(self._shown(batch))

    def _shown(self, batch: Batch) -> dict[str, Any]:
        share = (time.monotonic() - batch.born) / max(self.delay_s, 1e-9)
        if batch.state is None and share >= 1:
            self._end(batch, self.fate(batch.number))
        total = len(batch.asks)
        state = batch.state or ("validating" if share < 0.2 else "in_progress" if share < 0.9 else "finalizing")
        known = total if batch.state else 0 if share < 0.2 else int(share * total)
        wrong = len(self.files[batch.error].splitlines()) if batch.error else 0
        return {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "status": state,
            "input_file_id": batch.input_file_id, "completion_window": "24h", "created_at": batch.created_at,
            "metadata": batch.metadata, "output_file_id": batch.output, "error_file_id": batch.error,
            "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
            "request_counts": {"total": 0 if state == "validating" else total, "completed": known - wrong, "failed": wrong},
        }  # fmt: skip

    def _end(self, batch: Batch, fate: str) -> None:
        batch.state = fate if fate in {"completed", "expired", "cancelled"} else "failed"
        if batch.state == "failed":
            batch.errors = [{"code": fate, "message": f"the file is refused: {fate}", "line": None, "param": None}]
            return
        reached = len(batch.asks) if fate == "completed" else len(batch.asks) // 2
        output, wrong = [], []
        for number, ask in enumerate(batch.asks):
            line = self.behave(ask) if number < reached else Line(error=f"batch_{fate}")
            if line.missing:
                continue
            value = {"id": f"batch_req_{number}", "custom_id": ask.custom_id, "response": None, "error": None}
            if line.error is not None:
                wrong.append(value | {"error": {"code": line.error, "message": "This request could not be executed."}})
                continue
            body = line.body or self._completion(ask, line)
            value["response"] = {"status_code": line.status, "request_id": f"req_{number}", "body": body}
            (output if line.status == 200 else wrong).append(value)
        for name, lines in (("output", output), ("error", wrong)):
            if lines:  # a file without lines does not exist
                content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in reversed(lines))
                setattr(batch, name, self._keep(content.encode(), "batch_output")["id"])

    def _completion(self, ask: Ask, line: Line) -> dict[str, Any]:
        message = {"role": "assistant", "content": usual(ask) if line.text is None else line.text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = line.usage or {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        return {
            "id": "c",
            "object": "chat.completion",
            "model": ask.body["model"],
            "choices": [choice],
            "usage": usage,
        }


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)


@pytest.fixture(scope="module")
def running() -> Iterator[BatchServer]:
    server = BatchServer()
    yield server
    server.close()


@pytest.fixture
def server(running: BatchServer) -> BatchServer:
    running.reset()
    return running


@pytest.fixture
def line() -> type[Line]:
    return Line


@pytest.fixture
def batch_config(server: BatchServer) -> Callable[..., TeacherConfig]:
    def make(**keys: Any) -> TeacherConfig:
        defaults: dict[str, Any] = {
            "kind": "openai", "model": "test-model", "base_url": server.url, "mode": "batch", "batch_poll_s": 0.02, "batch_size": 64,
            "licence": "test", "distillation_allowed": True,
        }  # fmt: skip
        return TeacherConfig(**(defaults | keys))

    return make
