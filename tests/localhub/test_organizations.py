"""Repositories that several users share under one name, with a role each."""

from __future__ import annotations

import json
import pathlib
import sqlite3

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import HubServerError, UsageError
from emojit.localhub import LocalHub


@pytest.fixture(scope="module")
def lab(hub):
    """The organisation `Lab`: me administers, `_we` writes, `guest` reads; `you` is no member."""
    hub.create_user("guest")
    hub.create_organization("Lab", admin="me")
    hub.add_member("lab", "_we", "write")
    hub.add_member("Lab", "guest", "read")
    return HfApi(endpoint=hub.endpoint, token=hub.create_token("guest"))


def test_members_own_repositories_together(hub, tokens, lab, api, tmp_path):
    writer = HfApi(endpoint=hub.endpoint, token=tokens.underscore)

    url = api.create_repo("lab/shared", private=True)
    writer.upload_file(path_or_fileobj=b"\0" * 3000, path_in_repo="w.bin", repo_id="lab/shared")

    assert url.repo_id == "Lab/shared"
    assert [model.id for model in writer.list_models(author="Lab")] == ["Lab/shared"]
    with pathlib.Path(lab.hf_hub_download("Lab/shared", "w.bin", cache_dir=tmp_path)).open("rb") as file:
        assert file.read() == b"\0" * 3000


def test_a_member_with_the_role_read_changes_nothing(lab, api):
    api.create_repo("Lab/readable", private=True)

    for call in (
        lambda: lab.create_repo("Lab/made_by_guest"),
        lambda: lab.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="Lab/readable"),
        lambda: lab.create_tag("Lab/readable", tag="v1"),
        lambda: lab.delete_repo("Lab/readable"),
    ):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 403


def test_who_is_no_member_neither_sees_nor_creates(lab, api, stranger):
    api.create_repo("Lab/hidden", private=True)

    with pytest.raises(RepositoryNotFoundError):
        stranger.model_info("Lab/hidden")
    with pytest.raises(HfHubHTTPError, match="rights"):
        stranger.create_repo("Lab/made_by_stranger")
    assert "Lab/hidden" not in [model.id for model in stranger.list_models()]


def test_a_member_that_is_taken_out_sees_nothing_any_more(hub, lab, api):
    hub.create_user("leaver")
    hub.add_member("Lab", "leaver", "admin")
    leaver = HfApi(endpoint=hub.endpoint, token=hub.create_token("leaver"))
    api.create_repo("Lab/left", private=True)
    assert leaver.model_info("Lab/left").private

    hub.remove_member("Lab", "leaver")

    with pytest.raises(RepositoryNotFoundError):
        leaver.model_info("Lab/left")
    with pytest.raises(UsageError, match="no member"):
        hub.remove_member("Lab", "leaver")


def test_whoami_names_the_organizations_and_roles(lab, api):
    assert [(org["name"], org["roleInOrg"]) for org in lab.whoami()["orgs"]] == [("Lab", "read")]
    assert [(org["name"], org["roleInOrg"]) for org in api.whoami()["orgs"]] == [("Lab", "admin")]


def test_a_repository_moves_between_the_namespaces_of_its_writer(lab, api, tokens, hub):
    api.create_repo("me/to_move")

    api.move_repo("me/to_move", "lab/moved")

    assert api.model_info("me/to_move").id == "Lab/moved"
    with pytest.raises(HfHubHTTPError) as refused:
        HfApi(endpoint=hub.endpoint, token=tokens.underscore).move_repo("Lab/moved", "me/stolen")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("name", "admin", "why"),
    [("me", None, "exists"), ("LAB", None, "exists"), ("datasets", None, "route"), ("new", "nobody", "no user")],
)
def test_an_organization_needs_a_name_of_its_own(hub, lab, name, admin, why):
    with pytest.raises(UsageError, match=why):
        hub.create_organization(name, admin=admin)
    with pytest.raises(UsageError):
        hub.add_member("new", "me")


def test_a_role_is_read_write_or_admin(hub, lab):
    with pytest.raises(UsageError, match="role"):
        hub.add_member("Lab", "me", "owner")


def test_the_command_line_changes_members_while_no_hub_runs(tmp_path):
    root = str(tmp_path / "hub")
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        hub.create_user("you")
        busy = CliRunner().invoke(app, ["hub", "organization", "create", "lab", "--root", root])
    assert isinstance(busy.exception, HubServerError)

    def run(*arguments):
        done = CliRunner().invoke(app, ["hub", "organization", *arguments, "--root", root, "--json"])
        return json.loads(done.stdout)["members"]

    assert run("create", "lab", "--admin", "me") == {"me": "admin"}
    assert run("member", "lab", "you", "--role", "read") == {"me": "admin", "you": "read"}
    assert run("member", "lab", "you", "--remove") == {"me": "admin"}


def test_a_store_of_the_first_release_is_brought_up_to_date(tmp_path):
    from emojit.localhub.schema import STEPS

    database = sqlite3.connect(tmp_path / "hub.sqlite3")
    database.executescript(STEPS[0] + "PRAGMA user_version = 1; INSERT INTO user VALUES ('me', '2026-01-01');")
    database.close()

    with LocalHub(tmp_path) as hub:
        assert hub.has_user("me")
        hub.create_organization("lab", admin="me")


def test_a_store_of_a_newer_release_is_refused(tmp_path):
    with LocalHub(tmp_path / "hub"):
        pass
    with sqlite3.connect(tmp_path / "hub" / "hub.sqlite3") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()

    with pytest.raises(HubServerError, match="newer emojit"):
        LocalHub(tmp_path / "hub")
