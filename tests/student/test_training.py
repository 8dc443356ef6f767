"""A training run: what it learns, what it writes, and that it goes on where it was killed."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from emojit.dataset.parquet import read_rows
from emojit.emoji import INVENTORY
from emojit.errors import DatasetError, StudentError, UsageError
from emojit.recipe import dump
from emojit.student import load_student, read_run, train

ROOT = Path(__file__).resolve().parents[2]


def with_train(recipe, **changes):
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, **changes))


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model" / "model.safetensors")


@pytest.fixture(scope="module")
def finished(build, tmp_path_factory):
    """One run of three epochs, shared by the tests that only look at it."""
    from emojit.recipe import DataConfig, DecodingConfig, ModelConfig, TrainConfig, TrainRecipe

    recipe = TrainRecipe(
        name="tiny",
        data=DataConfig(also_columns=("original_text",)),
        model=ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2),
        train=TrainConfig(epochs=3, batch_size=8, learning_rate=1e-3, early_stopping=0),
        decoding=DecodingConfig(min_emojis=1, batch_size=4),
    )
    return train(recipe, dataset=build, out=tmp_path_factory.mktemp("runs") / "tiny", quiet=True)


def test_a_finished_run_folder_is_complete(finished):
    names = {str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*") if path.is_file()}

    assert names == {
        "config.yaml", "eval_metrics.json", "plots/training.png", "predictions.parquet", "predictions_sample.jsonl",
        "run.json", "summary.md", "train_log.csv", "model/config.json", "model/emojit_decoding.json", "model/generation_config.json",
        "model/model.safetensors", "model/tokenizer.json", "model/tokenizer_config.json",
    }  # fmt: skip


def test_the_record_says_what_happened_and_reads_back(finished):
    record = read_run(finished.folder)

    assert record == finished.record
    assert record.data.rows == {"train": 24, "validation": 8, "test": 6}
    assert record.data.extra_rows == {"original_text": 24}
    assert record.data.cut == {"train": 0, "validation": 0, "test": 0}
    assert record.data.name == "tiny-build"
    assert record.data.licence == "cc0-1.0"
    assert record.model.new_emoji == 1906
    assert record.training.steps == 18
    assert record.training.epochs == 3
    assert record.versions["transformers"]
    assert record.hardware.cores >= 1
    assert set(record.seconds) == {"prepare", "train", "predict", "total"}


def test_nothing_that_is_published_names_a_path_of_this_machine(finished, build):
    for name in ("config.yaml", "run.json", "summary.md", "eval_metrics.json"):
        text = (finished.folder / name).read_text(encoding="utf-8")

        assert str(build.parent) not in text
        assert str(finished.folder.parent) not in text


def test_the_resolved_recipe_stands_beside_the_model(finished):
    config = yaml.safe_load((finished.folder / "config.yaml").read_text(encoding="utf-8"))

    assert config["data"]["input_column"] == "sns_text"
    assert config["train"]["learning_rate"] == 0.001
    assert set(config["resolved_data"]["fingerprints"]) == {"train", "validation", "test"}


def test_every_row_of_validation_and_test_is_predicted_and_the_score_is_theirs(finished, rows):
    predictions = read_rows(finished.folder / "predictions.parquet")

    assert [row["id"] for row in predictions] == [row["id"] for split in ("validation", "test") for row in rows[split]]
    assert all(1 <= len(row["student"]) <= 5 and set(row["student"]) <= set(INVENTORY) for row in predictions)
    shares = [
        len({*row["student"]} & {*row["emojis"]}) / len({*row["student"]} | {*row["emojis"]})
        for row in predictions
        if row["split"] == "validation"
    ]
    scores = json.loads((finished.folder / "eval_metrics.json").read_text(encoding="utf-8"))
    assert scores["jaccard"] == pytest.approx(sum(shares) / len(shares))
    assert scores["split"] == "validation"


def test_the_saved_weights_are_the_best_ones(finished):
    log = log_of(finished.folder)

    best = max(log, key=lambda row: float(row["eval_jaccard"]))

    assert [row["epoch"] for row in log] == ["1.0", "2.0", "3.0"]
    assert finished.record.training.best_step == int(best["step"])
    assert finished.record.validation["jaccard"] == pytest.approx(float(best["eval_jaccard"]))


def test_the_saved_model_gives_the_predictions_of_the_run(finished, rows):
    student = load_student(finished.folder)

    predictions = student.predict([row["sns_text"] for row in rows["test"]])

    assert predictions == [row["student"] for row in read_rows(finished.folder / "predictions.parquet")[-6:]]


def test_a_handful_of_rows_is_learned_by_heart(write, rows, recipe, tmp_path, tiny):
    few = rows["train"][:4]
    build = write(tmp_path / "few-build", {"train": few, "validation": few, "test": few})
    eager = dataclasses.replace(
        with_train(recipe, epochs=30, batch_size=1, learning_rate=1e-2, early_stopping=8),
        data=dataclasses.replace(recipe.data, also_columns=()),
        model=dataclasses.replace(tiny, d_model=32, d_ff=32, dropout=0.0),
    )

    result = train(eager, dataset=build, out=tmp_path / "few", quiet=True)

    assert result.record.validation["exact_match"] == 1.0
    student = load_student(result.folder)
    assert [set(answer) for answer in student.predict([row["sns_text"] for row in few])] == [
        set(row["emojis"]) for row in few
    ]


def test_two_steps_of_four_rows_are_one_step_of_eight(build, recipe, tmp_path, tiny):
    still = dataclasses.replace(recipe, model=dataclasses.replace(tiny, dropout=0.0))
    once = train(with_train(still, epochs=2, batch_size=8), dataset=build, out=tmp_path / "a", quiet=True)
    twice = train(
        with_train(still, epochs=2, batch_size=4, gradient_accumulation=2),
        dataset=build,
        out=tmp_path / "b",
        quiet=True,
    )

    assert once.record.training.steps == twice.record.training.steps
    for one, two in zip(log_of(once.folder), log_of(twice.folder), strict=True):
        assert float(one["loss"]) == pytest.approx(float(two["loss"]), rel=1e-4)
        assert float(one["eval_loss"]) == pytest.approx(float(two["eval_loss"]), rel=1e-4)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(finished, build, recipe, tmp_path):
    again = train(recipe, dataset=build, out=tmp_path / "again", quiet=True)
    other = train(with_train(recipe, seed=1, epochs=1), dataset=build, out=tmp_path / "other", quiet=True)

    first = weights(finished.folder)
    assert all(torch.equal(first[name], tensor) for name, tensor in weights(again.folder).items())
    assert not torch.equal(first["shared.weight"], weights(other.folder)["shared.weight"])


def test_training_stops_when_validation_gets_no_better(build, recipe, tmp_path):
    stuck = with_train(recipe, learning_rate=1e-9, early_stopping=1, epochs=5)

    result = train(stuck, dataset=build, out=tmp_path / "stuck", quiet=True)

    assert result.record.training.stopped_early
    assert result.record.training.steps == 12
    assert result.record.training.best_step == 6


def test_a_run_killed_in_the_middle_goes_on_to_the_same_weights(finished, build, recipe, tmp_path, until_saved):
    (tmp_path / "tiny.toml").write_text(dump(recipe), encoding="utf-8")
    run = tmp_path / "run"
    command = [sys.executable, "-m", "emojit", "train", "tiny.toml", "--dataset", str(build), "--out", "run"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until_saved(run / "checkpoints", 6, lambda: process.poll() is None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (run / "run.json").exists()

    with pytest.raises(UsageError, match="holds an unfinished run") as caught:
        train(recipe, dataset=build, out=run, quiet=True)
    assert "--resume" in (caught.value.hint or "")
    result = train(recipe, dataset=build, out=run, resume=True, quiet=True)

    # A checkpoint of an epoch, whichever was there when the signal came.
    assert (result.record.training.resumed_from or 1) % 6 == 0
    straight = weights(finished.folder)
    assert all(torch.equal(straight[name], tensor) for name, tensor in weights(run).items())
    assert [row["eval_jaccard"] for row in log_of(run)] == [row["eval_jaccard"] for row in log_of(finished.folder)]


def test_a_run_killed_before_its_first_checkpoint_begins_again(finished, build, recipe, tmp_path):
    from emojit.student.run_folder import begin

    with pytest.raises(UsageError, match="no run to resume"):
        train(recipe, dataset=build, out=tmp_path / "run", resume=True, quiet=True)
    config = yaml.safe_load((finished.folder / "config.yaml").read_text(encoding="utf-8"))
    begin(tmp_path / "run", config, resume=False)

    result = train(recipe, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    assert result.record.training.resumed_from is None
    assert result.record.training.steps == 18


def test_a_finished_run_is_not_written_over(finished, build, recipe):
    before = (finished.folder / "run.json").read_bytes()
    for resume in (False, True):
        with pytest.raises(UsageError, match="holds a finished run"):
            train(recipe, dataset=build, out=finished.folder, resume=resume, quiet=True)

    assert (finished.folder / "run.json").read_bytes() == before


def test_a_run_is_not_resumed_with_another_recipe(finished, build, recipe, tmp_path):
    from emojit.student.run_folder import begin

    config = yaml.safe_load((finished.folder / "config.yaml").read_text(encoding="utf-8"))
    begin(tmp_path / "run", config, resume=False)

    with pytest.raises(UsageError, match=r"begun with another train\.learning_rate \(0\.001, now 0\.5\)"):
        train(
            with_train(recipe, learning_rate=0.5),
            dataset=build,
            out=tmp_path / "run",
            resume=True,
            quiet=True,
        )


def test_a_folder_with_other_files_is_left_alone(build, recipe, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="holds other files"):
        train(recipe, dataset=build, out=tmp_path, quiet=True)


def test_without_a_data_set_the_error_says_how_to_name_one(recipe):
    with pytest.raises(UsageError, match="no data set is named") as caught:
        train(recipe, quiet=True)

    assert "--dataset" in (caught.value.hint or "")


def test_a_data_set_without_the_text_column_is_an_error(write, rows, recipe, tmp_path):
    folder = write(tmp_path / "data", {split: [{"id": row["id"], "emojis": row["emojis"]} for row in table] for split, table in rows.items()}, {"id": "string", "emojis": "strings"})  # fmt: skip

    with pytest.raises(DatasetError, match="no column sns_text"):
        train(recipe, dataset=folder, out=tmp_path / "run", quiet=True)

    assert not (tmp_path / "run").exists()


def test_an_empty_training_split_is_an_error(write, rows, recipe, tmp_path):
    folder = write(tmp_path / "data", {**rows, "train": []})

    with pytest.raises(DatasetError, match="train has no rows"):
        train(recipe, dataset=folder, out=tmp_path / "run", quiet=True)


def test_training_goes_on_from_a_published_student(finished, build, recipe, tmp_path):
    more = dataclasses.replace(
        with_train(recipe, epochs=1), model=dataclasses.replace(recipe.model, base=str(finished.folder))
    )

    result = train(more, dataset=build, out=tmp_path / "more", quiet=True)

    assert result.record.model.base == "tiny"
    assert result.record.model.new_emoji == 0
    assert result.record.model.vocabulary == finished.record.model.vocabulary


def test_a_disk_that_cannot_hold_the_checkpoints_is_named_before_training(build, recipe, tmp_path):
    with pytest.raises(StudentError, match=r"the run needs \d+\.\d GiB for its checkpoints, \d+\.\d GiB are free"):
        train(with_train(recipe, save_total_limit=10**9), dataset=build, out=tmp_path / "run", quiet=True)


def test_a_file_that_cannot_be_written_is_one_error_and_not_a_finished_run(build, recipe, warm, tmp_path):
    (tmp_path / "tiny.toml").write_text(dump(with_train(recipe, epochs=1)), encoding="utf-8")
    # The largest file a process may write stands in for a full disk.
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"

    process = warm.start("train", "tiny.toml", "--dataset", str(build), "--out", "run", cwd=tmp_path, before=limited)
    _, stderr = process.communicate()

    assert process.returncode == 1
    assert stderr.startswith("error: run: cannot be written (")
    assert "--resume" in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "run" / "run.json").exists()
