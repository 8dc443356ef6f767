"""Several processes train one student, as `torchrun` and `accelerate launch` start them; here on the CPU, by gloo."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emojit.recipe import dump
from emojit.student import read_run, train

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
ACCELERATE = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "-m"]


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def still(recipe, tiny):
    """Without dropout, which every process draws for itself; 48 rows, so that no epoch has a batch that is filled up."""
    config = dataclasses.replace(recipe.train, batch_size=4, epochs=3, early_stopping=1, best_by="loss", save_steps=2)
    return dataclasses.replace(recipe, train=config, model=dataclasses.replace(tiny, dropout=0.0))


def launch(launcher: list[str], folder: Path, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*launcher, "emojit", "train", "tiny.toml", "--dataset", str(build), "--out", "run", *more],
        cwd=folder, env=ENV, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.slow
def test_two_processes_are_one_with_twice_the_accumulation(still, build, tmp_path):
    (tmp_path / "tiny.toml").write_text(dump(still), encoding="utf-8")
    doubled = dataclasses.replace(still, train=dataclasses.replace(still.train, gradient_accumulation=2))
    alone = train(doubled, dataset=build, out=tmp_path / "alone", quiet=True)

    done = launch(TORCHRUN, tmp_path, build, "--json")

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)  # one object: the other process is silent
    assert record["training"]["processes"] == 2
    assert record["training"]["steps"] == alone.record.training.steps
    assert read_run(tmp_path / "run").training.processes == 2
    for one, two in zip(log_of(alone.folder), log_of(tmp_path / "run"), strict=True):
        assert float(two["loss"]) == pytest.approx(float(one["loss"]), rel=1e-4)
        assert float(two["eval_loss"]) == pytest.approx(float(one["eval_loss"]), rel=1e-4)
        assert two["eval_jaccard"] == one["eval_jaccard"]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {path.name for path in alone.folder.iterdir()}


@pytest.mark.slow
def test_a_mistake_is_said_once_and_a_killed_run_goes_on(still, build, tmp_path):
    (tmp_path / "tiny.toml").write_text(dump(still), encoding="utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")

    refused = launch(ACCELERATE, tmp_path, build)

    assert refused.returncode != 0
    assert refused.stderr.count("error: run holds other files") == 1
