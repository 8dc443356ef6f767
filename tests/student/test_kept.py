"""Weights that a run keeps at fractions of an epoch: at the right steps, whole, the same after an interruption, and training does not notice."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emojit.errors import ConfigError, StudentError
from emojit.recipe import TrainConfig
from emojit.student import load_student, train
from emojit.student.kept import KEPT, KeptWeights, due_steps, kept_epoch, kept_files, load_kept


def with_train(recipe, **changes):
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, **changes))


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def model_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def kept_of(folder: Path) -> dict[int, dict[str, torch.Tensor]]:
    return {step: load_file(path) for step, path in kept_files(folder / KEPT).items()}


@pytest.mark.parametrize(
    ("every", "per_epoch", "last", "steps"),
    [
        (0.5, 131, 655, [65, 131, 196, 262, 327, 393, 458, 524, 589, 655]),
        (0.1, 10, 10, list(range(1, 11))),
        (0.3, 6, 12, [1, 3, 5, 7, 9, 10]),
        (2.0, 6, 30, [12, 24]),
        (0.01, 6, 6, list(range(1, 7))),
    ],
)
def test_weights_are_due_at_fractions_of_an_epoch(every, per_epoch, last, steps):
    assert sorted(due_steps(every, per_epoch, last)) == steps


def test_a_negative_share_of_an_epoch_is_a_mistake_of_the_recipe():
    with pytest.raises(ConfigError, match=r"train\.keep_checkpoints must be >= 0 \(epochs\), got -0\.5"):
        TrainConfig(keep_checkpoints=-0.5)


@pytest.mark.parametrize(
    "changes", [{}, {"optimiser": "schedule_free", "schedule": "constant"}], ids=["adamw", "schedule-free"]
)
def test_training_is_the_same_and_an_epochs_weights_are_those_that_it_was_measured_with(
    build, recipe, tmp_path, changes
):
    plain = train(with_train(recipe, **changes), dataset=build, out=tmp_path / "plain", quiet=True)
    keeping = train(
        with_train(recipe, keep_checkpoints=0.5, **changes), dataset=build, out=tmp_path / "kept", quiet=True
    )

    files = kept_files(keeping.folder / KEPT)
    assert list(files) == [3, 6, 9, 12, 15, 18]  # 24 rows in two columns, batches of 8
    assert [kept_epoch(path) for path in files.values()] == [0.5, 1, 1.5, 2, 2.5, 3]
    assert same(model_of(plain.folder), model_of(keeping.folder))
    student = load_student(keeping.folder)
    load_kept(student.model, files[keeping.record.training.best_step])
    chosen = load_student(plain.folder).model.state_dict()
    assert same(student.model.state_dict(), chosen)
    assert not (plain.folder / KEPT).exists()
    assert not (keeping.folder / "checkpoints").exists()


def test_after_an_interruption_the_same_weights_are_kept(build, recipe, tmp_path, monkeypatch):
    keeps = with_train(recipe, keep_checkpoints=0.3, early_stopping=0)
    straight = train(keeps, dataset=build, out=tmp_path / "straight", quiet=True)
    save = KeptWeights.save

    def killed(self: KeptWeights, model: object, step: int) -> None:
        if step == 10:
            shutil.copyfile(self.path(9), self.path(16))  # as if it had been further once
            raise KeyboardInterrupt
        save(self, model, step)

    with monkeypatch.context() as patched:
        patched.setattr(KeptWeights, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(keeps, dataset=build, out=tmp_path / "killed", quiet=True)
    resumed = train(keeps, dataset=build, out=tmp_path / "killed", resume=True, quiet=True)

    one, two = kept_of(straight.folder), kept_of(resumed.folder)
    assert resumed.record.training.resumed_from == 6
    assert list(one) == list(two) == [1, 3, 5, 7, 9, 10, 12, 14, 16, 18]
    assert all(same(one[step], two[step]) for step in one)


def test_the_last_weights_are_kept_though_no_share_of_an_epoch_ends_there(build, recipe, tmp_path):
    never = with_train(recipe, epochs=4, keep_checkpoints=0.75, early_stopping=1, learning_rate=1e-9)

    stopped = train(never, dataset=build, out=tmp_path / "run", quiet=True)

    assert stopped.record.training.stopped_early
    assert list(kept_files(stopped.folder / KEPT)) == [4, 9, 12]


def test_a_damaged_or_foreign_file_is_named(new, tmp_path):
    kept = KeptWeights(folder=tmp_path, due=frozenset({1}), per_epoch=2)
    kept.save(new.model, 1)
    whole = kept.path(1).read_bytes()
    (tmp_path / "checkpoint-2.safetensors").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "checkpoint-3.partial").write_bytes(b"half")
    other = torch.nn.Linear(2, 2)

    assert list(kept_files(tmp_path)) == [1, 2]
    with pytest.raises(StudentError, match=r"checkpoint-2\.safetensors: no kept checkpoint"):
        kept_epoch(kept.path(2))
    with pytest.raises(StudentError, match=r"checkpoint-2\.safetensors: cannot be loaded"):
        load_kept(new.model, kept.path(2))
    with pytest.raises(StudentError, match=r"checkpoint-1\.safetensors: cannot be loaded \(Error"):
        load_kept(other, kept.path(1))
