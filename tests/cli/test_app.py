"""What holds for every command: help with an example, `--json`, one line for a user's mistake, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from emojit.cli import app as front

ROOT = Path(__file__).resolve().parents[2]


def commands(command: Any = None, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    command = command or typer.main.get_command(front.app)
    children = getattr(command, "commands", {})
    if not children:
        yield names, command
    for name, child in children.items():
        yield from commands(child, (*names, name))


ALL = dict(commands())


def emojit(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emojit", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_and_a_json_option(names):
    command = ALL[names]

    assert f"Example: emojit {' '.join(names)}" in (command.help or "")
    assert any("--json" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_command_is_in_the_documentation(names):
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

    assert f"## emojit {' '.join(names)}\n" in page


@pytest.fixture(scope="module")
def doctor(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `emojit doctor --json` prints."""
    return emojit("doctor", "--json", cwd=tmp_path_factory.mktemp("doctor")).stdout


def test_json_prints_exactly_one_object_on_stdout(doctor):
    assert isinstance(json.loads(doctor), dict)


def test_doctor_names_every_package_that_the_extras_declare(doctor):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    declared = {
        re.split(r"[<>=]", one)[0] for name in ("corpus", "train", "evaluate", "hub", "space") for one in extras[name]
    }

    found = json.loads(doctor)["packages"]

    assert set(found) == declared


def test_version_is_printed(tmp_path):
    import emojit as package

    done = emojit("--version", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, f"emojit {package.__version__}\n")


MISTAKES = {
    "unknown key": (["build-dataset", "--set", "teacher.temprature=1"], 2, "unknown key teacher.temprature"),
    "wrong type": (["build-dataset", "--set", 'teacher.temperature="hot"'], 2, "teacher.temperature must be a number"),
    "out of range": (["build-dataset", "--set", "corpus.share=2"], 2, "corpus.share must be in (0, 1]"),
    "no such recipe": (["build-dataset", "nowhere.toml"], 2, "nowhere.toml: no such recipe"),
    "no such corpus": (["build-dataset", "--corpus", "nowhere.jsonl"], 1, "nowhere.jsonl"),
    "no namespace": (["push", "dataset", ".", "alone", "--tag", "v1"], 2, "alone"),
    "train without data": (["train", "demo", "--dataset", "nowhere"], 1, "nowhere"),
    "no such model": (["predict", "--model", "nowhere", "雨"], 1, "nowhere"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_users_mistake_is_one_clear_line_and_no_traceback(mistake, warm, tmp_path):
    arguments, code, words = MISTAKES[mistake]

    process = warm.start(*arguments, cwd=tmp_path)
    out, err = process.communicate()

    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert process.returncode == code, err
    assert len(errors) == 1
    assert words in errors[0]
    assert "Traceback" not in err
    assert out == ""
