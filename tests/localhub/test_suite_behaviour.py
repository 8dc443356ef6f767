"""What the clients' own test suites expect of a Hub beyond our own flows, one claim each."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem
from huggingface_hub.errors import (
    BadRequestError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)


def send(hub, method, path, token, body=None):
    """Status and JSON of a request as another client would send it."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{hub.endpoint}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as exc:
        return exc.code, json.loads(exc.read())


def test_a_repository_can_be_created_with_its_first_files(hub, api, tokens, name):
    files = [
        {"path": ".gitattributes", "encoding": "base64", "content": base64.b64encode(b"*.html -text").decode()},
        {"path": "a/b.txt", "encoding": "base64", "content": base64.b64encode(b"b").decode()},
    ]
    body = {"name": name.partition("/")[2], "organization": "me", "type": "model", "files": files}

    assert send(hub, "POST", "/api/repos/create", tokens.writer, body)[0] == 200
    assert api.list_repo_files(name) == [".gitattributes", "a/b.txt"]
    assert api.get_paths_info(name, ".gitattributes")[0].size == len(b"*.html -text")


@pytest.mark.parametrize("path", ["../a", ".git/config", "a\\b", ".gitattributes/a"])
def test_a_first_file_with_a_bad_path_creates_no_repository(hub, api, tokens, path):
    body = {"name": "never_made", "files": [{"path": path, "content": "x"}, {"path": "a", "content": "x"}]}

    assert send(hub, "POST", "/api/repos/create", tokens.writer, body)[0] == 422
    assert not api.repo_exists("me/never_made")


def test_a_branch_can_begin_without_files_and_be_overwritten(hub, api, tokens, model):
    url = f"/api/models/{model}/branch/dev"
    assert send(hub, "POST", url, tokens.writer, {"emptyBranch": True})[0] == 200
    assert api.list_repo_files(model, revision="dev") == []
    assert send(hub, "POST", url, tokens.writer, {})[0] == 409
    assert send(hub, "POST", url, tokens.writer, {"overwrite": True})[0] == 200
    assert api.list_repo_files(model, revision="dev") == []
    assert send(hub, "POST", url, tokens.writer, {"overwrite": True, "startingPoint": "main"})[0] == 200
    assert api.list_repo_files(model, revision="dev") == [".gitattributes"]
    main = f"/api/models/{model}/branch/main"
    assert send(hub, "POST", main, tokens.writer, {"overwrite": True, "emptyBranch": True})[0] == 403


def test_a_missing_revision_is_told_before_a_bad_tag_name(api, model):
    with pytest.raises(RevisionNotFoundError):
        api.create_tag(model, tag="no tag", revision="missing")
    with pytest.raises(BadRequestError):
        api.create_tag(model, tag="no tag")


def test_auth_check_tells_that_a_gate_is_closed(api, stranger, model):
    stranger.auth_check(model)
    api.update_repo_settings(model, gated="auto")

    api.auth_check(model)
    with pytest.raises(GatedRepoError):
        stranger.auth_check(model)


@pytest.mark.parametrize(
    ("line", "says"),
    [("license: asdf", '"license" must be one of'), ("model-index: foo", '"model-index" must be an array')],
)
def test_a_card_that_the_public_hub_would_refuse_is_refused(api, model, line, says):
    content = f"---\n{line}\n---\n\ntext\n"
    with pytest.raises(ValueError, match=r"Invalid metadata in README\.md"):
        api.create_commit(model, [CommitOperationAdd("README.md", content.encode())], commit_message="card")
    status, answer = send_card(api, content)
    assert status == 400
    assert says in answer["errors"][0]["message"]


def send_card(api: HfApi, content: str):
    request = urllib.request.Request(
        f"{api.endpoint}/api/validate-yaml",
        json.dumps({"content": content, "repoType": "model"}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as exc:
        return exc.code, json.loads(exc.read())


@pytest.mark.parametrize("license_", ["apache-2.0", "[cc-by-sa-4.0, odc-by]", "other", "unknown", "null"])
def test_known_licences_pass(api, license_):
    assert send_card(api, f"---\nlicense: {license_}\n---\n")[0] == 200


def test_an_owner_lets_users_through_the_gate_and_out_again(api, stranger, model):
    api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model)
    with pytest.raises(BadRequestError):
        api.grant_access(model, "you")  # not gated
    api.update_repo_settings(model, gated="manual")
    with pytest.raises(GatedRepoError):
        stranger.auth_check(model)

    api.grant_access(model, "you")
    [request] = api.list_accepted_access_requests(model)
    assert (request.username, request.status) == ("you", "accepted")
    stranger.auth_check(model)
    assert HfFileSystem(endpoint=stranger.endpoint, token=stranger.token).read_bytes(f"{model}/a.txt") == b"x"
    with pytest.raises(BadRequestError):
        api.grant_access(model, "you")
    with pytest.raises(HfHubHTTPError, match=r"404|There is no"):
        api.accept_access_request(model, "you")
    with pytest.raises(HfHubHTTPError, match=r"404|There is no"):
        api.grant_access(model, "nobody")

    api.cancel_access_request(model, "you")
    assert [item.username for item in api.list_pending_access_requests(model)] == ["you"]
    with pytest.raises(GatedRepoError):
        stranger.auth_check(model)
    api.reject_access_request(model, "you", rejection_reason="no")
    [rejected] = api.list_rejected_access_requests(model)
    api.accept_access_request(model, request_id=rejected.request_id)
    stranger.auth_check(model)


def test_only_those_who_write_to_a_gated_repository_see_and_decide_requests(hub, api, tokens, stranger, model):
    api.update_repo_settings(model, gated="auto")
    for ask in (
        lambda: list(stranger.list_pending_access_requests(model)),
        lambda: stranger.grant_access(model, "you"),
        lambda: stranger.accept_access_request(model, "you"),
        lambda: HfApi(endpoint=hub.endpoint, token=tokens.reader).grant_access(model, "you"),
    ):
        with pytest.raises(HfHubHTTPError, match="403"):
            ask()


def test_who_was_let_in_sees_no_more_than_the_gated_repository(api, stranger, model):
    api.update_repo_settings(model, gated="auto")
    api.grant_access(model, "you")
    api.update_repo_settings(model, visibility="private")

    with pytest.raises(RepositoryNotFoundError):
        stranger.model_info(model)


def weights(shape):
    head = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 16]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(16)


def test_models_are_found_by_task_and_listed_with_files_and_parameters(api, model):
    card = b"---\npipeline_tag: text-generation\n---\n"
    api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id=model)
    api.upload_file(path_or_fileobj=weights([2, 2]), path_in_repo="model.safetensors", repo_id=model)
    search = {"author": "me", "search": model}

    assert [item.id for item in api.list_models(**search, pipeline_tag="text-generation")] == [model]
    assert list(api.list_models(**search, pipeline_tag="fill-mask")) == []
    assert list(api.list_models(**search, inference="warm")) == []
    [full] = api.list_models(**search, full=True)
    [expanded] = api.list_models(**search, expand=["siblings"])
    names = [".gitattributes", "README.md", "model.safetensors"]
    assert [item.rfilename for item in full.siblings] == [item.rfilename for item in expanded.siblings] == names
    assert api.model_info(model).safetensors.parameters == {"F32": 4}
    assert api.model_info(model, expand=["usedStorage"]).used_storage == len(weights([2, 2]))


BROKEN = {
    "empty": b"",
    "long head": b"\xff" * 8,
    "no shape": weights("x"),
    "negative": weights([-1]),
    "huge": weights([10**30]),
    "no object": b"\2" + bytes(7) + b"[]",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_weights_that_cannot_be_read_only_have_no_parameters(api, model, content):
    api.upload_file(path_or_fileobj=content, path_in_repo="model.safetensors", repo_id=model)

    assert api.model_info(model).safetensors is None


def test_raw_is_a_file_as_git_has_it(hub, api, model):
    api.upload_file(path_or_fileobj=b"text", path_in_repo="a.txt", repo_id=model)
    api.upload_file(path_or_fileobj=b"large", path_in_repo="a.bin", repo_id=model)

    def raw(path):
        with urllib.request.urlopen(f"{hub.endpoint}/{model}/raw/main/{path}") as response:
            return response.read()

    assert raw("a.txt") == b"text"
    assert raw("a.bin").startswith(b"version https://git-lfs.github.com/spec/v1\n")
    api.update_repo_settings(model, visibility="private")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        raw("a.txt")


def test_whoami_says_when_the_token_was_made(api):
    assert api.whoami()["auth"]["accessToken"]["createdAt"].endswith("Z")


def test_a_licence_named_at_creation_stands_in_the_first_card(hub, api, tokens, name):
    body = {"name": name.partition("/")[2], "license": "mit"}
    assert send(hub, "POST", "/api/repos/create", tokens.writer, body)[0] == 200
    assert api.model_info(name).card_data.license == "mit"
    assert send(hub, "POST", "/api/repos/create", tokens.writer, {"name": "x", "license": "a\nb"})[0] == 400


def test_users_and_organizations_are_described_and_list_their_repositories(hub, api, stranger):
    hub.create_organization("described", admin="me")
    api.create_repo("described/open")
    api.create_repo("described/hidden", repo_type="dataset", private=True)
    api.upload_file(path_or_fileobj=b"12345", path_in_repo="a.bin", repo_id="described/open")

    assert api.get_user_overview("me").username == "me"
    assert api.get_organization_overview("described").num_datasets == 1
    assert stranger.get_organization_overview("described").num_datasets == 0
    assert [user.username for user in api.list_organization_members("described")] == ["me"]
    listed = {item.id: (item.type, item.visibility, item.storage) for item in api.list_user_repos("described")}
    assert listed == {"described/open": ("model", "public", 5), "described/hidden": ("dataset", "private", 0)}
    for missing in (
        lambda: api.get_user_overview("described"),
        lambda: api.get_organization_overview("me"),
        lambda: list(stranger.list_user_repos("described")),
    ):
        with pytest.raises(HfHubHTTPError):
            missing()


def test_a_gated_repository_says_so_in_the_words_that_clients_match(api, stranger, model, tmp_path):
    api.update_repo_settings(model, gated="auto")

    with pytest.raises(GatedRepoError, match=r"Access to model .* is restricted and you are not in the authorized"):
        stranger.hf_hub_download(model, ".gitattributes", cache_dir=tmp_path)
