"""A store has a folder of its own: nothing of anybody else is swept, and nothing is made where one only looks."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import HubServerError
from emojit.localhub import LocalHub


def everything(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "name", ["tmp/thesis.txt", "xet/cache.bin", "repos/project/notes.md", "lfs/a.bin", "notes.md"]
)
def test_a_folder_with_other_files_is_refused_and_stays_as_it_is(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    before = everything(tmp_path)

    with pytest.raises(HubServerError, match="holds other files") as error:
        LocalHub(tmp_path)

    assert "--root" in error.value.hint
    assert everything(tmp_path) == before


def test_hidden_files_and_what_a_killed_first_start_left_are_in_nobodys_way(tmp_path):
    for name in (".DS_Store", "lost+found", "repos", "tmp"):
        (tmp_path / name).mkdir()

    with LocalHub(tmp_path) as hub:
        assert hub.root == tmp_path


@pytest.mark.parametrize(
    "command",
    [["token", "list"], ["token", "revoke", "x"], ["organization", "member", "lab", "me"]],
)
def test_looking_into_a_folder_without_a_store_leaves_none_there(tmp_path, command):
    done = CliRunner().invoke(app, ["hub", *command, "--root", str(tmp_path)])

    assert isinstance(done.exception, HubServerError)
    assert "there is no store" in str(done.exception)
    assert everything(tmp_path) == set()


def test_ctrl_c_during_the_start_gives_up_the_store(tmp_path, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalHub, "_wait_until_started", interrupted)
        with pytest.raises(KeyboardInterrupt):
            LocalHub(tmp_path)

    with LocalHub(tmp_path) as hub:
        assert hub.root == tmp_path
