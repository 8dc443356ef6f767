"""From answers to report: the same rows for every system, honest words, files that can be read back."""

from __future__ import annotations

import json
import shutil
import struct

import evaluate
import pyarrow.parquet as pq
import pytest

from emojit.baselines.registry import default_names
from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.errors import DatasetError, EmojitError, MetricInputError, MissingExtraError, OfflineError, UsageError
from emojit.evaluation.report import read_report
from emojit.evaluation.run import default_out, evaluate_predictions
from emojit.evaluation.table import markdown, plain
from emojit.metrics import MODULE_FIGURES, consensus, jaccard_scores, module_figures
from emojit.resources import resource

NAMES = ["predictions", *default_names(), "teacher-second-vote"]


@pytest.fixture(scope="module")
def loser(built, tmp_path_factory):
    """The report on a file that gives an emoji nobody uses to every row, and the folder it lies in."""
    folder = tmp_path_factory.mktemp("loser")
    file = folder / "predictions.jsonl"
    rows = load_rows(built, "test").rows
    file.write_text("".join(json.dumps({"emojis": ["🪤"]}) + "\n" for _ in rows), encoding="utf-8")
    return evaluate_predictions(file, built, out=folder / "report", quiet=True), folder / "report"


def test_a_file_stands_beside_every_baseline_and_the_second_vote_on_the_same_rows(loser, built):
    report, _ = loser
    rows = load_rows(built, "test").rows
    votes = jaccard_scores([row["votes"][1] for row in rows], [row["emojis"] for row in rows])

    assert [system.name for system in report.systems] == NAMES
    assert {system.rows for system in report.systems} == {len(rows)} == {report.dataset.rows}
    assert report.find("teacher-second-vote").jaccard.mean == pytest.approx(sum(votes) / len(votes))
    for system in report.systems:
        assert system.jaccard.low <= system.jaccard.mean <= system.jaccard.high
        assert system.jaccard.mean == pytest.approx(system.overlap["jaccard"])


def test_the_teachers_second_vote_is_scored_against_its_first_vote_and_never_against_the_consensus(
    built, loser, write, tmp_path
):
    """With a third vote the consensus can be the second vote; it would then agree with itself."""
    folder = shutil.copytree(built, tmp_path / "v2")
    rows = load_rows(built, "test").rows
    with TableWriter(folder / data_file("test"), PAIR_COLUMNS) as table:
        for row in rows:
            first, second = row["votes"]
            emojis = consensus([first, second, second])
            table.add({**row, "votes": [first, second, second], "emojis": list(emojis)})
    write_manifest(folder, {})

    report = evaluate_predictions(
        write(lambda row: row["votes"][1]), folder, out=tmp_path / "report", baselines=["constant"], quiet=True
    )

    assert report.systems[0].jaccard.mean == 1.0  # the consensus is the second vote wherever the two differ
    before, _ = loser
    assert report.find("teacher-second-vote") == before.find("teacher-second-vote")
    written = pq.read_table(tmp_path / "report/eval_predictions.parquet").to_pylist()
    assert [row["teacher-first-vote"] for row in written] == [row["votes"][0] for row in rows]


def test_every_system_has_the_figures_of_the_other_metric_modules_and_the_ceiling_of_the_votes(loser, built):
    report, _ = loser
    rows = load_rows(built, "test").rows
    references, votes = [row["emojis"] for row in rows], [row["votes"] for row in rows]
    both = {"predictions": [["🪤"]] * len(rows), "references": references}
    mine = report.systems[0]

    assert mine.length == module_figures("emoji_length", both)
    assert mine.category == module_figures("emoji_category", both)
    assert mine.distribution == module_figures("emoji_distribution", both)
    assert mine.validity == module_figures("emoji_validity", {"predictions": ["🪤"] * len(rows)})
    assert mine.votes == module_figures("emoji_votes", {**both, "references": votes})
    assert report.find("teacher-second-vote").votes == {}
    page = markdown(report)
    assert f"| a vote | {mine.votes['ceiling_best']:.3f} | {mine.votes['ceiling_mean']:.3f} |" in page
    assert "| the file predictions.jsonl | 1.00 ± 0.00 |" in page
    table = page.split("## Length")[1].split("## Against")[0]
    assert {line.count("|") for line in table.splitlines() if line.startswith("|")} == {11}


def test_the_rules_are_checked_on_what_a_file_holds_and_not_on_what_was_read_out_of_it(built, write, tmp_path):
    report = evaluate_predictions(
        write(lambda _: "答え🎉🎉"), built, out=tmp_path / "report", baselines=["constant"], quiet=True
    )

    assert (report.systems[0].validity["with_text"], report.systems[0].validity["repeated"]) == (1.0, 1.0)
    assert report.find("constant").validity["valid"] == 1.0


def test_a_report_of_before_these_figures_is_still_read_and_shown(loser, tmp_path):
    report, folder = loser
    table = json.loads((folder / "eval_metrics.json").read_text(encoding="utf-8"))
    for system in table["systems"]:
        for name in ("length", "category", "distribution", "validity", "votes"):
            del system[name]
    (tmp_path / "eval_metrics.json").write_text(json.dumps(table), encoding="utf-8")

    older = read_report(tmp_path)

    assert older.systems[0].length == {}
    assert older.systems[0].jaccard == report.systems[0].jaccard
    assert "## Length" not in markdown(older)


def test_a_system_that_loses_to_the_constant_is_told_so_in_words(loser):
    report, _ = loser

    assert "The file predictions.jsonl (Jaccard 0.000) loses to the best constant answer" in report.verdict
    strongest = max((s for s in report.systems if s.kind == "baseline"), key=lambda system: system.jaccard.mean)
    assert f"loses to {strongest.label}" in report.verdict
    assert report.verdict in markdown(report)
    assert report.verdict in plain(report)


def test_a_system_that_gives_the_references_beats_everything(built, write, tmp_path):
    report = evaluate_predictions(
        write(lambda row: row["emoji_string"].replace(" ", "")),
        built,
        out=tmp_path / "report",
        baselines=["hybrid"],  # the strongest, beside the constant
        quiet=True,
    )

    assert (report.systems[0].jaccard.mean, report.systems[0].overlap["exact_match"]) == (1.0, 1.0)
    assert "beats the best constant answer" in report.verdict
    assert all(difference.jaccard.low > 0 for difference in report.differences)


def test_the_difference_is_that_of_the_rows_and_has_an_interval(loser):
    report, _ = loser
    difference = next(difference for difference in report.differences if difference.against == "constant")

    assert difference.jaccard.mean == pytest.approx(0 - report.find("constant").jaccard.mean)
    assert difference.jaccard.low < difference.jaccard.mean < difference.jaccard.high < 0


def test_every_file_is_written_and_the_report_reads_back_the_same(loser, built):
    report, folder = loser
    rows = load_rows(built, "test").rows
    table = pq.read_table(folder / "eval_predictions.parquet").to_pylist()

    assert read_report(folder) == report
    assert [row["id"] for row in table] == [row["id"] for row in rows]
    assert set(table[0]) == {"id", "text", "emojis", "teacher-first-vote", *NAMES}
    assert (table[0]["predictions"], table[0]["emojis"]) == (["🪤"], rows[0]["emojis"])
    assert (folder / "results.md").read_text(encoding="utf-8") == markdown(report)


def test_the_plot_is_a_readable_png(loser):
    _, folder = loser
    head = (folder / "plots" / "jaccard.png").read_bytes()[:24]

    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24])[0] == 1400


def test_the_same_input_gives_the_same_scores_and_the_same_plot(loser, built, tmp_path):
    report, folder = loser
    file = tmp_path / "predictions.jsonl"
    file.write_text('{"emojis": "🪤"}\n' * report.dataset.rows, encoding="utf-8")

    again = evaluate_predictions(file, built, out=tmp_path / "again", quiet=True)

    assert [system.overlap for system in again.systems] == [system.overlap for system in report.systems]
    assert [system.jaccard for system in again.systems] == [system.jaccard for system in report.systems]
    assert (tmp_path / "again/plots/jaccard.png").read_bytes() == (folder / "plots/jaccard.png").read_bytes()
    assert (tmp_path / "again/eval_predictions.parquet").read_bytes() == (
        folder / "eval_predictions.parquet"
    ).read_bytes()


def test_a_name_in_japanese_does_not_break_the_plot(built, write, tmp_path):
    report = evaluate_predictions(
        write(lambda _: "😊", "予測.jsonl"), built, out=tmp_path / "報告", baselines=["constant"], quiet=True
    )

    assert report.systems[0].label == "the file 予測.jsonl"
    assert (tmp_path / "報告" / "plots" / "jaccard.png").is_file()


def test_a_prediction_file_of_another_length_is_refused_naming_both_lengths(built, write, tmp_path):
    path = write(lambda row: row["emojis"])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-3]) + "\n", encoding="utf-8")

    with pytest.raises(MetricInputError, match=rf"has {len(lines) - 3} predictions, the references are {len(lines)}"):
        evaluate_predictions(path, built, out=tmp_path / "report", quiet=True)
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no json", r"predictions.jsonl:2: no JSON"),
        ('{"answer": "😊"}', r"predictions.jsonl:2: no JSON object with the key emojis"),
        ('["😊"]', r"predictions.jsonl:2: no JSON object with the key emojis"),
        ('{"emojis": 3}', r"predictions.jsonl:2: expected a string or a list of strings, got 3"),
        ('{"id": "another", "emojis": "😊"}', r"predictions.jsonl:2: id 'another', but this row of the references is"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(built, write, tmp_path, line, message):
    path = write(lambda row: row["emojis"])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], line, *lines[2:]]), encoding="utf-8")

    with pytest.raises(MetricInputError, match=message):
        evaluate_predictions(path, built, out=tmp_path / "report", quiet=True)


def test_a_missing_prediction_file_is_a_usage_error(built, tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        evaluate_predictions(tmp_path / "none.jsonl", built, out=tmp_path / "report", quiet=True)


def test_a_split_that_does_not_exist_is_refused(built, write, tmp_path):
    with pytest.raises(DatasetError, match="no split 'dev'"):
        evaluate_predictions(write(lambda _: "😊"), built, split="dev", out=tmp_path / "report", quiet=True)


def test_the_metrics_can_come_from_a_folder(built, write, tmp_path):
    folder = resource("eval_modules")
    report = evaluate_predictions(
        write(lambda _: "😊"),
        built,
        metrics_from=str(folder),
        out=tmp_path / "report",
        baselines=["constant"],
        quiet=True,
    )

    assert [metric.source for metric in report.metrics] == [str(folder / name) for name in MODULE_FIGURES]


def test_a_folder_without_the_metrics_is_refused(built, write, tmp_path):
    with pytest.raises(UsageError, match=r"no emoji_jaccard/emoji_jaccard\.py in this folder"):
        evaluate_predictions(
            write(lambda _: "😊"), built, metrics_from=str(tmp_path), out=tmp_path / "report", quiet=True
        )


@pytest.mark.parametrize(
    ("name", "formula", "other", "message"),
    [
        ("emoji_jaccard", "sum(scores) / len(scores)", "max(scores)", "says jaccard 1.000000, this emojit 0."),
        (
            "emoji_length",
            "asdict(length(read_rows(predictions), read_rows(references)))",
            "{}",
            "says mean nothing, this",
        ),
    ],
)
def test_a_module_that_scores_otherwise_than_emojit_is_refused(built, write, tmp_path, name, formula, other, message):
    shutil.copytree(resource("eval_modules"), tmp_path / "modules")
    script = tmp_path / "modules" / name / f"{name}.py"
    text = script.read_text(encoding="utf-8")
    assert formula in text
    script.write_text(text.replace(formula, other), encoding="utf-8")

    with pytest.raises(EmojitError, match=rf"^{name} .*{message}.*the module is of another version"):
        evaluate_predictions(
            write(lambda row: row["votes"][1]),
            built,
            metrics_from=str(tmp_path / "modules"),
            out=tmp_path / "report",
            baselines=["constant"],
            quiet=True,
        )


def test_a_hub_account_is_not_asked_while_offline(built, write, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")

    with pytest.raises(OfflineError, match="somebody/emoji_jaccard is on"):
        evaluate_predictions(
            write(lambda _: "😊"), built, metrics_from="somebody", out=tmp_path / "report", quiet=True
        )


def test_a_hub_that_does_not_answer_is_one_line_with_a_hint(built, write, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate.config, "HUB_EVALUATE_URL", "http://127.0.0.1:9/{path}/{revision}/{name}")

    with pytest.raises(EmojitError, match="the metric somebody/emoji_jaccard cannot be loaded") as caught:
        evaluate_predictions(
            write(lambda _: "😊"), built, metrics_from="somebody", out=tmp_path / "report", quiet=True
        )
    assert "\n" not in str(caught.value)
    assert caught.value.hint is not None
    assert "HF_ENDPOINT" in caught.value.hint


def test_without_the_extra_the_error_names_it(built, tmp_path, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "evaluate" else find(name))

    with pytest.raises(MissingExtraError, match="not installed: evaluate") as caught:
        evaluate_predictions(tmp_path / "none.jsonl", built, out=tmp_path / "report", quiet=True)
    assert caught.value.hint == "pip install 'emojit[evaluate]'"


def test_an_out_that_is_a_file_is_a_usage_error(built, write, tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(UsageError, match="no folder can be made there"):
        evaluate_predictions(write(lambda _: "😊"), built, out=tmp_path / "taken", quiet=True)


def test_a_report_goes_into_the_run_folder_and_else_below_outputs(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").touch()

    assert default_out(tmp_path / "run") == tmp_path / "run"
    assert default_out("you/emoji-student").as_posix() == "outputs/evaluations/you--emoji-student"


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_file_that_is_no_report_is_refused(tmp_path, text):
    (tmp_path / "eval_metrics.json").write_text(text, encoding="utf-8")

    with pytest.raises(DatasetError, match=r"eval_metrics\.json"):
        read_report(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table["systems"][0].update(rows="many"), "expected int, got 'many'"),
        (lambda table: table["systems"][0].update(kind="oracle"), "expected one of student, .* got 'oracle'"),
        (lambda table: table["systems"][0]["overlap"].update(jaccard=None), "expected float, got None"),
        (lambda table: table["dataset"].pop("rows"), "'rows'"),
        (lambda table: table.update(versions=[]), r"expected an object, got \[\]"),
    ],
)
def test_a_report_with_a_value_of_another_type_is_refused_and_one_with_more_keys_is_read(
    loser, tmp_path, change, message
):
    report, folder = loser
    table = json.loads((folder / "eval_metrics.json").read_text(encoding="utf-8"))
    table["systems"][0]["later"] = table["later"] = 1
    path = tmp_path / "eval_metrics.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    assert read_report(path) == report

    change(table)
    path.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(DatasetError, match=f"not a report .*{message}"):
        read_report(path)
