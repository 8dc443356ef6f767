"""A private repository and one that does not exist must look the same to others, by every route."""

from __future__ import annotations

import pathlib

import pytest
from huggingface_hub import HfApi, get_session

LARGE = b"\0secret" * 1000

ROUTES = [
    ("GET", "api/models/{id}"),
    ("GET", "api/models/{id}/revision/main"),
    ("GET", "api/models/{id}/tree/main"),
    ("GET", "api/models/{id}/tree/main/sub"),
    ("POST", "api/models/{id}/paths-info/main"),
    ("GET", "api/models/{id}/refs"),
    ("GET", "api/models/{id}/commits/main"),
    ("GET", "api/models/{id}/auth-check"),
    ("GET", "api/models/{id}/auth-check/write"),
    ("GET", "api/models/{id}/xet-write-token/main"),
    ("POST", "api/models/{id}/preupload/main"),
    ("POST", "api/models/{id}/commit/main"),
    ("POST", "api/models/{id}/branch/b"),
    ("DELETE", "api/models/{id}/branch/main"),
    ("POST", "api/models/{id}/tag/main"),
    ("DELETE", "api/models/{id}/tag/v1"),
    ("POST", "api/models/{id}/super-squash/main"),
    ("PUT", "api/models/{id}/settings"),
    ("GET", "api/models/{id}/lfs-files"),
    ("POST", "api/models/{id}/lfs-files/batch"),
    ("POST", "api/models/{id}/commit/main?create_pr=1"),
    ("POST", "api/models/{id}/commit/refs%2Fpr%2F1"),
    ("POST", "api/models/{id}/preupload/main?create_pr=1"),
    ("GET", "api/models/{id}/xet-write-token/main?create_pr=1"),
    ("GET", "api/models/{id}/tree/refs%2Fpr%2F1"),
    ("GET", "api/models/{id}/discussions"),
    ("POST", "api/models/{id}/discussions"),
    ("GET", "api/models/{id}/discussions/1"),
    ("GET", "api/models/{id}/discussions/99"),
    ("POST", "api/models/{id}/discussions/1/comment"),
    ("POST", "api/models/{id}/discussions/1/comment/0/edit"),
    ("POST", "api/models/{id}/discussions/1/comment/0/hide"),
    ("POST", "api/models/{id}/discussions/1/title"),
    ("POST", "api/models/{id}/discussions/1/status"),
    ("POST", "api/models/{id}/discussions/1/merge"),
    ("GET", "{id}/resolve/refs%2Fpr%2F1/w.bin"),
    ("GET", "{id}/resolve/main/w.bin"),
    ("HEAD", "{id}/resolve/main/w.bin"),
    ("GET", "{id}/resolve/main/missing"),
    ("GET", "{id}/resolve/missing/w.bin"),
    ("GET", "{id}/resolve/v1/w.bin"),
]


GIT_ROUTES = [
    ("POST", "{id}.git/info/lfs/objects/batch"),
    *(
        (method, f"{{id}}{suffix}/{route}")
        for suffix in (".git", "")
        for method, route in [
            ("GET", "info/refs?service=git-upload-pack"),
            ("GET", "info/refs?service=git-receive-pack"),
            ("GET", "info/refs"),
            ("POST", "git-upload-pack"),
            ("POST", "git-receive-pack"),
        ]
    ),
]


@pytest.fixture(scope="module")
def private(hub, tokens):
    api = HfApi(endpoint=hub.endpoint, token=tokens.writer)
    api.create_repo("me/private", private=True)
    api.upload_file(path_or_fileobj=LARGE, path_in_repo="w.bin", repo_id="me/private")
    api.create_tag("me/private", tag="v1")
    api.create_pull_request("me/private", "A secret plan")
    return "me/private"


@pytest.fixture(params=["nobody", "stranger"])
def other(request, tokens):
    return {} if request.param == "nobody" else {"Authorization": f"Bearer {tokens.stranger}"}


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=[f"{method} {route}" for method, route in ROUTES])
@pytest.mark.parametrize("ranged", [False, True])
def test_a_hidden_repository_looks_like_a_missing_one(hub, private, other, method, route, ranged):
    headers = {**other, **({"Range": "bytes=0-9"} if ranged else {})}

    def ask(repo):
        answer = get_session().request(method, f"{hub.endpoint}/{route.format(id=repo)}", headers=headers)
        return answer.status_code, answer.content, {**answer.headers, "date": None, "x-request-id": None}

    hidden, missing = ask(private), ask("me/missing")

    assert hidden == missing
    assert hidden[0] == 404
    assert hidden[2]["x-error-code"] == "RepoNotFound"


@pytest.mark.parametrize(("method", "route"), GIT_ROUTES, ids=[f"{method} {route}" for method, route in GIT_ROUTES])
def test_git_is_asked_for_a_token_before_a_hidden_and_a_missing_repository_alike(hub, private, other, method, route):
    def ask(repo):
        answer = get_session().request(method, f"{hub.endpoint}/{route.format(id=repo)}", headers=other)
        return answer.status_code, answer.content, {**answer.headers, "date": None, "x-request-id": None}

    hidden, missing = ask(private), ask("me/missing")

    assert hidden == missing
    # git sends its token only after a 401; with a token that does not help, nothing is there.
    assert hidden[0] == (404 if other else 401)
    assert hidden[2]["x-error-code"] == "RepoNotFound"


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("DELETE", "api/repos/delete", {"name": "{name}", "organization": "me"}),
        ("POST", "api/repos/move", {"fromRepo": "me/{name}", "toRepo": "you/x", "type": "model"}),
    ],
)
def test_it_cannot_be_found_by_deleting_or_moving_it(hub, private, tokens, method, route, body):
    def ask(name):
        answer = get_session().request(
            method,
            f"{hub.endpoint}/{route}",
            json={key: value.format(name=name) for key, value in body.items()},
            headers={"Authorization": f"Bearer {tokens.stranger}"},
        )
        return answer.status_code, answer.content

    assert ask("private") == ask("missing")


def test_it_cannot_be_found_by_creating_it(hub, private, stranger):
    from huggingface_hub.errors import HfHubHTTPError

    for name in (private, "me/missing"):
        with pytest.raises(HfHubHTTPError) as refused:
            stranger.create_repo(name, exist_ok=True)
        assert refused.value.response.status_code == 403


def test_it_is_in_no_list_of_others(hub, private, stranger, api):
    assert private in [model.id for model in api.list_models(author="me")]
    assert private not in [model.id for model in stranger.list_models(author="me")]
    assert private not in [model.id for model in HfApi(endpoint=hub.endpoint, token=False).list_models()]


def test_its_owner_reads_it_also_with_a_read_token(hub, tokens, private, tmp_path):
    reader = HfApi(endpoint=hub.endpoint, token=tokens.reader)

    with pathlib.Path(reader.hf_hub_download(private, "w.bin", cache_dir=tmp_path)).open("rb") as file:
        assert file.read() == LARGE


def test_the_former_id_of_a_moved_private_repository_tells_nothing(hub, api):
    api.create_repo("me/private_before", private=True)
    api.move_repo("me/private_before", "me/private_after")

    answer = get_session().get(f"{hub.endpoint}/me/private_before/resolve/main/x", follow_redirects=False)

    assert (answer.status_code, answer.headers["x-error-code"]) == (404, "RepoNotFound")
    assert "Location" not in answer.headers


def test_an_upload_url_is_bound_to_its_repository_content_and_size(hub, tokens, private):
    import hashlib

    content = b"other content"
    sha256 = hashlib.sha256(content).hexdigest()
    batch = get_session().post(
        f"{hub.endpoint}/{private}.git/info/lfs/objects/batch",
        json={"operation": "upload", "objects": [{"oid": sha256, "size": len(content)}]},
        headers={"Authorization": f"Bearer {tokens.writer}"},
    )
    href = batch.json()["objects"][0]["actions"]["upload"]["href"]

    refused = [
        get_session().put(href.replace(sha256, "0" * 64), content=content),
        get_session().put(href.replace(f"size={len(content)}", "size=5"), content=b"short"),
        get_session().put(href + "0", content=content),
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert get_session().put(href, content=b"wrong content").status_code == 400
    assert get_session().put(href, content=content + b"!").status_code == 413
    assert get_session().put(href, content=content).status_code == 200
