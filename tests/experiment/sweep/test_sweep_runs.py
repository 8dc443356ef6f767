"""A sweep over a real run: the scores are those of training, nothing is asked twice, and the chosen weights are a model like any other."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from emojit.experiment.sweep.markdown import markdown
from emojit.experiment.sweep.report import sweep
from emojit.student import train
from emojit.student.kept import KEPT
from emojit.student.record import read_run


def test_scores_and_epochs_are_those_of_the_training_log(run, trained):
    found = sweep([run], quiet=True)

    curve, record = found.sweep.curves[0], read_run(trained)
    with (trained / "train_log.csv").open(encoding="utf-8", newline="") as file:
        log = {int(row["step"]): row for row in csv.DictReader(file)}
    scores = {one.step: one.scores for one in curve.checkpoints}
    assert [(one.name, one.epoch) for one in curve.checkpoints] == [
        (f"checkpoint-{3 * half}", half / 2) for half in range(1, 9)
    ]
    for step, row in log.items():
        assert scores[step]["loss"] == pytest.approx(float(row["eval_loss"]), rel=1e-5)
    # `emojit train` fits the number of emoji to validation, and so does the sweep, for every checkpoint.
    assert scores[record.training.best_step]["jaccard"] == pytest.approx(record.validation["jaccard"])
    assert curve.holds == record.training.best_step
    assert (curve.rows, curve.articles, curve.length, curve.steps_per_epoch) == (8, 4, 128, 6)


def test_a_run_that_overfits_is_told_with_its_interval(run):
    found = sweep([run], by="loss", quiet=True).sweep

    assert found.best.members == (found.finding("tiny").peak_step,)
    assert found.finding("tiny").lost > 0.5  # nats
    assert found.finding("tiny").onset_step is not None
    jaccard = found.finding("tiny", "jaccard")
    if jaccard.lost:
        assert jaccard.lost_low <= jaccard.lost <= jaccard.lost_high
    text = markdown(found)
    assert "the test rows were not looked at" in text
    assert (
        "a paired bootstrap over 4 articles, each with all its rows. 4 are few: such intervals are too narrow." in text
    )
    assert f"tiny：checkpoint-{found.best.members[0]} を採用" in text
    assert "ナット失われました。" in text


def test_what_was_scored_is_not_scored_again_whatever_the_metrics(run):
    again = sweep([run], metrics=["f1", "diversity"], weights={"jaccard": 0.7, "exact_match": 0.3}, quiet=True)

    assert again.runs[0].asked == 0
    names = [metric.name for metric in again.sweep.metrics]
    assert names == ["composite", "f1", "outside_top", "distinct", "entropy_bits", "jaccard", "exact_match"]
    first = again.sweep.curves[0].checkpoints[0].scores
    assert first["composite"] == pytest.approx(0.7 * first["jaccard"] + 0.3 * first["exact_match"])
    assert "composite = 0.7 × Jaccard index + 0.3 × exact match" in markdown(again.sweep)


def test_a_run_folder_that_cannot_be_written_is_scored_all_the_same(run):
    shutil.rmtree(run / "sweep", ignore_errors=True)
    (run / "sweep").write_text("in the way", encoding="utf-8")

    found = sweep([run], metrics=["jaccard"], quiet=True)

    assert found.runs[0].asked == len(found.sweep.curves[0].scored("jaccard")) > 0


def test_an_interrupted_sweep_goes_on_where_it_was(trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "tiny")
    left = iter(range(3))

    def loss(student, rows):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return 1.0

    with monkeypatch.context() as patched:
        patched.setattr("emojit.experiment.sweep.asking.validation_loss", loss)
        with pytest.raises(KeyboardInterrupt):
            sweep([tmp_path / "tiny"], quiet=True)

    assert sweep([tmp_path / "tiny"], quiet=True).runs[0].asked == 5


def test_other_weights_under_the_same_name_are_scored_again(run):
    shutil.copyfile(run / KEPT / "checkpoint-24.safetensors", run / KEPT / "checkpoint-12.safetensors")
    weights = load_file(run / KEPT / "checkpoint-3.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: weights[name] + 0.01}, run / KEPT / "checkpoint-3.safetensors", {"epoch": "0.5"})

    assert sweep([run], quiet=True).runs[0].asked == 1  # the copy is known by its content


def test_a_checkpoint_that_does_not_load_is_a_row_that_says_so_and_the_rest_goes_on(run):
    whole = (run / KEPT / "checkpoint-6.safetensors").read_bytes()
    (run / KEPT / "checkpoint-6.safetensors").write_bytes(whole[: len(whole) // 2])
    other = {"weight": torch.zeros(2)}
    save_file(other, run / KEPT / "checkpoint-9.safetensors", {"epoch": "1.5"})
    nothing = {
        name: tensor * float("nan") for name, tensor in load_file(run / KEPT / "checkpoint-12.safetensors").items()
    }
    save_file(nothing, run / KEPT / "checkpoint-12.safetensors", {"epoch": "2.0"})

    found = sweep([run], average=2, quiet=True).sweep

    rows = {one.step: one for one in found.curves[0].checkpoints}
    assert rows[6].problem.startswith("checkpoint-6.safetensors: no kept checkpoint")
    assert rows[9].problem.startswith("checkpoint-9.safetensors: cannot be loaded")
    assert rows[12].problem == "checkpoint-12.safetensors: the weights are no numbers"
    assert [rows[step].epoch for step in (6, 9, 12)] == [1.0, 1.5, 2.0]
    assert all(rows[step].scores for step in (3, 15, 18, 21, 24))
    assert [one.members for one in found.curves[0].averages] == [(3, 15), (15, 18), (18, 21), (21, 24)]
    assert "| checkpoint-6 | 6 | 1 |" in markdown(found)
    assert "cannot be loaded" in markdown(found)
    assert "3 of 8 checkpoints could not be scored; the table says why." in markdown(found)


def test_chosen_or_averaged_weights_are_a_model_that_a_second_run_starts_from(emojit, run, build, recipe, tmp_path):
    mean = "mean of checkpoint-3 to checkpoint-6"

    code, out, err = emojit("tiny", "--average", 2, "--take", mean, "--save", "chosen", "--json")

    assert (code, err) == (0, "")
    table = json.loads(out)
    assert (table["saved"], table["best"]["members"], table["scored_now"]) == ("chosen", [3, 6], {"tiny": 7})
    saved = load_file(tmp_path / "chosen" / "model.safetensors")
    members = [load_file(run / KEPT / f"checkpoint-{step}.safetensors") for step in (3, 6)]
    names = saved.keys() & members[0].keys()
    assert names
    assert all(torch.allclose(saved[name], (members[0][name] + members[1][name]) / 2) for name in names)
    choice = json.loads((tmp_path / "chosen" / "sweep_choice.json").read_text(encoding="utf-8"))
    assert (choice["checkpoint"], choice["steps"]) == (mean, [3, 6])

    still = dataclasses.replace(recipe.train, epochs=0.2, learning_rate=1e-12, keep_checkpoints=0)
    model = dataclasses.replace(recipe.model, base=str(tmp_path / "chosen"))
    second = train(
        dataclasses.replace(recipe, train=still, model=model), dataset=build, out=tmp_path / "second", quiet=True
    )
    begun = load_file(second.model_folder / "model.safetensors")
    assert second.record.model.base == "chosen"
    assert second.record.model.new_emoji == 0
    assert begun.keys() == saved.keys()
    assert all(torch.allclose(begun[name], saved[name], atol=1e-6) for name in saved)


def test_runs_stand_side_by_side_only_where_their_validation_rows_are_the_same(emojit, run, tmp_path):
    shutil.copytree(run, tmp_path / "again")
    code, out, _err = emojit("tiny", "again", "--json")
    assert code == 0
    assert [curve["run"] for curve in json.loads(out)["curves"]] == ["tiny", "again"]

    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    before = record["data"]["fingerprints"]["validation"]
    record["data"]["fingerprints"]["validation"] = "0123456789abcdef"
    (tmp_path / "again" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    code, _out, err = emojit("tiny", "again")

    assert code == 2
    assert f"again was scored on other validation rows (fingerprint 0123456789abcdef) than tiny ({before})" in err


def test_a_run_and_a_table_of_others_fit_into_one_report(run, tmp_path):
    path = tmp_path / "others.csv"
    path.write_text("run,step,epoch,jaccard\nolder,10,1,0.9\n", encoding="utf-8")

    report = sweep([run, path], quiet=True).sweep

    assert [curve.source for curve in report.curves] == ["run", "table"]
    assert (report.by, report.best.run) == ("jaccard", "older")


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (lambda run: (run / "run.json").unlink(), 1, "no run.json, so no finished training run"),
        (lambda run: shutil.rmtree(run / KEPT), 1, "the run kept no checkpoints"),
        (lambda run: (run / "predictions.parquet").unlink(), 1, "so the validation rows are not known"),
        (lambda run: (run / "predictions.parquet").write_bytes(b"PAR1"), 1, "cannot be read"),
        (lambda run: [path.unlink() for path in run.glob("*.*")], 2, "tiny: no run folder"),
    ],
)
def test_a_run_folder_that_is_not_whole_is_an_error_with_a_hint(emojit, run, spoil, code, message):
    spoil(run)

    failed, out, err = emojit("tiny")

    assert (failed, out) == (code, "")
    assert message in err
    assert "hint: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics", "jacard"], "no metric 'jacard'"),
        (["--by", "emojis_per_text"], "--by: emojis_per_text only describes"),
        (["--weights", "jaccard=1,emojis_per_text=1"], "emojis_per_text only describes"),
        (["--average", 9], "--average 9: tiny has 8 checkpoints that can be used"),
        (["--save", "tiny"], "--save tiny: something is there already"),
        (["tiny"], "a run stands there twice"),
    ],
)
def test_wrong_options_of_a_run_are_wrong_usage(emojit, run, arguments, message):
    code, _out, err = emojit("tiny", *arguments)

    assert code == 2
    assert message in err
