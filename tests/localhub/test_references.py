from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import get_session
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError


def put(api, repo, content, revision=None):
    return api.upload_file(
        path_or_fileobj=content,
        path_in_repo="a.txt",
        repo_id=repo,
        revision=revision,
        commit_message=f"write {content!r}",
    ).oid


def test_each_kind_of_revision_loads_its_own_content(api, model, tmp_path):
    first = put(api, model, b"one")
    api.create_tag(model, tag="v1")
    api.create_tag(model, tag="v1-annotated", tag_message="the first")
    api.create_branch(model, branch="feature/with/slashes")
    put(api, model, b"two")
    put(api, model, b"branch", revision="feature/with/slashes")

    def read(revision):
        return Path(api.hf_hub_download(model, "a.txt", revision=revision, cache_dir=tmp_path)).read_bytes()

    assert [read(revision) for revision in ("v1", "v1-annotated", first, first[:7], first[:8])] == [b"one"] * 5
    assert [read(revision) for revision in ("main", "refs/heads/main", None)] == [b"two"] * 3
    assert read("feature/with/slashes") == b"branch"


def test_refs_name_the_commit_also_behind_an_annotated_tag(api, model):
    head = put(api, model, b"one")
    api.create_tag(model, tag="v1", tag_message="annotated")
    api.create_branch(model, branch="dev")

    refs = api.list_repo_refs(model, include_pull_requests=True)

    assert {branch.name: branch.target_commit for branch in refs.branches} == {"dev": head, "main": head}
    assert [(tag.name, tag.ref, tag.target_commit) for tag in refs.tags] == [("v1", "refs/tags/v1", head)]


def test_a_tag_is_never_moved(api, model):
    first = put(api, model, b"one")
    api.create_tag(model, tag="v1")
    put(api, model, b"two")

    with pytest.raises(HfHubHTTPError) as refused:
        api.create_tag(model, tag="v1")
    api.create_tag(model, tag="v1", exist_ok=True)

    assert refused.value.response.status_code == 409
    assert api.model_info(model, revision="v1").sha == first


def test_branches_start_where_told_exist_once_and_can_be_deleted(api, model):
    first = put(api, model, b"one")
    put(api, model, b"two")

    api.create_branch(model, branch="old", revision=first)

    assert api.model_info(model, revision="old").sha == first
    with pytest.raises(HfHubHTTPError) as refused:
        api.create_branch(model, branch="old")
    assert refused.value.response.status_code == 409
    api.create_branch(model, branch="old", exist_ok=True)
    api.delete_branch(model, branch="old")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(model, revision="old")
    with pytest.raises(RevisionNotFoundError):
        api.delete_branch(model, branch="old")
    with pytest.raises(HfHubHTTPError) as refused:
        api.delete_branch(model, branch="main")
    assert refused.value.response.status_code == 403


def test_tags_can_be_deleted_and_need_an_existing_revision(api, model):
    api.create_tag(model, tag="v1")
    api.delete_tag(model, tag="v1")

    assert api.list_repo_refs(model).tags == []
    for call in (
        lambda: api.delete_tag(model, tag="v1"),
        lambda: api.create_tag(model, tag="v1", revision="missing"),
        lambda: api.create_branch(model, branch="b", revision="missing"),
    ):
        with pytest.raises(RevisionNotFoundError):
            call()


def test_git_cannot_hold_a_branch_and_a_branch_below_it(api, model):
    api.create_branch(model, branch="a")

    with pytest.raises(HfHubHTTPError) as refused:
        api.create_branch(model, branch="a/b")

    assert refused.value.response.status_code == 409


@pytest.mark.parametrize("bad", ["a..b", "-x", "a b", "x.lock", ".x", "a/", "a//b", "@", "x~1", "f" * 40, "a\\b"])
def test_reference_names_that_git_refuses_are_400(hub, tokens, api, bad):
    api.create_repo("me/bad_refs", exist_ok=True)

    answer = get_session().post(
        f"{hub.endpoint}/api/models/me/bad_refs/tag/main",
        json={"tag": bad},
        headers={"Authorization": f"Bearer {tokens.writer}"},
    )

    assert answer.status_code == 400


def test_history_is_listed_newest_first_with_author_and_message(api, model):
    put(api, model, b"one")
    api.upload_file(
        path_or_fileobj=b"two", path_in_repo="b.txt", repo_id=model, commit_message="title", commit_description="body"
    )

    commits = api.list_repo_commits(model)

    assert [commit.title for commit in commits] == ["title", "write b'one'", "initial commit"]
    assert commits[0].message == "body"
    assert commits[0].authors == ["me"]


def test_squashing_leaves_one_commit_with_the_same_files(api, model):
    put(api, model, b"one")
    put(api, model, b"two")
    before = api.list_repo_files(model)

    api.super_squash_history(model, commit_message="squashed")

    assert [commit.title for commit in api.list_repo_commits(model)] == ["squashed"]
    assert api.list_repo_files(model) == before
