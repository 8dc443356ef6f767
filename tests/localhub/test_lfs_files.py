from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, get_session
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

from emojit.localhub.pointers import Pointer


def content(text):
    return b"\0" + text.encode() * 500


def put(api, repo, path, text, **options):
    return api.create_commit(repo, [CommitOperationAdd(path, content(text))], commit_message=path, **options)


@pytest.fixture
def filled(api, model):
    put(api, model, "a.bin", "old a")
    api.create_tag(model, tag="v1", tag_message="words")
    put(api, model, "a.bin", "new a")
    put(api, model, "folder/b.bin", "b")
    put(api, model, "c.bin", "c", create_pr=True)
    return model


def names(api, repo):
    return sorted((file.filename, file.ref, file.size) for file in api.list_lfs_files(repo))


def test_every_large_file_is_listed_by_name_also_the_replaced_ones(api, filled):
    main = "refs/heads/main"

    assert names(api, filled) == [
        ("a.bin", main, 2501),
        ("a.bin", main, 2501),
        ("c.bin", "refs/pr/1", 501),
        ("folder/b.bin", main, 501),
    ]
    newest = list(api.list_lfs_files(filled))[1]
    assert newest.file_oid == hashlib.sha256(content("new a")).hexdigest()
    assert newest.pushed_at.year >= 2026


def test_what_is_deleted_for_good_is_in_no_commit_tag_or_pull_request(api, hub, filled, tmp_path):
    before = api.list_repo_commits(filled)

    api.permanently_delete_lfs_files(filled, [file for file in api.list_lfs_files(filled) if file.filename == "a.bin"])

    assert names(api, filled) == [("c.bin", "refs/pr/1", 501), ("folder/b.bin", "refs/heads/main", 501)]
    for revision in ("main", "v1", "refs/pr/1"):
        assert "a.bin" not in api.list_repo_files(filled, revision=revision)
    assert [commit.title for commit in api.list_repo_commits(filled)] == [commit.title for commit in before]
    assert api.list_repo_commits(filled)[0].created_at == before[0].created_at
    assert Path(api.hf_hub_download(filled, "folder/b.bin", cache_dir=tmp_path)).read_bytes() == content("b")
    details = api.get_discussion_details(filled, 1)
    assert [event.type for event in details.events] == ["comment", "commit"]
    api.merge_pull_request(filled, 1)
    assert "c.bin" in api.list_repo_files(filled)
    for repository in (hub.root / "repos").iterdir():
        fsck = subprocess.run(
            ["git", "-C", repository, "fsck", "--strict"], capture_output=True, text=True, check=True
        )
        assert "error" not in fsck.stderr


def test_without_rewriting_the_history_names_what_nobody_can_read(api, filled, tmp_path):
    head = api.model_info(filled).sha
    doomed = [file for file in api.list_lfs_files(filled) if file.filename == "folder/b.bin"]

    api.permanently_delete_lfs_files(filled, doomed, rewrite_history=False)

    assert api.model_info(filled).sha == head
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(filled, "folder/b.bin", cache_dir=tmp_path)
    put(api, filled, "folder/b.bin", "b again")
    put(api, filled, "folder/b.bin", "b")
    assert Path(api.hf_hub_download(filled, "folder/b.bin", cache_dir=tmp_path)).read_bytes() == content("b")


def test_deleting_it_here_leaves_it_in_other_repositories(api, filled, tmp_path):
    api.create_repo(f"{filled}_other")
    put(api, f"{filled}_other", "x.bin", "b")

    api.permanently_delete_lfs_files(filled, list(api.list_lfs_files(filled)))

    assert list(api.list_lfs_files(filled)) == []
    assert Path(api.hf_hub_download(f"{filled}_other", "x.bin", cache_dir=tmp_path)).read_bytes() == content("b")


def test_only_who_writes_to_it_lists_and_deletes(stranger, filled):
    with pytest.raises(HfHubHTTPError) as refused:
        list(stranger.list_lfs_files(filled))
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("deletions", [None, [], {}, {"sha": "x"}, {"sha": [1]}, {"sha": ["0"] * 1001}])
def test_a_malformed_deletion_is_refused(hub, api, tokens, deletions):
    api.create_repo("me/deletions", exist_ok=True)

    answer = get_session().post(
        f"{hub.endpoint}/api/models/me/deletions/lfs-files/batch",
        json={"deletions": deletions},
        headers={"Authorization": f"Bearer {tokens.writer}"},
    )

    assert answer.status_code == 400


def test_a_pointer_written_by_hand_opens_no_content_of_another_repository(api, stranger, filled):
    """Whoever knows the sha256 of a private file must not be able to read it."""
    api.update_repo_settings(filled, visibility="private")
    stranger.create_repo("you/writes_by_hand", exist_ok=True)
    secret = Pointer(sha256=hashlib.sha256(content("b")).hexdigest(), size=501)

    with pytest.raises(HfHubHTTPError) as refused:
        stranger.upload_file(path_or_fileobj=secret.render(), path_in_repo="note.txt", repo_id="you/writes_by_hand")

    assert refused.value.response.status_code == 422
    assert "note.txt" not in stranger.list_repo_files("you/writes_by_hand")
