"""The report on 33 published checkpoints of five encoder training runs.

`published_checkpoints.csv` is a table of figures: run, checkpoint, step, epoch, Real@1, Real@5, LAMBADA@1 and a composite of the three. Which weights made the
composite stands nowhere in it; 0.4, 0.3 and 0.3 give it for three of the five runs to the last digit.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from emojit.experiment.sweep.composite import STATED
from emojit.experiment.sweep.markdown import markdown
from emojit.experiment.sweep.report import sweep
from emojit.experiment.sweep.side_by_side import by_length, equal_epochs

TABLE = Path(__file__).parent / "published_checkpoints.csv"
WEIGHTS = {"real_at_1": 0.4, "real_at_5": 0.3, "lambada_at_1": 0.3}
MLM = "MLM v2 @ 1536"


@pytest.fixture(scope="module")
def report():
    return sweep([TABLE], by="real_at_1").sweep


def test_the_table_is_five_runs_of_33_checkpoints_with_their_updates_per_epoch(report):
    assert sum(len(curve.checkpoints) for curve in report.curves) == 33
    assert {curve.run: curve.steps_per_epoch for curve in report.curves} == {
        "MLM v2 @ 1536": 131,
        "MLM v2 @ 2048": 110,
        "Combined Experiment @ 1536": 396,
        "Combined Experiment @ 2048": 410,
        "Entity Coref Fine-tuning @ 2048": 563,
    }


def test_mlm_v2_at_1536_is_best_at_epoch_3_and_loses_137_hundredths_by_epoch_5(report):
    found = report.finding(MLM)

    assert (found.peak, found.peak_epoch, found.peak_score) == ("checkpoint-390", 3.0, 0.6604)
    assert (found.last_epoch, found.last_score) == (5.0, 0.6467)
    assert found.lost == pytest.approx(1.37)
    assert (found.onset_step, found.onset_epoch) == (455, 3.5)
    assert found.plateau == ("checkpoint-390",)
    assert (found.patience, found.stops_at) == (5, 5.0)
    assert found.spare == pytest.approx(265 / 655)


def test_over_all_runs_checkpoint_1600_is_best_by_real_at_1_and_by_the_composite(report):
    by_composite = sweep([TABLE]).sweep

    assert (report.best.checkpoint, report.best.score) == ("checkpoint-1600", 0.6778)
    assert by_composite.by == "composite"
    assert (by_composite.best.checkpoint, by_composite.best.score) == ("checkpoint-1600", 0.6314)
    assert by_composite.best.run == "Entity Coref Fine-tuning @ 2048"


def test_weights_of_04_03_03_give_the_composite_of_three_runs_and_not_of_mlm_v2():
    weighted = sweep([TABLE], weights=WEIGHTS).sweep

    same = weighted.composite
    assert (same.column, same.rows, same.equal) == (STATED, 33, 13)
    assert same.runs == ("Combined Experiment @ 1536", "Combined Experiment @ 2048", "Entity Coref Fine-tuning @ 2048")
    # All twenty of MLM v2 are off by up to half a point, mostly to one side: whatever was added up there, it is not in the table.
    assert same.furthest == pytest.approx(0.0047, abs=1e-4)
    assert weighted.best.checkpoint == "checkpoint-1600"
    assert weighted.best.score == pytest.approx(0.6314, abs=1e-4)


def test_no_three_weights_give_the_composite_of_mlm_v2():
    import numpy as np

    table = csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())
    rows = [row for row in table if row["run"].startswith("MLM v2")]
    scores = np.array([[float(row[name]) for name in WEIGHTS] for row in rows])
    stated = np.array([float(row["composite"]) for row in rows])

    fitted, *_ = np.linalg.lstsq(scores, stated, rcond=None)

    assert np.abs(scores @ fitted - stated).max() > 0.001


def test_runs_and_lengths_stand_side_by_side_at_equal_epochs_and_at_their_best(report):
    metric = report.metric("real_at_1")
    at = {row.epoch: row.values for row in equal_epochs(report.curves, metric)}
    lengths, rows = by_length(report)

    assert at[3.0] == (0.6604, 0.6447, 0.6613, 0.6513, 0.6778)
    assert at[5.0][0] == 0.6467
    assert lengths == (1536, 2048)
    assert [(row.family, [one and one.peak_score for one in row.best]) for row in rows] == [
        ("MLM v2", [0.6604, 0.6531]),
        ("Combined Experiment", [0.6675, 0.6578]),
        ("Entity Coref Fine-tuning", [None, 0.6778]),
    ]


def test_the_report_says_so_in_words():
    text = markdown(sweep([TABLE], by="real_at_1", weights=WEIGHTS).sweep)

    assert "**MLM v2 @ 1536: take checkpoint-390** (epoch 3), real_at_1 0.6604" in text
    assert "Early stopping after epoch 3 would have done" in text
    assert "**MLM v2 @ 1536：checkpoint-390 を採用**（エポック 3）。real_at_1は 0.6604。" in text
    assert "エポック 3.5 から過学習が見られ、エポック 5 までに 1.37 ポイント失われました。" in text
    assert "偶然かどうかをここでは判断できません" in text
    assert "Overfitting from epoch 3.5 on: 1.37 points lost by epoch 5." in text
    assert "nobody can say here whether it is more than chance" in text
    assert "composite = 0.4 × real_at_1 + 0.3 × real_at_5 + 0.3 × lambada_at_1" in text
    assert "for 13 of 33 checkpoints to its last digit" in text
    assert "The best of all runs is checkpoint-1600 of Entity Coref Fine-tuning @ 2048, real_at_1 0.6778." in text
    assert "| checkpoint-390 | 390 | 3 | peak | 0.6119 | **0.6604** |" in text


def test_the_page_fits_a_narrow_screen_and_shows_its_curves(page):
    from emojit.experiment.sweep.page import render_page

    page.set_content(render_page(sweep([TABLE], by="real_at_1").sweep))

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("figure svg").count() == 4
    assert page.locator("section:nth-of-type(2)[lang=ja] h2").inner_text() == "要約（日本語）"
    assert page.locator("td strong").first.inner_text() == "0.6604"
    assert "1.37 points lost by epoch 5" in page.locator("main").inner_text()
    assert "means of neighbouring checkpoints" not in page.locator("main").inner_text()


def test_the_command_writes_report_and_pictures(emojit, tmp_path):
    code, out, err = emojit(TABLE, "--by", "real_at_1")

    folder = tmp_path / "outputs" / "sweeps" / "published_checkpoints"
    assert (code, err) == (0, "")
    assert "take checkpoint-390 (epoch 3)" in out
    assert {path.name for path in folder.iterdir()} == {"sweep.md", "sweep.html", "sweep.json", "plots"}
    assert (folder / "plots" / "real_at_1.png").read_bytes().startswith(b"\x89PNG")
    assert "MLM v2 @ 1536" in (folder / "plots" / "real_at_1.svg").read_text(encoding="utf-8")
