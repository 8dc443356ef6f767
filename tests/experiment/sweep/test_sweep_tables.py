"""Tables of others, and what is said of those that cannot be read; peak, plateau and onset on curves that a person can follow."""

from __future__ import annotations

import dataclasses

import pytest

from emojit.errors import UsageError
from emojit.experiment.sweep.choosing import choice
from emojit.experiment.sweep.csv_table import read_table
from emojit.experiment.sweep.facts import Checkpoint, Curve, Metric
from emojit.experiment.sweep.findings import finding
from emojit.experiment.sweep.markdown import markdown
from emojit.experiment.sweep.report import _names, sweep
from emojit.experiment.sweep.writing import default_out

SHARE = Metric(name="m", label="m", better="higher", unit="share")
LOSS = Metric(name="m", label="m", better="lower", unit="nats")


def curve(*values: float | None) -> Curve:
    return Curve(
        run="r",
        source="table",
        length=None,
        steps_per_epoch=10,
        rows=None,
        fingerprint=None,
        checkpoints=tuple(
            Checkpoint(
                name=f"checkpoint-{5 * place}",
                step=5 * place,
                epoch=place / 2,
                members=(5 * place,),
                scores={} if value is None else {"m": value},
                problem="broken" if value is None else None,
            )
            for place, value in enumerate(values, start=1)
        ),
    )


def test_the_plateau_ends_where_a_neighbour_is_worse_and_overfitting_begins_where_none_comes_back():
    found = finding(curve(0.10, 0.298, 0.30, 0.296, 0.20, 0.297, 0.28, 0.27), SHARE, tolerance=0.5)

    assert (found.peak, found.peak_epoch) == ("checkpoint-15", 1.5)
    assert found.plateau == ("checkpoint-10", "checkpoint-15", "checkpoint-20")
    assert (found.plateau_from, found.plateau_to) == (1.0, 2.0)
    assert found.onset_epoch == 3.5  # at 3.0 it was as good once more
    assert found.lost == pytest.approx(3.0)
    assert found.spare == pytest.approx(25 / 40)
    assert (found.patience, found.stops_at) == (1, 2.0)


def test_a_loss_is_as_sure_as_the_articles_of_its_rows_and_not_as_their_copies():
    gaps = [0.3, -0.1, 0.2, 0.4, -0.2, 0.1, 0.5]
    plain = finding(curve(0.5, 0.4), SHARE, tolerance=0.5, differences=gaps)

    thrice = {"tolerance": 0.5, "differences": [gap for gap in gaps for _ in range(3)]}
    articles = finding(curve(0.5, 0.4), SHARE, articles=[place for place in range(7) for _ in range(3)], **thrice)
    rows = finding(curve(0.5, 0.4), SHARE, **thrice)

    assert (articles.lost_low, articles.lost_high) == pytest.approx((plain.lost_low, plain.lost_high))
    assert rows.lost_high - rows.lost_low < 0.7 * (plain.lost_high - plain.lost_low)


def test_in_japanese_a_mean_a_choice_that_was_asked_for_and_a_broken_checkpoint_are_said(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("run,step,epoch,m\nr,5,0.5,0.2\nr,10,1,0.3\nr,15,1.5,\nr,20,2,0.1\n", encoding="utf-8")
    asked = sweep([path], take="checkpoint-20").sweep
    assert "指定による選択です（単独で最良は checkpoint-10、0.3000）。" in markdown(asked)
    assert "4 個中 1 個のチェックポイントは採点できませんでした" in markdown(asked)

    plain = sweep([path]).sweep
    mean = Checkpoint(
        name="mean of checkpoint-5 to checkpoint-10", step=10, epoch=1.0, members=(5, 10), scores={"m": 0.35}
    )
    one = dataclasses.replace(plain.curves[0], averages=(mean,))
    chosen = choice(one, plain.metrics[0], plain.findings[0])
    report = dataclasses.replace(plain, curves=(one,), choices=(chosen,), best=chosen)
    assert "r：checkpoint-5 から checkpoint-10 までの平均 を採用" in markdown(report)
    assert "平均 1 通りの中で最良で、単独で最良の checkpoint-10 より 5.00 ポイント良い値です。" in markdown(report)


def test_of_a_loss_the_lowest_is_the_peak_and_the_tolerance_is_a_share_of_it():
    found = finding(curve(3.0, 2.0, 2.01, 2.5), LOSS, tolerance=0.5)

    assert (found.peak, found.peak_score, found.lost) == ("checkpoint-10", 2.0, pytest.approx(0.5))
    assert found.tolerance == pytest.approx(0.01)
    assert found.plateau == ("checkpoint-10", "checkpoint-15")
    assert found.onset_epoch == 2.0


def test_a_run_that_is_still_rising_has_no_onset_and_the_earliest_of_equal_peaks_is_taken():
    rising, level = (
        finding(curve(0.1, 0.2, 0.3), SHARE, tolerance=0),
        finding(curve(0.3, 0.3, 0.1), SHARE, tolerance=0),
    )

    assert (rising.onset_epoch, rising.lost, rising.spare, rising.stops_at) == (None, 0, 0, None)
    assert (level.peak, level.plateau) == ("checkpoint-5", ("checkpoint-5", "checkpoint-10"))


def test_the_seeds_of_a_plan_are_called_after_their_variants(tmp_path):
    folders = [tmp_path / name for name in ("base/seed-0", "low/seed-0")]

    assert _names(folders) == ["base/seed-0", "low/seed-0"]
    assert _names(folders[:1]) == ["base/seed-0"]
    assert _names([*folders, tmp_path / "other/low/seed-0"])[1:] == [f"{tmp_path.name}/low/seed-0", "other/low/seed-0"]
    assert default_out(folders).name == "base-seed-0--low-seed-0"


def test_a_checkpoint_without_a_value_is_passed_over():
    found = finding(curve(0.1, None, 0.2), SHARE, tolerance=0.5)

    assert found.peak_step == 15
    assert finding(curve(None), SHARE, tolerance=0.5) is None


def test_of_a_single_value_nothing_is_said_about_longer_training(tmp_path):
    (tmp_path / "t.csv").write_text("run,step,epoch,acc\na,1,1,0.5\na,2,2,\n", encoding="utf-8")

    text = markdown(sweep([tmp_path / "t.csv"]).sweep)

    assert (
        "acc 0.5000: the only checkpoint with a value. 1 of 2 checkpoints could not be scored; the table says why."
        in text
    )
    assert "longer training" not in text


def test_a_table_may_leave_cells_empty_and_name_a_loss(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "run,step,epoch,length,eval_loss,acc\na,2,2,512,1.5,\na,1,1,512,2.5,0.5\nb,1,1,128,,\n", encoding="utf-8"
    )

    report = sweep([path], by="eval_loss").sweep

    assert [one.name for one in report.curves[0].checkpoints] == ["checkpoint-1", "checkpoint-2"]
    assert [curve.length for curve in report.curves] == [512, 128]
    assert (report.best.checkpoint, report.finding("a", "acc").peak) == ("checkpoint-2", "checkpoint-1")
    assert report.finding("b") is None
    assert report.curves[1].checkpoints[0].problem == "the table has no value"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"no column run, step, epoch; it has none"),
        ("run,step,acc\na,1,0.5\n", r"no column epoch; it has run, step, acc"),
        ("run,step,epoch,acc\n", r"no rows below the header"),
        ("run,step,epoch\na,1,1\n", r"no column of a metric with a number in it"),
        ("run,step,epoch,acc\na,1,1,\n", r"no column of a metric with a number in it"),
        ("run,step,epoch,acc\na,1,1,good\n", r"line 2: acc is 'good', no number"),
        ("run,step,epoch,acc\na,1,1,nan\n", r"line 2: acc is 'nan', no number"),
        (
            "run,step,epoch,acc\na,1,1,0.5\n\na,1,1,0.6\n",
            r"line 4: step 1 of 'a' stands there twice, before in line 2",
        ),
        ("run,step,epoch,acc\na,1.5,1,0.5\n", r"line 2: step '1\.5'"),
        ("run,step,epoch,acc\na,1,1\n", r"line 2: 3 cells, the header has 4"),
        ("run,step,epoch,acc\n,1,1,0.5\n", r"line 2: no run is named"),
        ("run,step,epoch,acc,acc\na,1,1,0.5,0.5\n", r"column 'acc' stands there twice"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_its_line(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=message) as caught:
        read_table(path)

    assert "t.csv" in str(caught.value)
    assert caught.value.hint


def test_files_that_are_none_are_named(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"run,\xff\n")

    with pytest.raises(UsageError, match=r"t\.csv: cannot be read"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(UsageError, match=r"none\.csv: no such file"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "jaccard"], "--by: no metric 'jaccard' here"),
        (["--weights", "acc"], "--weights acc: 'acc' is no NAME=NUMBER"),
        (["--weights", "acc=0"], "--weights acc=0: 'acc=0' is no NAME=NUMBER with a number above 0"),
        (["--weights", "acc=1,acc=2"], "acc stands there twice"),
        (["--weights", "bleu=1"], "--weights: no metric 'bleu' here"),
        (["--average", "1"], "--average 1: a mean needs 2 neighbours"),
        (["--average", "3"], "--average 3: a table has no weights to average"),
        (["--metrics", "jaccard"], "--metrics jaccard: tables and domain runs were measured before"),
        (["--tolerance", "-1"], "--tolerance -1.0: must be >= 0"),
        (["--save", "m"], "--save writes the chosen weights of one run"),
        (["--take", "checkpoint-9"], "--take checkpoint-9: no such checkpoint"),
        (["other"], "other: no such file"),
        (["again/t.csv"], "two runs are called 'a'"),
    ],
)
def test_wrong_usage_is_one_line_with_a_hint(emojit, tmp_path, arguments, message):
    for path in (tmp_path / "t.csv", tmp_path / "again" / "t.csv"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("run,step,epoch,acc\na,1,1,0.5\n", encoding="utf-8")

    code, out, err = emojit("t.csv", *arguments)

    assert (code, out) == (2, "")
    assert message in err
    assert "hint: " in err
