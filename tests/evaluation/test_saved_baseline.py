"""A baseline is fitted, kept, asked and scored by the same commands as a student."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from emojit.baselines.fitting import fit_baseline
from emojit.baselines.record import FILE_NAME, read_record
from emojit.baselines.saved import SavedBaseline
from emojit.cli.app import app
from emojit.dataset.loading import load_rows
from emojit.errors import DatasetError, StudentError, UsageError
from emojit.evaluation.predictor import load_predictor
from emojit.evaluation.report import read_report


@pytest.fixture(scope="module")
def saved(built, tmp_path_factory):
    """A lexicon that learned from the packaged sample."""
    folder = tmp_path_factory.mktemp("saved") / "lexicon"
    fit_baseline("lexicon", built, folder)
    return folder


def run(*arguments):
    """Run the command line in this process."""
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_record_says_what_it_learned_from(saved, built):
    record = read_record(saved)

    assert record.name == "lexicon"
    assert record.data.rows == {"train": len(load_rows(built, "train").rows)}
    assert record.data.fingerprints == {"train": load_rows(built, "train").fingerprint}
    assert record.data.input_column == "sns_text"
    assert record.data.licence == "cc0-1.0"
    assert any("CLDR" in source for source in record.sources)
    assert str(saved.parent) not in (saved / FILE_NAME).read_text(encoding="utf-8")


def test_a_saved_baseline_is_scored_exactly_as_the_one_fitted_on_the_same_rows(saved, built):
    done = run("evaluate", "--model", saved, "--dataset", built, "--baselines", "lexicon", "--json")

    assert done.exit_code == 0, done.stderr
    report = read_report(saved)  # written into the folder
    assert [system.name for system in report.systems] == [
        "saved-baseline",
        "constant",
        "lexicon",
        "teacher-second-vote",
    ]
    assert report.find("saved-baseline").jaccard == report.find("lexicon").jaccard
    assert "The keyword lexicon, saved" in report.verdict
    assert "scores exactly as the keyword lexicon" in report.verdict


def test_predict_takes_a_saved_baseline(saved):
    done = run("predict", "--model", saved, "昼にラーメンを食べた", "--json")

    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)["predictions"][0]
    assert row["emojis"] == load_predictor(saved).predict(["昼にラーメンを食べた"])[0]


def test_the_command_fits_saves_and_replaces_an_earlier_one(built, tmp_path):
    for name in ("constant", "length-prior"):
        done = run("baseline", "fit", name, "--dataset", built, "--out", tmp_path / "kept", "--json")
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["name"] == name

    loaded = load_predictor(tmp_path / "kept")
    assert isinstance(loaded, SavedBaseline)
    assert loaded.record.name == "length-prior"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_folder_of_something_else_is_not_replaced(built, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="there is something else"):
        fit_baseline("constant", built, tmp_path)

    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_the_list_names_every_baseline():
    done = run("baseline", "list")

    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()][:2] == ["constant", "length-prior"]
    assert "hybrid" in done.stdout


def test_a_column_that_is_not_there_is_named(built, tmp_path):
    with pytest.raises(DatasetError, match="no column post"):
        fit_baseline("constant", built, tmp_path / "new", input_column="post")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"schema_version": 9}, "schema version 9"), ({"name": "oracle"}, "which this emojit does not know")],
)
def test_a_baseline_of_a_later_version_is_refused(saved, tmp_path, change, message):
    table = json.loads((saved / FILE_NAME).read_text(encoding="utf-8"))
    (tmp_path / FILE_NAME).write_text(json.dumps({**table, **change}), encoding="utf-8")

    with pytest.raises(StudentError, match=message):
        load_predictor(tmp_path)
