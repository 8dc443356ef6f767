"""`emojit push` on the command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emojit.localhub import LocalHub

_NO_BARS = ("HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE")


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        hub.create_user("me")
        yield hub


@pytest.fixture
def emojit(hub: LocalHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process against the embedded Hub."""
    from emojit.cli.app import main

    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_TOKEN", hub.create_token("me"))

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["emojit", *arguments])
        try:
            main()
        except SystemExit as exc:
            code = int(exc.code or 0)
        else:
            code = 0
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text("---\ntitle: x\nsdk: gradio\n---\n", encoding="utf-8")
    (tmp_path / "app.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


def test_a_push_prints_where_the_version_is(emojit, hub, space):
    done = emojit("push", "space", str(space), "me/printed", "--tag", "v1")

    assert done.code == 0
    assert done.out.splitlines()[0].startswith("published me/printed v1 (4 of 4 files sent, ")
    assert done.out.splitlines()[-1] == f"{hub.endpoint}/spaces/me/printed/tree/v1"


def test_json_is_exactly_one_object_on_stdout(emojit, space):
    done = emojit("push", "space", str(space), "me/object", "--tag", "v1", "--json")

    result = json.loads(done.out)
    assert done.code == 0
    assert (result["repo_id"], result["tag"], result["already_there"]) == ("me/object", "v1", False)
    assert [file["path"] for file in result["files"]] == ["README.md", "app.py", "manifest.json", "provenance.json"]
    assert len(result["commit"]) == 40


def test_a_dry_run_lists_files_sizes_message_and_tag(emojit, space):
    done = emojit("push", "space", str(space), "me/planned", "--tag", "v1", "--dry-run")

    assert done.code == 0
    assert "  new            6 B  app.py" in done.out
    assert "to a new repository me/planned" in done.out
    assert "commit message: Release v1" in done.out
    assert done.out.endswith("dry run: nothing was sent\n")


def test_a_dry_run_says_what_happens_to_every_file_and_where_it_goes(emojit, space, hub):
    from huggingface_hub import HfApi

    (space / "old.txt").write_text("old\n", encoding="utf-8")
    emojit("push", "space", str(space), "me/all-kinds", "--tag", "v1", "--private")
    HfApi(endpoint=hub.endpoint).upload_file(
        path_or_fileobj=b"x", path_in_repo="theirs.txt", repo_id="me/all-kinds", repo_type="space"
    )
    (space / "old.txt").unlink()
    (space / "app.py").write_text("x = 22\n", encoding="utf-8")
    (space / "more.py").write_text("y = 1\n", encoding="utf-8")

    done = emojit("push", "space", str(space), "me/all-kinds", "--tag", "v2", "--dry-run", "--branch", "next")

    varying = re.compile(r" +[\d.]+ k?B(?=  (?:manifest|provenance)\.json|, to)")  # versions and commits are in them
    assert [varying.sub(" …", line) for line in done.out.splitlines()] == [
        "  there         29 B  README.md",
        "  changed        7 B  app.py",
        "  changed …  manifest.json",
        "  new            6 B  more.py",
        "  delete         4 B  old.txt",
        "  there …  provenance.json",
        "  stays          1 B  theirs.txt",
        "3 of 7 files to send, …, to the private repository me/all-kinds",
        "commit message: Release v2",
        "branch: next",
        "tag: v2",
        "dry run: nothing was sent",
    ]


def test_a_real_push_prints_the_same_plan_before_it_on_stderr_and_the_result_alone_on_stdout(emojit, space):
    dry = emojit("push", "space", str(space), "me/twofold", "--tag", "v1", "--dry-run")

    done = emojit("push", "space", str(space), "me/twofold", "--tag", "v1")

    assert done.err == dry.out.replace("dry run: nothing was sent\n", "")
    assert len(done.out.splitlines()) == 2


def test_where_only_the_tag_is_missing_the_plan_says_so(emojit, space, hub):
    from huggingface_hub import HfApi

    emojit("push", "space", str(space), "me/untagged", "--tag", "v1")
    HfApi(endpoint=hub.endpoint).delete_tag("me/untagged", tag="v1", repo_type="space")

    done = emojit("push", "space", str(space), "me/untagged", "--tag", "v1", "--dry-run")

    assert "commit: none, everything is there; only the tag is missing" in done.out


def test_a_pull_request_is_named_and_so_is_the_way_to_its_tag(emojit, space, hub):
    emojit("push", "space", str(space), "me/proposal", "--tag", "v1")
    (space / "app.py").write_text("x = 3\n", encoding="utf-8")

    done = emojit("push", "space", str(space), "me/proposal", "--tag", "v2", "--create-pr")

    assert done.code == 0
    assert "proposed me/proposal v2 (2 of 4 files sent, " in done.out
    assert "; no tag before it is merged" in done.out
    assert done.out.splitlines()[-1] == f"{hub.endpoint}/spaces/me/proposal/discussions/1"
    assert "tag: none yet; the same command without --create-pr puts it once the pull request is merged" in done.err


def test_the_same_push_twice_says_so_and_succeeds(emojit, space):
    emojit("push", "space", str(space), "me/twice", "--tag", "v1")

    done = emojit("push", "space", str(space), "me/twice", "--tag", "v1")

    assert done.code == 0
    assert "is published already with the same bytes" in done.out


def test_other_bytes_under_a_tag_exit_1_with_the_next_tag(emojit, space):
    emojit("push", "space", str(space), "me/other", "--tag", "v1")
    (space / "app.py").write_text("x = 2\n", encoding="utf-8")

    done = emojit("push", "space", str(space), "me/other", "--tag", "v1")

    assert done.code == 1
    assert done.out == ""
    assert done.err.splitlines()[0].startswith("error: me/other: v1 is published already with other bytes")
    assert done.err.splitlines()[1] == "hint: publish this as --tag v2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-namespace", "--tag", "v1"), "repository id 'no-namespace' must be namespace/name"),
        (("me/x", "--tag", "1.0"), "tag '1.0' is no version"),
        (("me/x",), "Missing option '--tag'"),
    ],
)
def test_wrong_usage_exits_2_with_one_line(emojit, space, arguments, message):
    done = emojit("push", "space", str(space), *arguments)

    assert done.code == 2
    assert done.out == ""
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_missing_folder_exits_2_and_a_half_build_1(emojit, tmp_path):
    missing = emojit("push", "dataset", str(tmp_path / "nothing"), "me/x", "--tag", "v1")
    half = emojit("push", "dataset", str(tmp_path), "me/x", "--tag", "v1")

    assert (missing.code, half.code) == (2, 1)
    assert "no such folder" in missing.err
    assert "no finished build" in half.err


def test_no_token_exits_1_with_the_login_command(emojit, space, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")

    done = emojit("push", "space", str(space), "me/x", "--tag", "v1")

    assert done.code == 1
    assert "error: no Hub token" in done.err
    assert "hf auth login" in done.err


@pytest.mark.parametrize("kind", ["dataset", "model", "metric", "space"])
def test_every_kind_has_help_with_an_example(emojit, kind):
    done = emojit("push", kind, "--help")

    assert done.code == 0
    assert f"Example: emojit push {kind} " in done.out


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_bars_are_for_terminals_alone(hub, space, terminal):
    (space / "large.bin").write_bytes(b"\0" * 3_000_000)
    environment = {name: value for name, value in os.environ.items() if name not in _NO_BARS}
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "emojit", "push", "space", str(space), f"me/bars-{terminal}", "--tag", "v1"],
            env={**environment, "HF_ENDPOINT": hub.endpoint, "HF_TOKEN": hub.create_token("me")},
            stdout=subprocess.PIPE, stderr=theirs if terminal else subprocess.PIPE,
        )  # fmt: skip
        os.close(theirs)
        seen = _drained(ours) if terminal else b""
        out, err = process.communicate(timeout=60)
    finally:
        os.close(ours)

    assert process.returncode == 0
    assert out.decode().splitlines()[0].startswith("published me/bars")
    assert (b"%|" in (seen if terminal else err)) is terminal


def _drained(terminal: int) -> bytes:
    """Read a terminal until the last process that writes to it has ended."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that nobody is left
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)
