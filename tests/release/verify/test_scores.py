"""Verify: the scores of a report, counted again from the predictions of the run by hand-computed figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import TableWriter
from emojit.metrics import module_figures
from emojit.release.push import push
from emojit.release.verify.findings import Findings
from emojit.release.verify.gold import check_gold
from emojit.release.verify.scores import check_scores

COLUMNS = {"id": "string", "text": "string", "emojis": "strings", "student": "strings", "teacher": "strings"}
ROWS = [
    {"id": str(n), "text": f"文{n}", "emojis": ["🎉", "😊"], "student": ["🎉"], "teacher": None if n else ["😊"]}
    for n in range(2)
]
SCORES = {
    "jaccard": {"mean": 0.5, "low": 0.5, "high": 0.5},
    "overlap": {
        "jaccard": 0.5, "exact_match": 0.0, "precision_micro": 1.0, "recall_micro": 0.5, "f1_micro": 2 / 3,
        "precision_macro": 0.5, "recall_macro": 0.5, "f1_macro": 0.5, "outside_inventory": 0,
    },
    "length": module_figures("emoji_length", {"predictions": [["🎉"]] * 2, "references": [["🎉", "😊"]] * 2}),
    "validity": {
        "valid": 1.0, "empty": 0.0, "outside_inventory": 0.0, "too_many": 0.0, "repeated": 0.0, "with_text": 0.0
    },
}  # fmt: skip
SAMPLE = {"text": "文0", "gold": "🎉 😊", "pred": "🎉", "jaccard": 0.5}


@pytest.fixture
def run(tmp_path) -> Path:
    with TableWriter(tmp_path / "eval_predictions.parquet", COLUMNS) as table:
        for row in ROWS:
            table.add(row)
    report = {
        "system": "student",
        "dataset": {"rows": 2},
        "systems": [
            {"name": "student", "kind": "student", "rows": 2, **SCORES},
            {"name": "teacher", "kind": "teacher", "rows": 1, "jaccard": {"mean": 0.9}, "overlap": {}},
        ],
        "confidence": 0.95,
        "resamples": 200,
        "seed": 0,
    }
    (tmp_path / "eval_metrics.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "predictions_sample.jsonl").write_text(json.dumps(SAMPLE), encoding="utf-8")
    return tmp_path


def found(run: Path) -> list[tuple[str, str, str]]:
    findings = Findings()
    check_scores(run, findings)
    return [(one.where, one.expected, one.found) for one in findings.kept]


def test_figures_that_the_predictions_give_are_sound(run):
    findings = Findings()

    check_scores(run, findings)

    assert findings.kept == []
    assert findings.checked == ["the scores of student, counted again over 2 predictions"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda report: report["systems"][0]["overlap"].update(jaccard=0.6), "student.overlap.jaccard"),
        (lambda report: report["systems"][0]["overlap"].update(f1_macro=0.6), "student.overlap.f1_macro"),
        (lambda report: report["systems"][0]["jaccard"].update(low=0.4), "student.jaccard.low"),
        (lambda report: report["systems"][0]["length"].update(mean=2.0), "student.length.mean"),
        (lambda report: report["systems"][0]["length"].update(correlation=0.5), "student.length.correlation"),
        (lambda report: report["systems"][0]["validity"].pop("valid"), "student.validity.valid"),
        (lambda report: report["systems"][0].update(rows=3), "student.rows"),
        (lambda report: report["dataset"].update(rows=200), "dataset.rows"),
    ],
)
def test_an_edited_figure_is_found_by_counting(run, change: Callable[[dict], None], where):
    path = run / "eval_metrics.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    change(report)
    path.write_text(json.dumps(report), encoding="utf-8")

    assert [one[0] for one in found(run)] == [f"run/eval_metrics.json: {where}"]


@pytest.mark.parametrize("change", [{"pred": "🎉 😊"}, {"jaccard": 1.0}, {"text": "文9"}])
def test_a_sample_that_is_no_prediction_is_found(run, change):
    (run / "predictions_sample.jsonl").write_text(json.dumps({**SAMPLE, **change}), encoding="utf-8")

    assert [one[0] for one in found(run)] == ["run/predictions_sample.jsonl line 1"]


def test_a_report_of_another_layout_is_a_finding_and_no_traceback(run):
    (run / "eval_metrics.json").write_text('{"systems": [3]}', encoding="utf-8")

    assert [one[0] for one in found(run)] == ["run/eval_predictions.parquet"]


GOLD_COLUMNS = {"id": "string", "text": "string", "emojis": "strings"}


def gold(finished_build, folder, commit, repo_id, change=lambda rows: None) -> Findings:
    """What is found where a run predicted the test split, after a change of its predictions."""
    rows = [
        {"id": row["id"], "text": row["sns_text"], "emojis": row["emojis"]}
        for row in load_rows(finished_build, "test").rows
    ]
    change(rows)
    folder.mkdir()
    with TableWriter(folder / "eval_predictions.parquet", GOLD_COLUMNS) as table:
        for row in rows:
            table.add(row)
    data = {"name": repo_id, "commit": commit, "split": "test", "input_column": "sns_text"}
    (folder / "eval_metrics.json").write_text(json.dumps({"dataset": data}), encoding="utf-8")
    findings = Findings()
    check_gold(folder, findings)
    return findings


def test_gold_is_that_of_the_data_set_at_its_commit_or_is_found(account, finished_build, tmp_path):
    repo_id = f"{account.name}/pairs"
    commit = push("dataset", finished_build, repo_id, tag="v1", quiet=True).commit

    def give(rows):
        rows[0]["emojis"] = ["🦥"]

    sound = gold(finished_build, tmp_path / "sound", commit, repo_id)
    edited = gold(finished_build, tmp_path / "edited", commit, repo_id, give)
    fewer = gold(finished_build, tmp_path / "fewer", commit, repo_id, lambda rows: rows.pop())

    assert (sound.kept, sound.unchecked, len(sound.checked)) == ([], [], 1)
    (finding,) = edited.kept
    assert (finding.where, finding.found.endswith("🦥")) == ("run/eval_predictions.parquet row 1", True)
    assert [one.what for one in fewer.kept] == ["are not the rows of the data set"]


@pytest.mark.parametrize(("commit", "reason"), [("1" * 40, "no such data set"), (None, "may have been a folder")])
def test_gold_that_cannot_be_compared_is_said_with_the_reason(account, finished_build, tmp_path, commit, reason):
    findings = gold(finished_build, tmp_path / "run", commit, f"{account.name}/gone")

    assert findings.kept == []
    assert reason in findings.unchecked[0]
