"""A whole build through the batch API, undisturbed and with a kill -9 while a job is under way."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest


@pytest.mark.slow
def test_a_build_that_was_killed_while_it_waited_ends_with_the_same_bytes(server, warm, tmp_path):
    server.delay_s = 0.4
    settings = {
        "corpus.share": "0.05", "teacher.kind": '"openai"', "teacher.mode": '"batch"', "teacher.model": '"m"', "teacher.batch_size": "200",
        "teacher.batch_poll_s": "0.05", "teacher.base_url": f'"{server.url}"', "teacher.licence": '"test"',
        "teacher.distillation_allowed": "true",
    }  # fmt: skip
    options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]

    def build(name: str) -> Any:
        return warm.start("build-dataset", *options, "--out", str(tmp_path / name), cwd=tmp_path)

    killed = build("a")
    deadline = time.monotonic() + 60
    while server.calls["GET /v1/batches/batch"] < 1 and time.monotonic() < deadline:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    processes = [build("a"), build("b")]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said

    assert set(server.asked().values()) == {2}  # once for each of the two stores
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path / "b") for path in (tmp_path / "b").rglob("*") if path.is_file())
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()
