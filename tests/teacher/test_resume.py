"""Runs that were killed, runs beside each other, and how near a run comes to the ideal rate."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import Counter

import pytest

from emojit.recipe import TeacherConfig
from emojit.teacher import ReplyStore, label, release_columns
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.estimate import outlook


def run_label(tasks, config, store, **keys):
    return label(tasks, config, OpenAITeacher(config, backoff_s=0.001), store, quiet=True, **keys)


def release(store, run):
    return [
        release_columns(reply) for reply in store.get_many(key for labelled in run.labelled for key in labelled.keys)
    ]


CHILD = """
import sys
from emojit.recipe import TeacherConfig
from emojit.teacher import ReplyStore, Task, label, make_teacher

config = TeacherConfig(kind="openai", model="test-model", base_url=sys.argv[1], concurrency=4)
tasks = [Task(id=f"{i:016x}", text=f"これは{i}番目の文である。") for i in range(60)]
with ReplyStore(sys.argv[2]) as store:
    label(tasks, config, make_teacher(config), store, quiet=True)
sys.exit()
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_run_that_was_killed_goes_on_where_it_stood(serve, answer, config_for, warm, tmp_path, tasks, blow):
    server = serve(lambda call: answer(delay_s=0.02))
    path = tmp_path / "r.sqlite"
    child = warm.start(server.url, str(path), cwd=tmp_path, before=CHILD)
    deadline = time.monotonic() + 60
    while len(server.calls) < 30 and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(blow)
    child.communicate(timeout=30)
    assert child.returncode != 0
    db = sqlite3.connect(path)
    stored = {row[0] for row in db.execute("SELECT key FROM replies")}
    db.close()
    assert 20 <= len(stored) < 120
    asked_before = len(server.calls)

    with ReplyStore(path) as store:
        config = config_for(server)
        run = run_label(tasks(60), config, store)
        resumed = (run.labelled, release(store, run))
    with ReplyStore(tmp_path / "undisturbed.sqlite") as store:
        undisturbed = run_label(tasks(60), config_for(serve()), store)
        straight = (undisturbed.labelled, release(store, undisturbed))

    assert run.from_store == len(stored)
    assert len(server.calls) - asked_before == run.asked == 120 - len(stored)
    # What was in flight or on its way to the disk when the blow fell is asked again, and nothing else is: no more than there were conversations.
    assert sum(Counter(server.bodies()).values()) - 120 <= 2 * config.concurrency
    assert resumed == straight


def test_two_processes_label_into_one_store(serve, answer, config_for, warm, tmp_path, tasks):
    server = serve(lambda call: answer(delay_s=0.005))
    path = tmp_path / "r.sqlite"
    children = [warm.start(server.url, str(path), cwd=tmp_path, before=CHILD) for _ in range(2)]
    said = [child.communicate(timeout=60) for child in children]

    assert [child.returncode for child in children] == [0, 0], said
    with ReplyStore(path) as store:
        assert len(store) == 120
        assert sum(outlook(task, config_for(server), store).stored for task in tasks(60)) == 120


@pytest.mark.slow
def test_five_hundred_questions_come_near_the_ideal_rate(serve, answer, config_for, tmp_path, tasks):
    """The server shares the interpreter with the engine here, so the floor is far below what a server of its own shows."""
    server = serve(lambda call: answer(delay_s=0.2))
    config: TeacherConfig = config_for(server, concurrency=64)
    with ReplyStore(tmp_path / "r.sqlite") as store:
        run = run_label(tasks(250), config, store)

    assert run.asked == 500
    assert 500 * 0.2 / 64 / run.seconds > 0.3
