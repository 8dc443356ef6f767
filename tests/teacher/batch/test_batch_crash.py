"""kill -9 at every point of a batch job, and several processes on one store: each question is handed in once."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from typing import Any

import pytest

from emojit.errors import TeacherError
from emojit.teacher import ReplyStore, label, release_columns
from emojit.teacher.batch import BatchTeacher
from emojit.teacher.batch_store import BatchJobs

CHILD = """
import sys
from emojit.recipe import TeacherConfig
from emojit.errors import TeacherError
from emojit.teacher import ReplyStore, Task, label
from emojit.teacher.batch import BatchTeacher

config = TeacherConfig(kind="openai", model="test-model", base_url=sys.argv[1], mode="batch", batch_poll_s=0.02, batch_size=int(sys.argv[4]))
tasks = [Task(id=f"{i:016x}", text=f"これは{i}番目の文である。") for i in range(int(sys.argv[3]))]
with ReplyStore(sys.argv[2]) as store:
    teacher = BatchTeacher(config, store, quiet_s=0.02, recheck_s=0.3, backoff_s=0.01)
    label(tasks, config, teacher, store, quiet=True)
sys.exit()
"""


@pytest.fixture
def child(server, warm, tmp_path):
    """Start a process that labels `count` sentences into one store."""
    started = []

    def start(count: int, size: int = 64) -> Any:
        arguments = server.url, str(tmp_path / "r.sqlite"), str(count), str(size)
        started.append(warm.start(*arguments, cwd=tmp_path, before=CHILD))
        return started[-1]

    yield start
    for process in started:
        process.send_signal(signal.SIGKILL)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def run(tasks, config, path, recheck_s=0.05):
    with ReplyStore(path) as store:
        teacher = BatchTeacher(config, store, quiet_s=0.05, recheck_s=recheck_s, backoff_s=0.01)
        result = label(tasks, config, teacher, store, quiet=True)
        return result.labelled, [release_columns(one) for row in result.labelled for one in store.get_many(row.keys)]


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def jobs(path):
    db = sqlite3.connect(path, timeout=30)
    try:
        return db.execute("SELECT state, job_id FROM batch_jobs ORDER BY created").fetchall()
    finally:
        db.close()


def test_kill_9_between_creation_and_result_waits_for_the_same_job(server, batch_config, child, tmp_path, tasks):
    server.delay_s = 0.8
    process = child(30)
    wait_until(lambda: server.calls["GET /v1/batches/batch"] >= 1)
    kill(process)
    assert [state for state, _ in jobs(tmp_path / "r.sqlite")] == ["submitted"]

    labelled, _ = run(tasks(30), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert len(server.batches) == 2
    assert len(server.asked()) == 60
    assert set(server.asked().values()) == {1}


def test_kill_9_between_creation_and_its_answer_finds_the_job(server, batch_config, child, tmp_path, tasks):
    server.hold_s = 1.5
    process = child(30)
    wait_until(lambda: server.batches)
    kill(process)
    assert jobs(tmp_path / "r.sqlite") == [("creating", None)]
    server.hold_s = 0.0

    labelled, _ = run(tasks(30), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert len(server.batches) == 2
    assert set(server.asked().values()) == {1}


def test_a_job_that_reaches_the_list_late_is_found_all_the_same(server, batch_config, child, tmp_path, tasks):
    server.hold_s = 1.5
    process = child(10)
    wait_until(lambda: server.batches)
    kill(process)
    server.hold_s = 0.0
    server.late = 1

    labelled, _ = run(tasks(10), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert set(server.asked().values()) == {1}


def test_kill_9_before_the_creation_hands_the_questions_in_anew(server, batch_config, child, tmp_path, tasks):
    server.hold_upload_s = 3.0
    process = child(30)
    wait_until(lambda: server.calls["POST /v1/files"])
    kill(process)
    assert jobs(tmp_path / "r.sqlite") == [("prepared", None)]
    server.hold_upload_s = 0.0

    labelled, _ = run(tasks(30), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert len(server.batches) == 2
    assert set(server.asked().values()) == {1}


def test_kill_9_between_the_result_and_the_store_reads_it_again(server, batch_config, child, tmp_path, tasks):
    server.hold_content_s = 3.0
    process = child(30)
    wait_until(lambda: server.calls["GET /v1/files/file/content"])
    kill(process)
    server.hold_content_s = 0.0

    labelled, _ = run(tasks(30), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert set(server.asked().values()) == {1}


def test_a_result_that_was_half_stored_is_read_to_its_end(server, batch_config, tmp_path, tasks, monkeypatch):
    settle, calls = BatchJobs.settle, []

    def full_disk(self, tag, outcomes, max_attempts):
        calls.append(len(outcomes))
        if len(calls) == 3:
            raise TeacherError("the disk is full")
        settle(self, tag, outcomes, max_attempts)

    monkeypatch.setattr("emojit.teacher.batch._CHUNK", 3)
    with monkeypatch.context() as broken:
        broken.setattr(BatchJobs, "settle", full_disk)
        with pytest.raises(TeacherError, match="the disk is full"):
            run(tasks(10), batch_config(), tmp_path / "r.sqlite")
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert len(store) == 6

    labelled, _ = run(tasks(10), batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert set(server.asked().values()) == {1}


@pytest.mark.slow
def test_another_sample_after_the_crash_asks_only_what_is_new(server, batch_config, child, tmp_path, tasks):
    server.delay_s = 0.8
    process = child(10)
    wait_until(lambda: server.calls["GET /v1/batches/batch"] >= 1)
    kill(process)

    labelled, _ = run(tasks(20)[5:], batch_config(), tmp_path / "r.sqlite")

    assert all(row.emojis for row in labelled)
    assert set(server.asked().values()) == {1}


@pytest.mark.slow
def test_twelve_kills_at_random_moments_change_nothing(server, batch_config, child, tmp_path, tasks, line):
    server.delay_s = 0.15
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "cost": 0.25}
    server.behave = lambda ask: line(usage=usage, text="" if ask.text[3] == "7" and ask.nth == 1 else None)
    rng = random.Random(3)
    kills = 0
    for _ in range(12):
        process = child(40, size=16)
        time.sleep(rng.uniform(0.0, 0.6))
        kills += process.poll() is None
        kill(process)

    labelled, rows = run(tasks(40), batch_config(batch_size=16), tmp_path / "r.sqlite", recheck_s=0.3)
    asked = server.asked()
    server.reset()
    server.behave = lambda ask: line(usage=usage, text="" if ask.text[3] == "7" and ask.nth == 1 else None)
    undisturbed = run(tasks(40), batch_config(batch_size=16), tmp_path / "other.sqlite")

    assert kills >= 3
    assert asked == server.asked()
    assert (labelled, rows) == undisturbed


@pytest.mark.slow
def test_two_processes_share_their_jobs(server, batch_config, child, tmp_path, tasks):
    server.delay_s = 0.3
    first, second = child(40, size=16), child(40, size=16)

    said = [process.communicate(timeout=60) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    labelled, _ = run(tasks(40), batch_config(), tmp_path / "r.sqlite")
    assert all(row.emojis for row in labelled)
    assert len(server.asked()) == 80
    assert set(server.asked().values()) == {1}
