"""The report on several runs: those that cannot be compared, and wrong use."""

from __future__ import annotations

import json

import pytest

from emojit.dataset.parquet import TableWriter
from emojit.errors import DatasetError, UsageError
from emojit.experiment.comparison.files import read_comparison
from emojit.experiment.layout import RunFailure, RunStatus
from emojit.experiment.table import write_table

ROWS = 120


def test_two_runs_on_different_test_rows_are_refused_and_both_fingerprints_named(tmp_path, by_hand):
    folders = by_hand("one") + by_hand("other", fingerprint="f1f1f1f1f1f1f1f1")

    with pytest.raises(
        DatasetError, match=r"other was scored on other test rows than one.*f1f1f1f1f1f1f1f1.*e0e0e0e0e0e0e0e0"
    ):
        write_table(folders, out=tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_predictions_of_other_rows_are_refused_though_the_record_names_the_same_fingerprint(tmp_path, by_hand):
    folders = by_hand("one") + by_hand("other", rows=ROWS - 1)

    with pytest.raises(DatasetError, match="predictions of other are not of the test rows of one"):
        write_table(folders, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "run.json").unlink(), "no run.json"),
        (lambda folder: (folder / "run.json").write_text("{", encoding="utf-8"), "cannot be read"),
        (lambda folder: (folder / "predictions.parquet").unlink(), "predictions.parquet is missing"),
        (lambda folder: (folder / "predictions.parquet").write_bytes(b"PAR1"), "predictions.parquet cannot be read"),
    ],
    ids=["no record", "damaged record", "no answers", "damaged answers"],
)
def test_a_run_with_a_missing_file_is_a_row_that_says_so_and_the_others_stand(plan, tmp_path, damage, reason, by_hand):
    folders = by_hand("base", "good", "broken")
    damage(tmp_path / "broken")

    found = write_table(folders, out=tmp_path / "out")[0]

    (problem,) = found.problems
    assert (problem.variant, problem.state) == ("broken", "incomplete")
    assert reason in problem.reason
    assert problem.hint
    assert str(tmp_path) not in (tmp_path / "out" / "comparison.json").read_text(encoding="utf-8")
    assert found.variant("broken").scores is None
    assert found.variant("good").difference is not None
    assert "no run in the figures" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")


def test_a_missing_log_is_a_remark_and_the_scores_stand(tmp_path, by_hand):
    folders = by_hand("base")
    (tmp_path / "base" / "train_log.csv").unlink()

    (run,) = write_table(folders, out=tmp_path / "out")[0].runs

    assert (run.state, run.curve, run.notes) == ("done", (), ("train_log.csv is missing: no curves",))


def test_failed_and_skipped_runs_of_a_plan_are_rows_with_their_cause_and_no_path_of_this_machine(tmp_path, synthetic):
    folder = synthetic.write_plan(tmp_path / "plan", {"base": 0.5, "good": 0.8, "later": 0.5}, seeds=(0, 1), rows=ROWS)
    statuses = [status for status in folder.statuses() if status.variant != "later" and status.seed == 0]
    failed = RunStatus(variant="base", seed=1, state="failed", reason="exit code 1")
    skipped = RunStatus(variant="later", seed=0, state="skipped", reason="good improved")
    folder.write_statuses([*statuses, failed, skipped])
    failure = RunFailure(
        message=f"{tmp_path}/plan/x: no memory", hint="halve train.batch_size", exit_code=1, log="step 1\nstep 2 | nan"
    )
    folder.failure("base", 1).write_text(
        json.dumps({name: getattr(failure, name) for name in RunFailure.__slots__}), encoding="utf-8"
    )

    found = write_table([str(folder.path)])[0]

    text = (folder.path / "report.md").read_text(encoding="utf-8")
    problems = {(run.variant, run.seed): (run.state, run.reason, run.hint) for run in found.problems}
    assert problems == {
        ("base", 1): ("failed", "./x: no memory", "halve train.batch_size"),
        ("good", 1): ("pending", "not run yet", "go on with the plan: emojit experiment run"),
        ("later", 0): ("skipped", "good improved", None),
        ("later", 1): ("pending", "not run yet", "go on with the plan: emojit experiment run"),
    }
    assert str(tmp_path) not in text
    assert "```text\nstep 1\nstep 2 | nan\n```" in text
    assert "4 of 6 runs are not in the figures: 1 failed, 2 not run yet and 1 skipped by the plan." in text
    assert found.variant("good").difference.seeds_overlap is None
    assert "rests on a single seed" in text


def test_a_plan_without_a_finished_run_is_a_report_that_says_so(tmp_path, synthetic):
    folder = synthetic.write_plan(tmp_path, {"base": 0.5}, seeds=(0,), rows=10)
    folder.write_statuses([])

    found = write_table([str(tmp_path)])[0]

    assert found.findings[0].english == "No run is finished, so nothing can be compared."
    assert (found.test, found.variants[0].scores) == (None, None)
    assert read_comparison(tmp_path) == found


@pytest.mark.parametrize(
    ("targets", "base", "words"),
    [
        (["nowhere", "run"], None, "nowhere: no such folder"),
        (["plan", "run"], None, "is a plan, and 1 more"),
        (["run", "run"], None, "is given twice"),
        (["run"], "other", "--base other: no such variant"),
        (["run", "empty"], None, "empty: no run folder"),
        (["plan"], "good", "a plan has its own base"),
    ],
)
def test_wrong_use_is_one_clear_line(plan, tmp_path, monkeypatch, targets, base, words, by_hand):
    by_hand("run")
    (tmp_path / "empty").mkdir()
    (tmp_path / "plan").symlink_to(plan)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=words) as caught:
        write_table(targets, base=base)

    assert caught.value.hint


def test_baselines_of_other_rows_are_refused(tmp_path, synthetic):
    folder = synthetic.write_plan(tmp_path, {"base": 0.5}, seeds=(0,), rows=10)
    with TableWriter(folder.baselines, {"id": "string", "split": "string", "constant": "strings"}) as table:
        table.add({"id": "0", "split": "test", "constant": ["🎉"]})

    with pytest.raises(DatasetError, match="answers to 1 test rows that are not the 10 of the runs"):
        write_table([str(tmp_path)])


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema_version": 2}', '{"schema_version": 1, "name": 5}', '{"schema_version": 1}']
)
def test_a_damaged_comparison_is_refused(tmp_path, text):
    (tmp_path / "comparison.json").write_text(text, encoding="utf-8")

    with pytest.raises(DatasetError, match=r"comparison\.json") as caught:
        read_comparison(tmp_path)

    assert caught.value.hint == "write it with `emojit experiment table`"
