"""Words and headers that callers of the public Hub match on."""

from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import BadRequestError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda api, repo: api.create_branch(repo, branch="main"), "Reference refs/heads/main already exists"),
        (lambda api, repo: api.create_tag(repo, tag="v1"), "Reference refs/tags/v1 already exists"),
        (lambda api, repo: api.delete_branch(repo, branch="main"), "Cannot delete refs/heads/main"),
        (lambda api, repo: api.delete_branch(repo, branch="missing"), "Invalid rev id"),
        (lambda api, repo: api.move_repo(repo, f"{repo}_2"), "A model repository called .* already exists"),
        (lambda api, repo: api.create_repo(repo), "You already created this repo"),
        (lambda api, repo: api.delete_file("missing", repo), "A file with this name doesn't exist"),
        (lambda api, repo: api.create_repo("you/x"), "You don't have the rights"),
    ],
)
def test_refusals_have_the_words_of_the_public_hub(api, name, call, words):
    name = name.rstrip("_")
    for repo in (name, f"{name}_2"):
        api.create_repo(repo)
    api.create_tag(name, tag="v1")

    with pytest.raises(HfHubHTTPError, match=words):
        call(api, name)


def test_a_branch_cannot_have_the_name_of_a_full_reference(api, model):
    with pytest.raises(BadRequestError, match="Invalid reference for a branch"):
        api.create_branch(model, branch="refs/something/random")


def test_the_error_of_a_missing_repository_names_the_request(api, hub):
    with pytest.raises(RepositoryNotFoundError) as refused:
        api.create_commit("me/missing", [CommitOperationAdd("a.txt", b"x")], commit_message="x")

    request_id = refused.value.response.headers["X-Request-Id"]
    assert str(refused.value).startswith(
        f"404 Client Error. (Request ID: {request_id})\n\nRepository Not Found for url:"
    )
    assert str(refused.value).endswith("Please use `create_repo` if it's not the case.")


def test_a_gate_is_told_from_a_missing_repository(api, stranger, model, tmp_path):
    api.update_repo_settings(model, gated="manual")

    with pytest.raises(GatedRepoError, match="restricted and you are not in the authorized list"):
        stranger.hf_hub_download(model, ".gitattributes", cache_dir=tmp_path)


def test_a_pull_request_can_be_squashed_and_tagged(api, model):
    info = api.create_commit(model, [CommitOperationAdd("a.txt", b"1")], commit_message="one", create_pr=True)
    api.create_commit(model, [CommitOperationAdd("a.txt", b"2")], commit_message="two", revision=info.pr_revision)
    api.create_tag(model, tag="v0", revision=info.pr_revision)

    api.super_squash_history(model, branch=info.pr_revision)

    titles = [commit.title for commit in api.list_repo_commits(model, revision=info.pr_revision)]
    assert titles == ["Super-squash branch 'refs/pr/1' using huggingface_hub"]
    assert [commit.title for commit in api.list_repo_commits(model, revision="v0")] == ["two", "one", "initial commit"]
    api.merge_pull_request(model, 1)
    assert "a.txt" in api.list_repo_files(model)


def test_lists_show_only_the_fields_that_are_asked_for(hub, api, model):
    api.update_repo_settings(model, gated="auto")
    anonymous = HfApi(endpoint=hub.endpoint, token=False)

    gated = list(anonymous.list_models(author="me", gated=True, expand=["author", "gated"]))

    assert model in [info.id for info in gated]
    assert {info.gated for info in gated} <= {"auto", "manual"}
    assert all(info.author == "me" and info.created_at is None for info in gated)
    assert model not in [info.id for info in anonymous.list_models(author="me", gated=False)]
