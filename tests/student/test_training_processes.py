"""Several processes train one student, as `torchrun` and `accelerate launch` start them; here on the CPU, by gloo."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from emojit.errors import UsageError
from emojit.recipe import DataConfig, DecodingConfig, TrainConfig, TrainRecipe, dump
from emojit.student import read_run, train

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ACCELERATE = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
MODULE = ["-m", "emojit"]


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def still(tiny):
    """Without dropout, which every process draws for itself; 48 rows, so that no epoch has a batch that is filled up."""
    return TrainRecipe(
        name="tiny",
        data=DataConfig(also_columns=("original_text",)),
        model=dataclasses.replace(tiny, dropout=0.0),
        train=TrainConfig(batch_size=4, epochs=3, early_stopping=1, best_by="loss", save_steps=2, learning_rate=1e-3),
        decoding=DecodingConfig(min_emojis=1, batch_size=4),
    )


def launch(launcher: list[str], folder: Path, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*launcher, "train", "tiny.toml", "--dataset", str(build), "--out", "run", *more],
        cwd=folder, env=ENV, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.fixture(scope="module")
def together(still, build, tmp_path_factory):
    """A run of two processes, and what it said."""
    folder = tmp_path_factory.mktemp("together")
    (folder / "tiny.toml").write_text(dump(still), encoding="utf-8")
    return folder, launch([*TORCHRUN, *MODULE], folder, build, "--json")


@pytest.mark.slow
def test_two_processes_are_one_with_twice_the_accumulation(still, build, together, tmp_path):
    folder, done = together
    doubled = dataclasses.replace(still, train=dataclasses.replace(still.train, gradient_accumulation=2))
    alone = train(doubled, dataset=build, out=tmp_path / "alone", quiet=True)

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)  # one object: the other process is silent
    assert record["training"]["processes"] == 2
    assert record["training"]["steps"] == alone.record.training.steps
    assert read_run(folder / "run").training.processes == 2
    for one, two in zip(log_of(alone.folder), log_of(folder / "run"), strict=True):
        assert float(two["loss"]) == pytest.approx(float(one["loss"]), rel=1e-4)
        assert float(two["eval_loss"]) == pytest.approx(float(one["eval_loss"]), rel=1e-4)
        assert two["eval_jaccard"] == one["eval_jaccard"]
    assert {path.name for path in (folder / "run").iterdir()} == {path.name for path in alone.folder.iterdir()}


@pytest.mark.slow
def test_two_processes_update_the_same_rows_as_one(still, build, warm, tmp_path):
    lazy = dataclasses.replace(still, train=dataclasses.replace(still.train, optimiser="lazy_adamw"))
    doubled = dataclasses.replace(lazy, train=dataclasses.replace(lazy.train, gradient_accumulation=2))
    (tmp_path / "tiny.toml").write_text(dump(lazy), encoding="utf-8")
    done = launch([*TORCHRUN, "--no-python", *warm.call], tmp_path, build)
    assert done.returncode == 0, done.stderr

    alone = train(doubled, dataset=build, out=tmp_path / "alone", quiet=True)

    for one, two in zip(log_of(alone.folder), log_of(tmp_path / "run"), strict=True):
        for name in ("loss", "eval_loss", "grad_norm"):
            assert float(two[name]) == pytest.approx(float(one[name]), rel=1e-3)


@pytest.mark.slow
def test_two_processes_that_were_killed_go_on_to_the_same_weights(still, build, together, warm, tmp_path, until_saved):
    folder, _ = together
    forks = [*TORCHRUN, "--no-python", *warm.call]  # torchrun starts them, and they have what a worker imports
    shutil.copyfile(folder / "tiny.toml", tmp_path / "tiny.toml")
    process = subprocess.Popen(
        [*forks, "train", "tiny.toml", "--dataset", str(build), "--out", "run"],
        cwd=tmp_path, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    # Two updates into the second epoch.
    until_saved(tmp_path / "run" / "checkpoints", 8, lambda: process.poll() is None, processes=2)
    workers = psutil.Process(process.pid).children(recursive=True)  # in sessions of their own
    workers += psutil.Process(warm.pid).children(recursive=True)
    assert len(workers) >= 4
    for victim in (process, *workers):
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ended with another
            victim.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive

    with pytest.raises(UsageError, match=r"begun with another processes \(2, now None\)"):
        train(still, dataset=build, out=tmp_path / "run", resume=True, quiet=True)
    done = launch(forks, tmp_path, build, "--resume")

    assert done.returncode == 0, done.stderr
    assert read_run(tmp_path / "run").training.resumed_from >= 8
    one, two = (load_file(path / "run" / "model" / "model.safetensors") for path in (folder, tmp_path))
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.slow
def test_a_mistake_is_said_once(still, build, tmp_path):
    (tmp_path / "tiny.toml").write_text(dump(still), encoding="utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")

    refused = launch([*ACCELERATE, *MODULE], tmp_path, build)

    assert refused.returncode != 0
    assert refused.stderr.count("error: run holds other files") == 1
