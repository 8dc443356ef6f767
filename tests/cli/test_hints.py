"""Hints that lead on: the next command for what somebody mixed up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.cli.app import main
from emojit.localhub import LocalHub


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line, which refuses, and return what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_none")

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["emojit", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code
        return capsys.readouterr().err

    return run


def test_an_example_of_a_repository_is_one_that_is_allowed(refusal):
    assert "hint: for example you/me-nothing\n" in refusal("releases", "me nothing")


@pytest.mark.parametrize(("sign", "kind"), [("statistics.json", "dataset"), ("run.json", "model")])
def test_a_folder_of_another_kind_is_sent_to_its_own_command(refusal, tmp_path, sign, kind):
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    (tmp_path / "it" / sign).write_text("{}", encoding="utf-8")

    assert f"`emojit push {kind}`" in refusal("push", "metric", "./it", "me/it", "--tag", "v1")


def test_a_file_is_not_said_to_be_missing(refusal, tmp_path):
    (tmp_path / "rows.jsonl").touch()

    assert "rows.jsonl: is a file; a release is a folder" in refusal("verify", "./rows.jsonl")


def test_roles_are_named_as_the_command_line_writes_them_and_a_missing_user_can_be_made(refusal, tmp_path):
    with LocalHub(tmp_path / "hub"):
        pass

    assert "hint: use read, write, fine-grained\n" in refusal("hub", "token", "create", "--role", "silly")
    said = refusal("hub", "organization", "create", "lab", "--root", "hub", "--admin", "nobody")
    assert "`emojit hub token create --user nobody` makes one" in said
