"""Tokens: fine-grained ones give what their scopes name; all can be listed and revoked; older stores keep theirs."""

from __future__ import annotations

import json
import sqlite3
import sys

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from emojit.cli.app import main
from emojit.errors import UsageError
from emojit.localhub import LocalHub, schema
from emojit.localhub.permissions import read_scope
from emojit.localhub.tokens import _hash


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A Hub with two private models, a private data set of the same name, a gated model, and a public one of somebody else."""
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        for user in ("me", "you"):
            hub.create_user(user)
        hub.create_organization("lab", admin="me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        for repo_id in ("me/one", "me/two", "lab/shared"):
            api.create_repo(repo_id, private=True)
            api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=repo_id)
        api.create_repo("me/one", repo_type="dataset", private=True)
        api.create_repo("me/gated")
        api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="me/gated")
        api.update_repo_settings("me/gated", gated="auto")
        HfApi(endpoint=hub.endpoint, token=hub.create_token("you")).create_repo("you/public")
        yield hub


def holder(hub, *scopes):
    return HfApi(endpoint=hub.endpoint, token=hub.create_token("me", "fineGrained", scopes=scopes))


def status(call):
    with pytest.raises(HfHubHTTPError) as refused:
        call()
    return refused.value.response.status_code


def test_a_scope_opens_its_repository_and_no_other(box, tmp_path):
    api = holder(box, "me/one:read")

    assert api.hf_hub_download("me/one", "a.txt", cache_dir=tmp_path)
    assert {model.id for model in api.list_models()} == {"me/one", "me/gated", "you/public"}
    for repo_id, repo_type in (("me/two", "model"), ("lab/shared", "model"), ("me/one", "dataset")):
        with pytest.raises(RepositoryNotFoundError):
            api.repo_info(repo_id, repo_type=repo_type)
    with pytest.raises(GatedRepoError):
        api.hf_hub_download("me/gated", "a.txt", cache_dir=tmp_path)


def test_read_discussion_and_write_each_include_what_comes_before(box):
    reader, debater, writer = (holder(box, f"ME/One:{level}") for level in ("read", "discussion", "write"))

    assert status(lambda: reader.create_discussion("me/one", title="a title")) == 403
    assert debater.create_discussion("me/one", title="a title").num
    for api in (reader, debater):
        assert status(lambda api=api: api.upload_file(path_or_fileobj=b"1", path_in_repo="b", repo_id="me/one")) == 403
        assert status(lambda api=api: api.create_tag("me/one", tag="v1")) == 403
        assert status(lambda api=api: api.auth_check("me/one", write=True)) == 403
    assert debater.upload_file(path_or_fileobj=b"2", path_in_repo="b", repo_id="me/one", create_pr=True).pr_num
    assert writer.upload_file(path_or_fileobj=b"\0" * 2000, path_in_repo="c.bin", repo_id="me/one")
    assert status(lambda: writer.create_discussion("you/public", title="a title")) == 403
    assert status(lambda: writer.create_repo("me/new")) == 403
    assert status(lambda: writer.move_repo("me/one", "me/elsewhere")) == 403


def test_a_namespace_as_scope_gives_all_that_it_owns_and_creates(box):
    api = holder(box, "lab:write")

    assert api.model_info("lab/shared").private
    api.create_repo("lab/new")
    assert status(lambda: api.create_repo("me/new")) == 403
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("me/one")


def test_a_scope_never_gives_more_than_its_user_has(box):
    token = box.create_token("you", "fineGrained", scopes=["me/one:write", "me:write", "lab:write"])
    api = HfApi(endpoint=box.endpoint, token=token)

    for repo_id in ("me/one", "lab/shared"):
        with pytest.raises(RepositoryNotFoundError):
            api.model_info(repo_id)
    assert status(lambda: api.create_repo("me/new")) == 403
    assert status(lambda: api.create_tag("me/gated", tag="v1")) == 403


def test_a_scope_does_not_follow_a_repository_that_moves(box, api):
    owner = HfApi(endpoint=box.endpoint, token=box.create_token("me"))
    owner.create_repo("me/before", private=True)
    scoped = holder(box, "me/before:write")
    assert scoped.model_info("me/before")

    owner.move_repo("me/before", "me/after")

    for name in ("me/before", "me/after"):
        with pytest.raises(RepositoryNotFoundError):
            scoped.model_info(name)


def test_whoami_shows_the_scopes_as_the_public_hub_does(box):
    told = holder(box, "datasets/me/one:read", "lab:write").whoami()

    token = told["auth"]["accessToken"]
    assert token["role"] == "fineGrained"
    assert token["fineGrained"]["scoped"] == [
        {
            "entity": {"_id": "me/one", "type": "dataset", "name": "me/one"},
            "permissions": ["repo.content.read"],
        },
        {
            "entity": {"_id": "lab", "type": "org", "name": "lab"},
            "permissions": ["repo.content.read", "discussion.write", "repo.write"],
        },
    ]


@pytest.mark.parametrize(
    "scope",
    ["", "me/model", "me/model:admin", ":read", "/:read", "a/b/c:read", "datasets/me:read", "../x:read", "me/é:read"],
)
def test_a_scope_that_names_nothing_is_refused(scope):
    with pytest.raises(UsageError):
        read_scope(scope)


def test_scopes_belong_to_fine_grained_tokens_and_only_to_them(box):
    with pytest.raises(UsageError, match="needs scopes"):
        box.create_token("me", "fineGrained")
    with pytest.raises(UsageError, match="needs scopes"):
        box.create_token("me", "write", scopes=["me/one:read"])


@pytest.fixture
def emojit(capsys, monkeypatch):
    """Runs a command and returns its exit code, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["emojit", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run


def test_the_command_line_makes_lists_and_revokes_tokens(tmp_path, emojit):
    root = ["--json", "--root", str(tmp_path / "hub")]

    def told(*arguments):
        code, out, err = emojit("hub", "token", *arguments, *root)
        assert (code, err) == (0, "")
        return json.loads(out)

    scopes = ["--role", "fine-grained", "--repo", "me/model:write", "--repo", "datasets/me/x:read"]
    token = told("create", "--name", "laptop", *scopes)["token"]
    kept = told("create")["token"]
    with LocalHub(tmp_path / "hub") as hub:
        assert HfApi(endpoint=hub.endpoint, token=token).whoami()["auth"]["accessToken"]["displayName"] == "laptop"

    listed = told("list")["tokens"]

    assert [(entry["name"], entry["role"], entry["prefix"]) for entry in listed] == [
        ("laptop", "fine-grained", token[:7]),
        ("token", "write", kept[:7]),
    ]
    assert listed[0]["scopes"] == ["me/model:write", "datasets/me/x:read"]
    assert listed[0]["last_used"]
    assert listed[1]["last_used"] is None
    assert token not in json.dumps(listed)
    assert told("revoke", "laptop")["revoked"]["name"] == "laptop"
    with LocalHub(tmp_path / "hub") as hub:
        assert status(HfApi(endpoint=hub.endpoint, token=token).whoami) == 401
        assert HfApi(endpoint=hub.endpoint, token=kept).whoami()["name"] == "me"


@pytest.mark.parametrize(
    "arguments", [["--role", "admin"], ["--role", "fine-grained"], ["--repo", "x"], ["--name", "\n"]]
)
def test_a_token_that_cannot_be_is_a_usage_error(tmp_path, emojit, arguments):
    code, out, err = emojit("hub", "token", "create", "--root", str(tmp_path), *arguments)

    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_a_store_of_the_version_before_opens_and_its_tokens_work(tmp_path):
    root = tmp_path / "hub"
    root.mkdir()
    with sqlite3.connect(root / "hub.sqlite3") as old:
        for step in schema.STEPS[:4]:
            old.executescript(step)
        old.execute("INSERT INTO user VALUES ('me', '2026-01-01T00:00:00.000Z')")
        for token, role in (("hf_old", "write"), ("hf_reader", "read")):
            old.execute("INSERT INTO token VALUES (?, 'me', ?, '2026-01-01T00:00:00.000Z')", (_hash(token), role))
        old.execute("PRAGMA user_version = 4")
    old.close()

    with LocalHub(root) as hub:
        HfApi(endpoint=hub.endpoint, token="hf_old").create_repo("me/model")
        reader = HfApi(endpoint=hub.endpoint, token="hf_reader")
        assert reader.whoami()["auth"]["accessToken"]["role"] == "read"
        assert status(lambda: reader.create_repo("me/other")) == 403
