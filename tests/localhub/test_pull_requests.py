"""Pull requests through the unmodified clients: opened by anybody who sees a repository, merged by those who write to it."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

from emojit.localhub import LocalHub

LARGE = b"\0large" * 2000


def put(api, repo, path="a.txt", content=b"one", **options):
    return api.create_commit(repo, [CommitOperationAdd(path, content)], commit_message=f"write {path}", **options)


def read(api, repo, path, revision, cache):
    return Path(api.hf_hub_download(repo, path, revision=revision, cache_dir=cache)).read_bytes()


def refused(call, status):
    with pytest.raises(HfHubHTTPError) as error:
        call()
    assert error.value.response.status_code == status
    return str(error.value)


def test_a_commit_with_create_pr_changes_nothing_but_its_own_reference(api, model, tmp_path):
    put(api, model)
    head = api.model_info(model).sha

    info = api.create_commit(
        model,
        [CommitOperationDelete("a.txt"), CommitOperationAdd("b.txt", b"b"), CommitOperationAdd("w.bin", LARGE)],
        commit_message="Propose",
        commit_description="because",
        create_pr=True,
    )

    assert (info.pr_num, info.pr_revision) == (1, "refs/pr/1")
    assert info.pr_url == f"{api.endpoint}/{model}/discussions/1"
    assert api.model_info(model).sha == head
    assert api.model_info(model, revision="refs/pr/1").sha == info.oid
    assert read(api, model, "w.bin", "refs/pr/1", tmp_path) == LARGE
    assert "a.txt" not in api.list_repo_files(model, revision="refs/pr/1")
    refs = api.list_repo_refs(model, include_pull_requests=True)
    assert [(ref.ref, ref.target_commit) for ref in refs.pull_requests] == [("refs/pr/1", info.oid)]
    details = api.get_discussion_details(model, 1)
    assert (details.title, details.status, details.target_branch) == ("Propose", "open", "refs/heads/main")
    assert [event.type for event in details.events] == ["comment", "commit"]
    assert (details.events[0].content, details.events[1].oid) == ("because", info.oid)
    assert "+b" in details.diff
    assert details.conflicting_files == []


def test_anybody_who_sees_a_repository_may_propose_and_add_to_it_but_not_merge(api, stranger, model, tmp_path):
    info = stranger.create_commit(
        model,
        [CommitOperationAdd("regular.txt", b"text"), CommitOperationAdd("lfs.pkl", LARGE)],
        commit_message="From outside",
        create_pr=True,
    )
    put(stranger, model, "more.bin", LARGE + b"2", revision=info.pr_revision)

    refused(lambda: stranger.merge_pull_request(model, 1), 403)
    refused(lambda: put(stranger, model, "main.txt"), 403)
    api.merge_pull_request(model, 1, comment="thanks")

    assert read(api, model, "lfs.pkl", "main", tmp_path) == LARGE
    assert read(api, model, "more.bin", "main", tmp_path) == LARGE + b"2"
    details = api.get_discussion_details(model, 1)
    commits = api.list_repo_commits(model)
    assert (details.status, details.author) == ("merged", "you")
    assert details.merge_commit_oid == commits[0].commit_id == api.model_info(model).sha
    assert commits[0].title == "From outside (#1)"
    assert "Co-authored-by: you" in commits[0].message


def test_who_is_neither_author_nor_writer_cannot_add_to_a_pull_request(api, stranger, model, hub, tokens):
    put(api, model, create_pr=True)

    refused(lambda: put(stranger, model, "b.txt", revision="refs/pr/1"), 403)
    refused(lambda: stranger.rename_discussion(model, 1, "mine now"), 403)
    refused(lambda: stranger.change_discussion_status(model, 1, "closed"), 403)
    reader = HfApi(endpoint=hub.endpoint, token=tokens.reader)
    refused(lambda: put(reader, model, create_pr=True), 403)
    refused(lambda: reader.create_discussion(model, "A title"), 403)
    refused(lambda: HfApi(endpoint=hub.endpoint, token=False).create_discussion(model, "A title"), 401)
    assert api.get_discussion_details(model, 1).title == "write a.txt"


def test_what_both_sides_changed_is_a_conflict_and_is_not_merged(api, model, tmp_path):
    put(api, model, "a.txt", b"one")
    put(api, model, "a.txt", b"theirs", create_pr=True)
    put(api, model, "a.txt", b"ours")
    head = api.model_info(model).sha

    assert api.get_discussion_details(model, 1).conflicting_files == ["a.txt"]
    message = refused(lambda: api.merge_pull_request(model, 1), 409)

    assert "a.txt" in message
    assert api.model_info(model).sha == head
    assert api.get_discussion_details(model, 1).status == "open"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("folder/x", b"x"), ("folder", b"a file")),
        (("name", b"a file"), ("name/x", b"x")),
        (("both", b"theirs"), ("both", b"ours")),
    ],
)
def test_a_file_in_the_way_is_a_conflict(api, name, theirs, ours):
    api.create_repo(name)
    put(api, name, *theirs, create_pr=True)
    put(api, name, *ours)

    assert api.get_discussion_details(name, 1).conflicting_files == [theirs[0]]
    refused(lambda: api.merge_pull_request(name, 1), 409)


def test_changes_of_different_files_are_merged(api, model, tmp_path):
    put(api, model, "kept.txt", b"old")
    put(api, model, "gone.txt", b"old")
    api.create_commit(
        model,
        [CommitOperationDelete("gone.txt"), CommitOperationAdd("gone.txt/now/a/folder", b"x")],
        commit_message="Turn a file into a folder",
        create_pr=True,
    )
    put(api, model, "kept.txt", b"new")

    api.merge_pull_request(model, 1)

    assert read(api, model, "kept.txt", "main", tmp_path) == b"new"
    assert read(api, model, "gone.txt/now/a/folder", "main", tmp_path) == b"x"


def test_a_draft_takes_commits_and_is_merged_once_it_is_open(api, model):
    draft = api.create_pull_request(model, " A  draft ", description="words")
    assert (draft.num, draft.title, draft.status) == (1, "A draft", "draft")
    assert api.model_info(model, revision="refs/pr/1").sha == api.model_info(model).sha
    put(api, model, "a.txt", b"1", revision=draft.git_reference)
    put(api, model, "b.txt", b"2", revision=draft.git_reference)

    assert "draft" in refused(lambda: api.merge_pull_request(model, 1), 409)
    api.change_discussion_status(model, 1, "open")
    api.merge_pull_request(model, 1)

    assert {"a.txt", "b.txt"} <= set(api.list_repo_files(model))
    assert "- write a.txt (" in api.list_repo_commits(model)[0].message
    refused(lambda: api.merge_pull_request(model, 1), 409)
    refused(lambda: api.change_discussion_status(model, 1, "open"), 409)
    refused(lambda: put(api, model, "c.txt", b"3", revision="refs/pr/1"), 403)


def test_a_pull_request_is_for_a_branch_and_may_begin_at_an_earlier_commit(api, model, tmp_path):
    first = put(api, model, "a.txt", b"one").oid
    put(api, model, "a.txt", b"two")
    api.create_branch(model, branch="dev")

    put(api, model, "b.txt", b"b", create_pr=True, revision="dev")
    put(api, model, "b.txt", b"b", create_pr=True, parent_commit=first[:8])
    api.merge_pull_request(model, 1)

    assert api.get_discussion_details(model, 1).target_branch == "refs/heads/dev"
    assert "b.txt" in api.list_repo_files(model, revision="dev")
    assert "b.txt" not in api.list_repo_files(model)
    assert read(api, model, "a.txt", "refs/pr/2", tmp_path) == b"one"
    for revision in (first, "missing", "refs/pr/2"):
        with pytest.raises(RevisionNotFoundError):
            put(api, model, "c.txt", b"c", create_pr=True, revision=revision)
    with pytest.raises(RevisionNotFoundError):
        put(api, model, "c.txt", b"c", revision="refs/pr/9")


def test_a_stale_parent_is_412_in_the_words_that_clients_know(api, model):
    first = put(api, model, "a.txt", b"one").oid
    put(api, model, "a.txt", b"two")
    put(api, model, "b.txt", b"b", create_pr=True)

    for options in ({}, {"revision": "refs/pr/1"}):
        message = refused(lambda options=options: put(api, model, "c.txt", b"c", parent_commit=first, **options), 412)
        assert "The branch was updated since you opened this page. Please refresh and try again." in message
        assert "A commit has happened since. Please refresh and try again." in message


def test_a_folder_is_uploaded_into_a_pull_request(api, model, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.bin").write_bytes(LARGE + bytes([number]))
    (folder / "README.md").write_text("---\ntags: [x]\n---\n", encoding="utf-8")

    info = api.upload_folder(repo_id=model, folder_path=folder, create_pr=True)

    assert info.pr_num == 1
    assert {"0.bin", "1.bin", "2.bin", "README.md"} <= set(api.list_repo_files(model, revision="refs/pr/1"))


@pytest.mark.parametrize("disable_xet", ["0", "1"])
def test_a_data_set_is_pushed_into_a_pull_request(run_client, api, name, disable_xet):
    name += f"_{disable_xet}"
    run_client(
        f"""
        from datasets import Dataset, load_dataset
        data = Dataset.from_dict({{"text": ["a", "b"]}})
        data.push_to_hub("{name}")
        info = Dataset.from_dict({{"text": ["c"]}}).push_to_hub("{name}", create_pr=True)
        assert info.pr_revision == "refs/pr/1", info
        assert load_dataset("{name}", split="train")["text"] == ["a", "b"]
        assert load_dataset("{name}", split="train", revision="refs/pr/1")["text"] == ["c"]
        """,
        HF_HUB_DISABLE_XET=disable_xet,
    )

    api.merge_pull_request(name, 1, repo_type="dataset")

    assert api.get_discussion_details(name, 1, repo_type="dataset").status == "merged"


def test_a_pull_request_of_a_gated_repository_tells_nothing_before_the_gate(api, stranger, model):
    put(api, model, "secret.txt", b"secret")
    put(api, model, "secret.txt", b"changed", create_pr=True)
    api.update_repo_settings(model, gated="auto")

    assert stranger.get_discussion_details(model, 1).diff is None
    assert "changed" in api.get_discussion_details(model, 1).diff
    refused(lambda: put(stranger, model, "x.txt", b"x", create_pr=True), 403)
    refused(lambda: stranger.hf_hub_download(model, "secret.txt", revision="refs/pr/1"), 403)


@pytest.fixture
def stopped(tmp_path):
    """A store with a pull request that was merged, and one that is open; no server."""
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/model")
        put(api, "me/model", "a.txt", create_pr=True)
        put(api, "me/model", "b.txt", create_pr=True)
        api.merge_pull_request("me/model", 1)
        head = api.model_info("me/model").sha
    return tmp_path / "hub", head, next((tmp_path / "hub" / "repos").iterdir())


def run_sql(root, statement):
    with sqlite3.connect(root / "hub.sqlite3") as database:
        database.execute(statement)
    database.close()


def restarted(root):
    hub = LocalHub(root)
    return hub, HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))


def test_a_merge_that_was_killed_after_the_branch_moved_is_a_merge(stopped):
    root, head, _ = stopped
    run_sql(root, "UPDATE discussion SET status = 'open' WHERE number = 1")
    run_sql(root, "DELETE FROM discussion_event WHERE type = 'status-change'")

    hub, api = restarted(root)
    with hub:
        details = api.get_discussion_details("me/model", 1)

    assert (details.status, details.merge_commit_oid, details.events[-1].new_status) == ("merged", head, "merged")


def test_a_merge_that_was_killed_before_the_branch_moved_never_was(stopped):
    root, head, _ = stopped
    run_sql(root, f"UPDATE discussion SET merge_commit = '{'5' * 40}' WHERE number = 2")

    hub, api = restarted(root)
    with hub:
        details = api.get_discussion_details("me/model", 2)
        assert (details.status, details.merge_commit_oid, api.model_info("me/model").sha) == ("open", None, head)
        api.merge_pull_request("me/model", 2)
        assert "b.txt" in api.list_repo_files("me/model")


def test_a_pull_request_that_was_killed_before_it_was_known_leaves_nothing(stopped):
    root, head, repository = stopped
    subprocess.run(["git", "-C", repository, "update-ref", "refs/pr/3", head], check=True)

    hub, api = restarted(root)
    with hub:
        refs = api.list_repo_refs("me/model", include_pull_requests=True)
        assert [ref.ref for ref in refs.pull_requests] == ["refs/pr/1", "refs/pr/2"]
        assert put(api, "me/model", "c.txt", create_pr=True).pr_num == 3
    fsck = subprocess.run(
        ["git", "-C", repository, "fsck", "--full", "--strict"], capture_output=True, text=True, check=True
    )
    assert fsck.stdout + fsck.stderr == ""


def test_no_branch_can_pass_for_a_pull_request(api, model, hub, tokens):
    put(api, model, create_pr=True)

    refused(lambda: api.create_branch(model, branch="refs/pr/1"), 400)
    for number in ("0", "01", "1e1", "²", "-1", "9" * 40):
        answer = get_session().get(
            f"{hub.endpoint}/api/models/{model}/discussions/{number}",
            headers={"Authorization": f"Bearer {tokens.writer}"},
        )
        assert answer.status_code == 404, number
