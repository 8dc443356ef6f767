"""Where a run lies and where it goes on."""

from __future__ import annotations

import re

import pytest
import torch

from emojit.errors import UsageError
from emojit.student.run_folder import begin, choose_folder, last_checkpoint

FILES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "place_0.pt")


def checkpoint(folder, step, *, without=(), state="{}", files=FILES):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"")
    for name in set(files) - set(without):
        torch.save({}, path / name)
    if "trainer_state.json" not in without:
        (path / "trainer_state.json").write_text(state, encoding="utf-8")
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

    half = checkpoint(tmp_path, 48) / "place_0.pt"
    half.write_bytes(half.read_bytes()[:-10])

    assert last_checkpoint(tmp_path) == best


def test_a_checkpoint_of_two_processes_is_complete_when_both_have_written(tmp_path):
    both = ("optimizer.pt", "scheduler.pt", "rng_state_0.pth", "rng_state_1.pth", "place_0.pt", "place_1.pt")
    best = checkpoint(tmp_path, 8, files=both)
    checkpoint(tmp_path, 16, files=both, without=("rng_state_1.pth",))

    assert last_checkpoint(tmp_path, processes=2) == best
    assert last_checkpoint(tmp_path) is None


def test_there_may_be_no_checkpoint(tmp_path):
    assert last_checkpoint(tmp_path / "checkpoints") is None


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be written"):
        begin(tmp_path / "file" / "run", {}, resume=False)
