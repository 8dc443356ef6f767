"""A push that is killed: a real process, a real SIGKILL at the moment of the commit or of the tag, and the bytes that its second run sends."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

SIZE = 3_000_000  # bytes of the large file


class Tap:
    """A TCP relay before the Hub: counts what clients send, and kills a process when it begins a certain request, which never gets through."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self.hub = (str(parts.hostname), int(parts.port or 0))
        self.sent = 0
        self.requests: list[str] = []
        self.victim: tuple[re.Pattern[bytes], subprocess.Popen[str]] | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            hub = socket.create_connection(self.hub)
            threading.Thread(target=self._up, args=(client, hub), daemon=True).start()
            threading.Thread(target=self._down, args=(hub, client), daemon=True).start()

    def _up(self, client: socket.socket, hub: socket.socket) -> None:
        with client, hub:
            while chunk := self._receive(client):
                if self.victim is not None and self.victim[0].search(chunk):
                    self.victim[1].send_signal(signal.SIGKILL)
                    return
                self.sent += len(chunk)
                hub.sendall(chunk)

    def _down(self, hub: socket.socket, client: socket.socket) -> None:
        while chunk := self._receive(hub):
            try:
                client.sendall(chunk)
            except OSError:
                return

    def _receive(self, source: socket.socket) -> bytes:
        try:
            return source.recv(1 << 16)
        except OSError:  # the other direction closed it
            return b""


@pytest.fixture
def tap(hub) -> Iterator[Tap]:
    tap = Tap(hub.endpoint)
    yield tap
    tap.listener.close()


def push(tap: Tap, *arguments: str, kill: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "emojit", "push", *arguments, "--json"],
        env={**os.environ, "HF_ENDPOINT": tap.endpoint, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    tap.victim = (re.compile(kill.encode()), process) if kill else None
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.parametrize("xet", ["xet", "lfs"])
def test_killed_between_upload_and_commit_main_is_as_it_was_and_nothing_large_is_sent_twice(account, metric, tap, xet):
    repo_id = f"{account.name}/emoji_count"
    arguments = ("metric", str(metric), repo_id, "--tag", "v1")
    environment = {"HF_HUB_DISABLE_XET": "1"} if xet == "lfs" else {}
    (metric / "table.bin").write_bytes(random.Random(0).randbytes(SIZE) + b"\0")

    killed = push(tap, *arguments, kill=r"POST /api/spaces/\S+/commit/main", **environment)

    assert killed.returncode == -signal.SIGKILL
    assert tap.sent > SIZE
    assert "emoji_count.py" not in account.files(repo_id, "space", "main")
    assert account.tags(repo_id, "space") == {}

    before = tap.sent
    second = push(tap, *arguments, **environment)

    assert second.returncode == 0, second.stderr
    assert tap.sent - before < 100_000
    result = json.loads(second.stdout)
    assert account.tags(repo_id, "space") == {"v1": result["commit"]}
    assert account.commits(repo_id, "space").count("Release v1") == 1


def test_killed_between_commit_and_tag_the_second_run_only_puts_the_tag(account, metric, tap):
    repo_id = f"{account.name}/emoji_count"
    arguments = ("metric", str(metric), repo_id, "--tag", "v1")

    killed = push(tap, *arguments, kill=r"POST /api/spaces/\S+/tag/")

    assert killed.returncode == -signal.SIGKILL
    commits = account.commits(repo_id, "space")
    assert commits[0] == "Release v1"
    assert account.tags(repo_id, "space") == {}

    before = tap.sent
    second = push(tap, *arguments)

    assert second.returncode == 0, second.stderr
    assert tap.sent - before < 10_000
    assert account.commits(repo_id, "space") == commits
    assert account.tags(repo_id, "space") == {"v1": json.loads(second.stdout)["commit"]}
