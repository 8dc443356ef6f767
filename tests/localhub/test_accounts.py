from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from emojit.errors import UsageError
from emojit.localhub import LocalHub


def test_whoami_names_the_user_and_the_role_of_the_token(hub, tokens):
    told = HfApi(endpoint=hub.endpoint, token=tokens.reader).whoami()

    assert told["name"] == "me"
    assert told["auth"]["accessToken"]["role"] == "read"


def test_an_unknown_token_is_refused_by_every_route(hub, model):
    api = HfApi(endpoint=hub.endpoint, token="hf_" + "x" * 34)

    for call in (api.whoami, lambda: api.model_info(model), lambda: api.create_repo("me/other")):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 401


def test_without_a_token_nobody_can_write(hub, model):
    api = HfApi(endpoint=hub.endpoint, token=False)

    with pytest.raises(HfHubHTTPError) as refused:
        api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model)
    assert refused.value.response.status_code == 401


def test_a_read_token_cannot_change_anything(api, hub, tokens, model):
    reader = HfApi(endpoint=hub.endpoint, token=tokens.reader)
    head = api.model_info(model).sha

    for call in (
        lambda: reader.create_repo("me/made_by_reader"),
        lambda: reader.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model),
        lambda: reader.upload_file(path_or_fileobj=b"\0" * 100, path_in_repo="a.bin", repo_id=model),
        lambda: reader.create_tag(model, tag="v1"),
        lambda: reader.create_branch(model, branch="b"),
        lambda: reader.update_repo_settings(model, visibility="private"),
        lambda: reader.move_repo(model, "me/elsewhere"),
        lambda: reader.delete_repo(model),
    ):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 403

    assert reader.model_info(model).sha == head


def test_nobody_writes_to_the_namespace_of_another_user(stranger, model):
    for call in (
        lambda: stranger.create_repo("me/made_by_stranger"),
        lambda: stranger.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model),
        lambda: stranger.delete_repo(model),
    ):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 403


def test_a_user_whose_name_begins_with_an_underscore_can_push_and_load(hub, tokens, tmp_path):
    api = HfApi(endpoint=hub.endpoint, token=tokens.underscore)
    api.create_repo("_we/model")
    api.upload_file(path_or_fileobj=b"\0" * 5000, path_in_repo="w.bin", repo_id="_we/model")

    path = api.hf_hub_download("_we/model", "w.bin", cache_dir=tmp_path)

    assert Path(path).read_bytes() == b"\0" * 5000


@pytest.mark.parametrize(
    "bad", ["", "a b", "../x", "-a", "a--b", "a..b", "x.git", "a/b", "é", "datasets", "API", "x" * 97]
)
def test_user_names_that_the_clients_or_the_routes_cannot_take_are_refused(hub, bad):
    with pytest.raises(UsageError):
        hub.create_user(bad)


def test_a_user_exists_once_and_a_token_needs_a_user(hub):
    with pytest.raises(UsageError, match="exists already"):
        hub.create_user("ME")
    with pytest.raises(UsageError, match="no user"):
        hub.create_token("nobody")
    with pytest.raises(UsageError, match="role"):
        hub.create_token("me", role="admin")


def test_tokens_are_stored_only_as_hashes(tmp_path):
    with LocalHub(tmp_path) as hub:
        hub.create_user("me")
        token = hub.create_token("me")

    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes()
    with sqlite3.connect(tmp_path / "hub.sqlite3") as database:
        assert len(database.execute("SELECT hash FROM token").fetchone()[0]) == 64
    database.close()
