"""Endpoints that answer every call of the batch API with success and with nonsense: one clear line, no traceback, no endless wait."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher import label
from emojit.teacher.batch import BatchTeacher


@pytest.fixture
def answering():
    servers = []

    def start(files: bytes, batches: bytes, kind: str = "application/json") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = files if self.path.endswith("/files") else batches
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.mark.parametrize(
    ("files", "batches", "kind", "said"),
    [
        (b"<html>welcome</html>", b"<html>welcome</html>", "text/html", "no id of the file"),
        (b'{"id": 5}', b'{"id": 5}', "application/json", "no id of the file"),
        (b"[1]", b"[1]", "application/json", "no id of the file"),
        (b'{"id": "f"}', b'{"id": 5}', "application/json", "no id of the batch job"),
        (b'{"id": "f"}', b'{"id": "b"}', "application/json", "no status of the batch job"),
    ],
)
def test_nonsense_with_success_is_one_clear_line(answering, store, tasks, files, batches, kind, said):
    config = TeacherConfig(
        kind="openai",
        mode="batch",
        model="m",
        base_url=answering(files, batches, kind),
        licence="test",
        distillation_allowed=True,
        patience_s=0.05,
    )
    teacher = BatchTeacher(config, store, quiet_s=0.05, recheck_s=0.05, backoff_s=0.01)

    with pytest.raises(TeacherError, match=said):
        label(tasks(2), config, teacher, store, quiet=True)
