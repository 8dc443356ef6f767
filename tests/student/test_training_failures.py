"""A run that cannot go on: stopped by hand, out of memory, out of disk, out of numbers. The real command line, and the real kind of failure."""

from __future__ import annotations

import dataclasses
import random
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emojit.errors import StudentError
from emojit.recipe import dump
from emojit.student import train
from emojit.student.kept import KEPT, kept_files
from emojit.student.run_folder import last_checkpoint


def with_train(recipe, **changes):
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, **changes))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture
def start(warm, build, tmp_path):
    """Starts `emojit train` in a process of its own; `before` is what the process shall do first."""

    def begin(recipe, before: str | None = None):
        (tmp_path / "tiny.toml").write_text(dump(recipe), encoding="utf-8")
        return warm.start("train", "tiny.toml", "--dataset", str(build), "--out", "run", cwd=tmp_path, before=before)

    return begin


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"save_steps": 1, "gradient_accumulation": 2, "batch_size": 4, "keep_checkpoints": 0.5},
        {
            "save_steps": 0.3,
            "keep_checkpoints": 0.4,
            "optimiser": "schedule_free",
            "schedule": "constant",
            "average": "best",
        },
    ],
    ids=["adamw", "schedule-free and average"],
)
def test_killed_at_any_step_it_goes_on_to_the_same_weights(build, recipe, tmp_path, changes, start, until_saved):
    longer = with_train(recipe, epochs=4, **changes)  # six updates an epoch
    straight = train(longer, dataset=build, out=tmp_path / "straight", quiet=True)
    step = random.choice([4, 8, 9, 14, 16, 20] if changes["save_steps"] != 1 else range(1, 24))

    process = start(longer)
    until_saved(tmp_path / "run" / "checkpoints", step, lambda: process.poll() is None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "run" / "run.json").exists()
    resumed = train(longer, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    assert resumed.record.training.resumed_from >= step, f"killed at step {step}"
    assert same(weights(straight.folder), weights(resumed.folder)), f"killed at step {step}"
    logs = [(run.folder / "train_log.csv").read_text(encoding="utf-8") for run in (straight, resumed)]
    assert logs[0] == logs[1]
    assert resumed.record.training.averaged == straight.record.training.averaged
    kept = [kept_files(run.folder / KEPT) for run in (straight, resumed)]
    assert list(kept[0]) == list(kept[1])
    assert all(same(load_file(kept[0][step]), load_file(kept[1][step])) for step in kept[0])


def test_a_run_that_had_stopped_early_does_not_train_on_when_it_is_resumed(build, recipe, tmp_path):
    from emojit.student import fit

    stuck = with_train(recipe, learning_rate=1e-9, early_stopping=1, epochs=5)
    straight = train(stuck, dataset=build, out=tmp_path / "straight", quiet=True)
    finish = fit._finish
    try:
        fit._finish = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # killed after the last checkpoint
        with pytest.raises(KeyboardInterrupt):
            train(stuck, dataset=build, out=tmp_path / "run", quiet=True)
    finally:
        fit._finish = finish

    resumed = train(stuck, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    assert resumed.record.training.steps == straight.record.training.steps == 12
    assert resumed.record.training.stopped_early
    assert same(weights(straight.folder), weights(resumed.folder))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_by_hand_it_says_how_to_go_on(recipe, tmp_path, number, start, until_saved):
    process = start(with_train(recipe, epochs=200))
    until_saved(tmp_path / "run" / "checkpoints", 6, lambda: process.poll() is None)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert stderr.splitlines()[-1] == "stopped; the same command goes on where it was (emojit train: with --resume)"
    assert "Traceback" not in stderr
    assert last_checkpoint(tmp_path / "run" / "checkpoints") is not None


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_last_good_checkpoint(build, recipe, tmp_path):
    wild = with_train(recipe, learning_rate=1e30, warmup_ratio=0.9, save_steps=1, epochs=1)

    with pytest.raises(
        StudentError, match=r"(the loss is (nan|inf) at|weights are no numbers after) step \d+"
    ) as caught:
        train(wild, dataset=build, out=tmp_path / "run", quiet=True)

    assert "train.learning_rate" in (caught.value.hint or "")
    assert not (tmp_path / "run" / "run.json").exists()
    kept = last_checkpoint(tmp_path / "run" / "checkpoints")
    assert kept is not None
    assert str(kept) in str(caught.value)
    from safetensors.torch import load_file

    assert all(torch.isfinite(tensor).all() for tensor in load_file(kept / "model.safetensors").values())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "the GPU's memory is too small"),
        (MemoryError(), "the memory of this machine is too small"),
    ],
)
def test_no_memory_is_said_with_what_to_change(recipe, tmp_path, error, words):
    from emojit.student.failures import training_failures

    with (
        pytest.raises(StudentError, match=f"{words} for train.batch_size 8") as caught,
        training_failures(tmp_path, recipe.train),
    ):
        raise error

    assert "train.gradient_accumulation" in (caught.value.hint or "")


@pytest.mark.slow
def test_a_batch_that_no_memory_holds_is_said_with_what_to_change(recipe, start):
    # As much address space as the process has when the first batch comes, and a little more.
    limited = """
import re, resource
from emojit.student.trainer import EmojiTrainer
step = EmojiTrainer.training_step
def squeezed(self, model, inputs, num_items_in_batch=None):
    used = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, resource.RLIM_INFINITY))
    inputs = {name: tensor.repeat(5000, 1) for name, tensor in inputs.items()}
    return step(self, model, inputs, num_items_in_batch)
EmojiTrainer.training_step = squeezed
"""
    process = start(with_train(recipe, epochs=1), before=limited)
    _, stderr = process.communicate()

    assert process.returncode == 1
    assert "Traceback" not in stderr
    assert stderr.splitlines()[0] == "error: the memory of this machine is too small for train.batch_size 8"
    assert "train.gradient_accumulation" in stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "width"), [(400_000, 16), (1_600_000, 64)], ids=["the tokenizer does not fit", "the moments do not fit"]
)
def test_a_disk_that_is_full_behind_the_weights_is_the_same_error(recipe, tmp_path, limit, width, start):
    wide = dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, d_model=width))
    # The largest file a process may write stands in for a full disk. Each library has an exception of its own for it.
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"

    process = start(with_train(wide, epochs=1), before=limited)
    _, stderr = process.communicate()

    assert process.returncode == 1
    assert stderr.startswith("error: run: cannot be written (")
    assert "Traceback" not in stderr
    written = {path.name for path in (tmp_path / "run" / "checkpoints" / "checkpoint-6").iterdir()}
    assert "model.safetensors" in written
    assert last_checkpoint(tmp_path / "run" / "checkpoints") is None


def test_a_checkpoint_of_another_vocabulary_is_named(build, recipe, tmp_path):
    from emojit.student import fit

    finish = fit._finish
    fit._finish = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    try:
        for name, size in (("run", 2000), ("other", 2100)):
            sized = dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, vocab_size=size))
            with pytest.raises(KeyboardInterrupt):
                train(with_train(sized, epochs=1), dataset=build, out=tmp_path / name, quiet=True)
    finally:
        fit._finish = finish
    place = Path("checkpoints") / "checkpoint-6" / "model.safetensors"
    (tmp_path / "other" / place).replace(tmp_path / "run" / place)

    with pytest.raises(StudentError, match="a checkpoint is of a model with another vocabulary or size"):
        train(with_train(recipe, epochs=1), dataset=build, out=tmp_path / "run", resume=True, quiet=True)
