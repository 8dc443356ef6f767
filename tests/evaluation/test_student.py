"""A real student, trained for one epoch on the sample, from run folder to report."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from emojit.errors import StudentError
from emojit.evaluation.report import read_report
from emojit.evaluation.run import default_out, evaluate_model
from emojit.recipe import TrainRecipe, load_text
from emojit.student.train import train

TINY = """
name = "tiny"
[data]
input_column = "original_text"
max_train_rows = 48
[model]
d_model = 16
d_ff = 16
num_layers = 1
num_heads = 2
[train]
epochs = 1
"""


@pytest.fixture(scope="module")
def run_folder(built, tmp_path_factory):
    recipe = load_text(TrainRecipe, TINY, where="test")
    return train(recipe, dataset=built, out=tmp_path_factory.mktemp("runs") / "tiny", quiet=True).folder


def test_a_student_that_learned_nothing_is_reported_as_it_is(run_folder, built):
    before = {path.name for path in run_folder.iterdir()}

    report = evaluate_model(run_folder, built, out=default_out(run_folder), baselines=["linear"], quiet=True)

    answers = pq.read_table(run_folder / "eval_predictions.parquet").column("student").to_pylist()
    assert read_report(run_folder) == report
    assert [system.name for system in report.systems][:2] == ["student", "constant"]
    assert "beats" not in report.verdict
    assert report.verdict.startswith("The student (Jaccard ")
    assert all(1 <= len(answer) <= 5 and len(set(answer)) == len(answer) for answer in answers)
    assert report.source.name == "tiny"
    assert "torch" in report.versions
    assert {path.name for path in run_folder.iterdir()} - before == {
        "eval_predictions.parquet",
        "eval_errors.parquet",
        "results.md",
        "results.html",
    }
    calibration = report.analysis.calibration[0]
    assert (calibration.system, calibration.jaccard.count) == ("student", report.dataset.rows)
    assert 0 <= calibration.jaccard.expected <= 1
    assert calibration.precision.count == sum(map(len, answers))


def test_the_column_that_the_run_was_trained_on_is_read_unless_another_is_asked_for(run_folder, built, tmp_path):
    setting = {"baselines": ["constant"], "quiet": True}
    own = evaluate_model(run_folder / "model", built, out=tmp_path / "own", **setting)
    other = evaluate_model(run_folder, built, out=tmp_path / "other", input_column="sns_text", **setting)

    assert (own.dataset.input_column, other.dataset.input_column) == ("original_text", "sns_text")
    assert own.source.name == "tiny"


def test_a_folder_that_is_no_model_is_refused_before_anything_is_written(built, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(StudentError):
        evaluate_model(tmp_path / "empty", built, out=tmp_path / "report", quiet=True)
    assert not (tmp_path / "report").exists()
