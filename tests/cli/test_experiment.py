"""`emojit experiment run`: the command around `emojit.experiment.plan`."""

from __future__ import annotations

import json
import sys

import pytest

from emojit.cli import app


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["emojit", "experiment", "run", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return ended.value.code


def test_a_dry_run_without_a_data_set_prints_the_tree_and_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert call(monkeypatch, "v3-small", "--dry-run", "--jobs", "1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert call(monkeypatch, "v3-small", "--dry-run", "--jobs", "1") == 0
    text = capsys.readouterr().out

    assert [variant["name"] for variant in shown["variants"]] == [
        "base",
        "lr1e-4",
        "top100",
        "lr1e-4_top100",
        "focal_top100",
    ]
    assert shown["variants"][3]["when"] == {"any_improved": ["lr1e-4", "top100"]}
    assert len(shown["runs"]) == 10
    assert "if none of lr1e-4, top100, lr1e-4_top100 reached the target" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("v3-small",), "error: the plan v3-small names no data set", "hint: give --dataset DIR|REPO"),
        (("v7",), "error: v7: no such plan", "hint: give a TOML file, or one of the packaged plans: v3, v3-small, v4"),
        (("v3-small", "--set", "train.epoch=1"), "base: unknown key train.epoch", "hint: valid keys: epochs"),
        (
            ("v3-small", "--seed", "1", "--seed", "1"),
            "error: seeds: 1 stands there twice",
            "hint: each seed is one run",
        ),
        (("v3-small", "--jobs", "0"), "error: Invalid value for '--jobs'", "hint: see `emojit experiment run --help`"),
    ],
)
def test_wrong_use_is_one_line_and_a_hint(monkeypatch, capsys, arguments, error, hint):
    assert call(monkeypatch, *arguments) == 2

    said = capsys.readouterr().err.splitlines()
    assert error in said[0]
    assert said[1].startswith(hint)
    assert len(said) == 2


@pytest.mark.parametrize("command", [("experiment",), ("experiment", "run"), ("experiment", "table"), ("sweep",)])
def test_the_help_has_an_example(monkeypatch, capsys, command):
    monkeypatch.setattr(sys, "argv", ["emojit", *command, "--help"])
    with pytest.raises(SystemExit):
        app.main()

    said = " ".join(capsys.readouterr().out.split())
    assert f"Example: emojit {command[0]}" in said
    assert command != ("sweep",) or "kept in sweep/.scores/ of its run folder, also with --out" in said
