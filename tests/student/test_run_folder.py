"""Where a run lies and where it goes on."""

from __future__ import annotations

import re

import pytest

from emojit.errors import UsageError
from emojit.student.run_folder import begin, choose_folder, last_checkpoint

FILES = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


def checkpoint(folder, step, *, without=(), state="{}"):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    for name in FILES:
        if name not in without:
            (path / name).write_text(state if name == "trainer_state.json" else "", encoding="utf-8")
    return path


def test_a_new_run_is_named_after_recipe_and_day(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    folder = choose_folder("demo", None, resume=False)

    assert re.fullmatch(r"outputs/experiments/demo_20\d{6}", folder.as_posix())


def test_resume_finds_the_newest_unfinished_run_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    base = tmp_path / "outputs" / "experiments"
    for name in ("demo_20260101", "demo_20260102", "demo_20260103", "other_20260104"):
        begin(base / name, {"name": name}, resume=False)
    (base / "demo_20260103" / "run.json").write_text("{}", encoding="utf-8")

    assert choose_folder("demo", None, resume=True).name == "demo_20260102"


def test_resume_without_a_run_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=r"nothing to resume: no run outputs/experiments/demo_\*"):
        choose_folder("demo", None, resume=True)


def test_the_newest_complete_checkpoint_counts(tmp_path):
    checkpoint(tmp_path, 8)
    best = checkpoint(tmp_path, 16)
    checkpoint(tmp_path, 24, without=("trainer_state.json",))
    checkpoint(tmp_path, 32, state='{"epoch": 4')
    checkpoint(tmp_path, 40, without=("optimizer.pt",))

    assert last_checkpoint(tmp_path) == best


def test_there_may_be_no_checkpoint(tmp_path):
    assert last_checkpoint(tmp_path / "checkpoints") is None


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be written"):
        begin(tmp_path / "file" / "run", {}, resume=False)
