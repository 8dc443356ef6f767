"""Replies shared through a real Hub: what goes up, what comes down, what of it is believed."""

from __future__ import annotations

import dataclasses
import hashlib

import pyarrow.parquet as pq
import pytest

from emojit.dataset.parquet import REPLY_COLUMNS, TableWriter
from emojit.errors import PublishError
from emojit.release.hub import HubRepo
from emojit.release.replies import pull_replies, push_replies
from emojit.teacher import Reply, ReplyStore


def contents(path) -> dict[str, Reply]:
    with ReplyStore(path) as store:
        return {one.key: one for one in store.answers()}


def upload(account, repo_id, tmp_path, rows, name=None):
    """Put a file of replies up as somebody else might, honestly named unless told otherwise."""
    path = tmp_path / "theirs.parquet"
    with TableWriter(path, REPLY_COLUMNS) as table:
        for row in rows:
            table.add(row)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    account.api.create_repo(repo_id, repo_type="dataset", exist_ok=True)
    target = f"replies/{name or checksum}.parquet"
    account.api.upload_file(path_or_fileobj=path, path_in_repo=target, repo_id=repo_id, repo_type="dataset")
    return target


def test_a_push_makes_one_commit_with_one_file_sorted_by_key_without_errors(
    account, repo_id, store_with, reply, replies_files
):
    failed = reply(9, "", error="HTTP 500")

    result = push_replies(repo_id, store_with("a", *map(reply, range(20)), failed), quiet=True)

    assert (result.sent, result.held, result.created) == (20, 0, True)
    assert replies_files(account, repo_id) == [result.path]
    assert account.commits(repo_id, "dataset")[0] == "Add 20 replies"
    table = pq.read_table(account.api.hf_hub_download(repo_id, result.path, repo_type="dataset"))
    assert table.column_names == list(REPLY_COLUMNS)
    rows = table.to_pylist()
    assert [row["key"] for row in rows] == sorted(reply(number).key for number in range(20))
    assert {(row["created"], row["attempts"], row["error"], row["cost"]) for row in rows} == {(None, None, None, 0.5)}


def test_a_second_push_sends_only_what_is_new_and_a_third_nothing(account, repo_id, store_with, reply, replies_files):
    path = store_with("a", *map(reply, range(5)))
    first = push_replies(repo_id, path, quiet=True)
    store_with("a", *map(reply, range(5, 8)))

    second = push_replies(repo_id, path, quiet=True)
    commits = account.commits(repo_id, "dataset")
    third = push_replies(repo_id, path, quiet=True)

    assert (second.sent, second.held) == (3, 5)
    assert replies_files(account, repo_id) == sorted([first.path, second.path])
    assert (third.sent, third.held, third.commit) == (0, 8, None)
    assert account.commits(repo_id, "dataset") == commits


def test_pulled_replies_are_those_that_were_pushed_and_a_second_pull_reads_nothing(
    repo_id, store_with, tmp_path, reply
):
    path = store_with("a", *map(reply, range(2500)))
    push_replies(repo_id, path, quiet=True)

    result = pull_replies(repo_id, tmp_path / "new" / "b.sqlite", quiet=True)
    again = pull_replies(repo_id, tmp_path / "new" / "b.sqlite", quiet=True)

    assert (result.added, result.known, result.conflicts, result.files) == (2500, 0, 0, 1)
    wanted = {key: dataclasses.replace(one, created=None, attempts=None) for key, one in contents(path).items()}
    assert contents(tmp_path / "new" / "b.sqlite") == wanted
    assert (again.files, again.files_known, again.added, again.known) == (0, 1, 0, 0)


def test_an_answer_stands_and_an_error_gives_way(repo_id, store_with, reply):
    push_replies(repo_id, store_with("a", *map(reply, range(4))), quiet=True)
    mine = store_with("b", reply(0), reply(1, "別の答え"), reply(2, "", error="HTTP 500"))

    result = pull_replies(repo_id, mine, quiet=True)

    assert (result.added, result.known, result.conflicts) == (2, 1, 1)
    assert {one.text for one in contents(mine).values()} == {"答え0🎉", "別の答え", "答え2🎉", "答え3🎉"}


def test_two_people_who_push_in_turn_end_with_everything(account, repo_id, store_with, hub, reply):
    ours, theirs = store_with("a", *map(reply, range(6))), store_with("b", *map(reply, range(3, 9)))
    push_replies(repo_id, ours, quiet=True)

    second = push_replies(repo_id, theirs, quiet=True)
    pull_replies(repo_id, ours, quiet=True)

    assert (second.sent, second.held) == (3, 3)
    assert len(contents(ours)) == 9
    assert push_replies(repo_id, ours, quiet=True).sent == 0


def test_a_push_that_was_overtaken_looks_again_and_sends_only_what_is_still_missing(
    account, repo_id, store_with, monkeypatch, reply, replies_files
):
    ours, theirs = store_with("a", *map(reply, range(6))), store_with("b", *map(reply, range(4)))
    account.api.create_repo(repo_id, repo_type="dataset")
    commit, calls = HubRepo.commit, []

    def overtaken(self, added, deleted, **arguments):
        calls.append(arguments["parent"])
        if len(calls) == 1:
            push_replies(repo_id, theirs, quiet=True)
        return commit(self, added, deleted, **arguments)

    monkeypatch.setattr(HubRepo, "commit", overtaken)
    result = push_replies(repo_id, ours, quiet=True)

    assert (result.sent, result.held) == (2, 4)
    assert account.commits(repo_id, "dataset")[:2] == ["Add 2 replies", "Add 4 replies"]
    rows = [
        row["key"]
        for path in replies_files(account, repo_id)
        for row in pq.read_table(account.api.hf_hub_download(repo_id, path, repo_type="dataset")).to_pylist()
    ]
    assert len(rows) == len(set(rows)) == 6


def test_damaged_rows_are_refused_and_counted_and_the_rest_is_taken(account, repo_id, tmp_path, reply):
    good = dataclasses.asdict(reply(1))
    bad = [
        good | {"key": "0" * 64},
        dataclasses.asdict(reply(2)) | {"request": "{}"},
        dataclasses.asdict(reply(3)) | {"text": None},
        dataclasses.asdict(reply(4)) | {"error": "HTTP 500"},
        dataclasses.asdict(reply(5)) | {"usage": "[1]"},
        dataclasses.asdict(reply(6)) | {"usage": "no json"},
        dataclasses.asdict(reply(7)) | {"cost": float("nan")},
        dataclasses.asdict(reply(8)) | {"cost": -1.0},
    ]
    upload(account, repo_id, tmp_path, [good, *bad])

    result = pull_replies(repo_id, tmp_path / "b.sqlite", quiet=True)

    assert (result.added, result.damaged_rows) == (1, 8)
    assert set(contents(tmp_path / "b.sqlite")) == {good["key"]}


def test_a_file_that_is_not_what_its_name_says_is_passed_over(
    account, repo_id, store_with, tmp_path, reply, replies_files
):
    honest = upload(account, repo_id, tmp_path, [dataclasses.asdict(reply(1))])
    wrong = upload(account, repo_id, tmp_path, [dataclasses.asdict(reply(2))], name="a" * 32)
    noise = f"replies/{hashlib.sha256(b'no parquet').hexdigest()[:32]}.parquet"
    account.api.upload_file(path_or_fileobj=b"no parquet", path_in_repo=noise, repo_id=repo_id, repo_type="dataset")

    pulled = pull_replies(repo_id, tmp_path / "b.sqlite", quiet=True)
    pushed = push_replies(repo_id, store_with("a", reply(1), reply(2)), quiet=True)

    assert (pulled.files, pulled.added) == (1, 1)
    assert set(pulled.damaged_files) == set(pushed.damaged_files) == {wrong, noise}
    assert pushed.sent == 1
    assert honest in replies_files(account, repo_id)


def test_a_pull_that_broke_off_goes_on(account, repo_id, store_with, tmp_path, monkeypatch, reply):
    for start in (0, 10, 20):
        push_replies(repo_id, store_with(f"s{start}", *map(reply, range(start, start + 10))), quiet=True)
    download, calls = HubRepo.download, []

    def broken(self, path, revision):
        calls.append(path)
        if len(calls) == 2:
            raise PublishError("the line is dead")
        return download(self, path, revision)

    with monkeypatch.context() as context:
        context.setattr(HubRepo, "download", broken)
        with pytest.raises(PublishError, match="the line is dead"):
            pull_replies(repo_id, tmp_path / "b.sqlite", quiet=True)
    assert len(contents(tmp_path / "b.sqlite")) == 10

    result = pull_replies(repo_id, tmp_path / "b.sqlite", quiet=True)

    assert (result.files, result.files_known, result.added) == (2, 1, 20)


def test_a_dry_run_counts_and_changes_nothing(account, repo_id, store_with, tmp_path, reply):
    path = store_with("a", *map(reply, range(3)))
    planned = push_replies(repo_id, path, dry_run=True)
    assert (planned.sent, planned.created, planned.dry_run, planned.commit) == (3, True, True, None)
    assert not account.api.repo_exists(repo_id, repo_type="dataset")
    push_replies(repo_id, path, quiet=True)

    result = pull_replies(repo_id, tmp_path / "b.sqlite", dry_run=True, quiet=True)

    assert (result.added, result.dry_run) == (3, True)
    assert not (tmp_path / "b.sqlite").exists()
