"""The reply store: what is kept, what gives way, several processes, and files that are none."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from emojit.errors import TeacherError
from emojit.teacher import Reply, ReplyStore, release_columns, reply_from_columns


def reply(key="k", text="雨だね", **fields):
    return Reply(**({"key": key, "request": "{}", "text": text, "created": 1, "attempts": 1} | fields))


def test_a_reply_comes_back_as_it_was_put(tmp_path):
    full = reply(finish_reason="stop", usage='{"cost":0.1}', cost=0.1, provider="P", created=1700000000, attempts=3)
    with ReplyStore(tmp_path / "new" / "folder" / "r.sqlite") as store:
        assert store.put(full) == full
        assert store.get("k") == full
        assert store.get("other") is None
        assert len(store) == 1

    with ReplyStore(tmp_path / "new" / "folder" / "r.sqlite") as store:
        assert store.get("k") == full


def test_the_store_in_memory_does_the_same():
    with ReplyStore(None) as store:
        store.put(reply())
        assert store.get("k") == reply()


def test_an_answer_stands_and_an_error_gives_way(store):
    store.put(reply(text="", error="HTTP 500", attempts=6))
    assert store.put(reply(text="答え", attempts=2)) == reply(text="答え", attempts=2)

    assert store.put(reply(text="別の答え")).text == "答え"
    assert store.put(reply(text="", error="HTTP 500")).text == "答え"
    assert store.get("k").error is None


def test_replies_come_in_the_order_of_the_keys(store):
    store.put_many([reply(key=key) for key in "abc"])

    assert [found.key for found in store.get_many(["c", "a", "c"])] == ["c", "a", "c"]
    with pytest.raises(TeacherError, match="no reply with the key z"):
        list(store.get_many(["a", "z"]))


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_there(store):
    store.put(reply(key="before"))
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(TeacherError, match="database or disk is full") as caught:
        store.put_many([reply(key=f"{number}", text="x" * 5000) for number in range(20)])

    assert "free some disk space" in (caught.value.hint or "")
    assert str(store.path) in str(caught.value)
    assert len(store) == 1
    store._writer.execute("PRAGMA max_page_count = 1000000")
    store.put(reply(key="after"))


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (path := tmp_path / "notes.txt").write_text("これはデータベースではない。" * 100, encoding="utf-8")

    with pytest.raises(TeacherError, match="file is not a database") as caught:
        ReplyStore(path)

    assert "--store" in (caught.value.hint or "")
    assert path.read_text(encoding="utf-8").startswith("これは")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE replies (a)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(TeacherError, match="of another program"):
        ReplyStore(path)

    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    ReplyStore(tmp_path / "r.sqlite").close()
    db = sqlite3.connect(tmp_path / "r.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(TeacherError, match="newer emojit") as caught:
        ReplyStore(tmp_path / "r.sqlite")

    assert caught.value.hint == "upgrade emojit"


@pytest.mark.parametrize("name", ["", "file/below"])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path, name):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(TeacherError, match="reply store"):
        ReplyStore(tmp_path / name)


def test_a_file_that_cannot_be_written_is_one_clear_error(store):
    store._writer.execute("PRAGMA query_only = ON")

    with pytest.raises(TeacherError, match="readonly database") as caught:
        store.put(reply())

    assert "writable" in (caught.value.hint or "")


def _fill(path: Path, name: str) -> None:
    with ReplyStore(path) as store:
        for number in range(100):
            store.put_many([reply(key=f"shared-{number}", text=name), reply(key=f"{name}-{number}", text=name)])


def test_several_processes_write_one_store_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(tmp_path / "r.sqlite", name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert len(store) == 400


def test_many_threads_open_a_new_store_at_once(tmp_path):
    barrier, failures = threading.Barrier(8), []

    def work(name):
        barrier.wait()
        try:
            with ReplyStore(tmp_path / "r.sqlite") as store:
                store.put(reply(key=name))
        except TeacherError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []


class Watched:
    """A connection that notes whether two threads are inside it at once, from a statement to its last row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.inside = self.most = 0

    def execute(self, *statement):
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.002)
        cursor = self.connection.execute(*statement)
        rows = cursor.fetchall()
        self.inside -= 1
        return SimpleNamespace(rowcount=cursor.rowcount, fetchone=iter([*rows, None]).__next__, fetchall=lambda: rows)

    def close(self) -> None:
        self.connection.close()


@pytest.mark.parametrize("path", ["r.sqlite", None])
def test_no_two_threads_use_one_connection_at_once(tmp_path, path):
    with ReplyStore(tmp_path / path if path else None) as store:
        store.put_many([reply(key=f"{number}") for number in range(4)])
        store._reader = watched = Watched(store._reader)
        if path is None:
            store._writer = watched
        found = []

        def read(number):
            found.extend(store.get(f"{number}").key == f"{number}" for _ in range(5))
            found.append(len(list(store.answers())) == len(store) == 4)
            store.put(reply(key=f"{number}"))

        threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert found == [True] * 24
    assert watched.most == 1


def test_a_release_has_every_column_and_nothing_that_depends_on_the_run():
    one, other = reply(created=1, attempts=1, cost=0.5), reply(created=2, attempts=4, cost=0.5)

    row = release_columns(one)

    assert row == release_columns(other)
    assert list(row) == [
        "key",
        "request",
        "text",
        "finish_reason",
        "usage",
        "cost",
        "provider",
        "created",
        "attempts",
        "error",
    ]
    assert (row["created"], row["attempts"]) == (None, None)
    assert reply_from_columns(row | {"a later column": 1}) == reply(created=None, attempts=None, cost=0.5)
