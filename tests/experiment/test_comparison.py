"""The report on several runs: from run folders to facts, Markdown and JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from emojit.dataset.parquet import TableWriter
from emojit.emoji import INVENTORY
from emojit.evaluation.predictions import write_predictions
from emojit.evaluation.report import SCHEMA_VERSION, DatasetFacts, EvalReport, Interval, Source, SystemReport
from emojit.experiment.comparison.files import read_comparison
from emojit.experiment.table import write_table
from emojit.metrics import exact_match, jaccard_scores

ROWS = 120


def test_the_verdicts_and_the_first_findings_say_what_helped(comparison):
    verdicts = {row.name: row.difference.verdict for row in comparison.variants if row.difference}

    assert verdicts == {"good": "better", "bad": "worse", "same": "equal"}
    assert [(finding.kind, finding.variant) for finding in comparison.findings[:3]] == [
        ("better", "good"), ("worse", "bad"), ("undecided", "same"),
    ]  # fmt: skip
    assert comparison.findings[0].english.startswith("good helped: Jaccard ")
    assert "3 comparisons" in comparison.findings[0].english
    assert all(finding.japanese for finding in comparison.findings)


def test_the_scores_are_those_of_the_metrics_averaged_over_the_seeds(comparison, synthetic):
    rows = synthetic.gold(ROWS)
    gold = [emojis for _, _, emojis in rows]
    answers = [synthetic.answer(rows, quality=0.8, seed=seed * 1000 + 800) for seed in (0, 1)]

    good = comparison.variant("good")

    each = [sum(jaccard_scores(found, gold)) / ROWS for found in answers]
    assert good.scores.jaccard == pytest.approx(sum(each) / 2)
    assert good.jaccard.mean == pytest.approx(sum(each) / 2)
    assert good.jaccard.low < good.jaccard.mean < good.jaccard.high
    assert (good.spread["jaccard"].low, good.spread["jaccard"].high) == pytest.approx((min(each), max(each)))
    assert good.scores.exact_match == pytest.approx(sum(exact_match(found, gold) for found in answers) / 2)
    assert good.difference.jaccard.mean == pytest.approx(
        good.scores.jaccard - comparison.variant("base").scores.jaccard
    )
    assert good.outside_top.mean == pytest.approx(good.scores.outside_top)


def test_targets_baselines_and_published_figures_stand_in_places_of_their_own(comparison):
    good, bad = comparison.variant("good"), comparison.variant("bad")

    assert [(each.name, each.met) for each in good.criteria] == [("jaccard", True), ("outside_top", True)]
    assert not all(each.met for each in bad.criteria)
    assert [row.name for row in comparison.baselines] == ["constant"]
    assert comparison.baselines[0].difference.verdict == "worse"
    assert good.against_baseline.verdict == "better"
    assert [row.jaccard for row in comparison.published] == [0.0449]
    assert [row.name for row in comparison.variants] == ["base", "good", "bad", "same"]


def test_the_facts_of_the_pictures_are_there(comparison):
    run = comparison.runs[0]

    assert (len(comparison.runs), len(run.curve), run.curve[0].epoch, run.curve[0].step) == (8, 10, 1.0, 100)
    assert run.curve[-1].distinct == 200
    assert run.rows_per_emoji == pytest.approx(8 * ROWS / len(INVENTORY))
    assert comparison.distribution[0].gold >= comparison.distribution[1].gold
    assert set(comparison.distribution[0].variants) == {"base", "good", "bad", "same"}
    assert [found.variant for found in comparison.confusions] == ["base", "good", "bad", "same"]
    assert len(comparison.samples) == 20
    assert set(comparison.samples[0].answers) == {"base", "good", "bad", "same", "constant"}


def test_two_calls_write_the_same_bytes_and_the_json_is_read_back_whole(plan, comparison, tmp_path):
    written = [write_table([str(plan)], out=tmp_path / name)[1] for name in ("one", "two")]

    for name in ("report.md", "comparison.json"):
        assert (written[0] / name).read_bytes() == (written[1] / name).read_bytes()
        assert str(plan) not in (written[0] / name).read_text(encoding="utf-8")
    assert read_comparison(tmp_path / "one") == comparison


def test_a_comparison_of_a_version_that_knew_no_articles_is_read(plan, comparison, tmp_path):
    table = json.loads((write_table([str(plan)], out=tmp_path)[1] / "comparison.json").read_text(encoding="utf-8"))
    del table["test"]["articles"]
    for row in table["variants"]:
        del row["when"]
    (tmp_path / "comparison.json").write_text(json.dumps(table), encoding="utf-8")

    assert read_comparison(tmp_path) == comparison


def test_the_second_column_holds_the_rows_that_the_inventory_can_express(tmp_path, by_hand, synthetic):
    folders = by_hand("base") + by_hand("top50", emojis=50, changes={"model.emojis": 50})
    gold = [emojis for _, _, emojis in synthetic.gold(ROWS)]

    base, top50 = write_table(folders, out=tmp_path / "out")[0].variants

    expected = sum(set(row) <= set(INVENTORY[:50]) for row in gold)
    assert (base.expressible.emojis, base.expressible.rows) == (len(INVENTORY), ROWS)
    assert (top50.expressible.emojis, top50.expressible.rows) == (50, expected)
    assert 0 < expected < ROWS
    assert top50.scores.jaccard == base.scores.jaccard
    assert top50.expressible.jaccard.mean == pytest.approx(top50.expressible.base_jaccard)
    assert (top50.changes, top50.name) == ({"model.emojis": 50, "train.epochs": 10.0}, "top50")


def test_folders_that_differ_in_their_seed_alone_are_one_variant(tmp_path, by_hand):
    for seed in (1, 0):
        by_hand(f"seed-{seed}", below="base", seed=seed, changes={})
        by_hand(f"seed-{seed}", below="low", seed=seed, changes={"train.learning_rate": 1e-5})
    folders = [str(path) for path in sorted(tmp_path.glob("*/seed-*"))]

    found = write_table(folders, base="low", out=tmp_path / "out")[0]

    assert [(row.name, row.seeds, row.is_base) for row in found.variants] == [
        ("low", (0, 1), True),
        ("base", (0, 1), False),
    ]
    assert found.variants[1].changes == {"train.learning_rate": 3e-4}
    assert found.variants[1].difference.verdict == "equal"


def test_the_same_recipe_and_seed_twice_are_two_variants_to_compare(tmp_path, by_hand):
    folders = by_hand("cpu", "gpu", changes={})

    found = write_table(folders, out=tmp_path / "out")[0]

    assert [row.name for row in found.variants] == ["cpu", "gpu"]


def test_folders_of_one_name_are_told_apart_by_their_parents_and_seeds_are_found_below_a_variant(tmp_path, by_hand):
    by_hand("run", below="a", changes={})
    by_hand("run", below="b", changes={"train.epochs": 3.0})
    for seed in (0, 1):
        by_hand(f"seed-{seed}", below="low", seed=seed, changes={"train.learning_rate": 1e-5})

    found = write_table([str(tmp_path / name) for name in ("a/run", "b/run", "low")], out=tmp_path / "out")[0]

    assert [(row.name, row.seeds) for row in found.variants] == [("a/run", (0,)), ("b/run", (0,)), ("low", (0, 1))]
    assert [run.folder for run in found.runs] == ["a/run", "b/run", "low/seed-0", "low/seed-1"]


def test_run_folders_bring_the_baselines_of_their_evaluation(tmp_path, by_hand, synthetic):
    folders = by_hand("base", "other")
    rows = synthetic.gold(ROWS)
    answers = {"student": [emojis for _, _, emojis in rows], "constant": [["🎉"]] * ROWS}
    ids, texts, gold = map(list, zip(*reversed(rows), strict=True))
    write_predictions(
        tmp_path / "other/eval_predictions.parquet", ids=ids, texts=texts, references=gold, answers=answers
    )
    report = evaluated("student", "constant")
    (tmp_path / "other/eval_metrics.json").write_text(json.dumps(report.as_dict()), encoding="utf-8")

    found = write_table(folders, out=tmp_path / "out")[0]

    assert [row.name for row in found.baselines] == ["constant"]
    assert found.baselines[0].scores.distinct == 1


def evaluated(*names: str) -> EvalReport:
    """An evaluation as `emojit evaluate` writes it, with scores that nobody reads."""
    interval = Interval(mean=0.0, low=0.0, high=0.0)
    systems = tuple(
        SystemReport(
            name=name, kind="baseline" if place else "student", label=name, rows=ROWS, jaccard=interval, overlap={}, diversity={},
            emojis_per_text=1.0, seconds=None,
        )
        for place, name in enumerate(names)
    )  # fmt: skip
    return EvalReport(
        schema_version=SCHEMA_VERSION, system=names[0], source=Source(name="run", revision=None, commit=None),
        dataset=DatasetFacts(
            name="you/pairs", revision=None, commit=None, fingerprint="e0", split="test", rows=ROWS, train_rows=ROWS, input_column="sns_text"
        ),
        systems=systems, differences=(), verdict="", metrics=(), confidence=0.95, resamples=1, seed=0, versions={},
    )  # fmt: skip


def test_texts_of_data_break_no_table_and_make_no_markup(tmp_path, by_hand, synthetic):
    rows = [("0", "a | b\n![x](http://127.0.0.1/) <b>", ["#️⃣"])]
    folders = by_hand("base", rows=1)
    with TableWriter(tmp_path / "base/predictions.parquet", synthetic.COLUMNS) as table:
        for row, text, emojis in rows:
            table.add({"id": row, "split": "test", "text": text, "emojis": emojis, "student": emojis})

    write_table(folders, out=tmp_path / "out")

    report = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "| a \\| b !\\[x\\](http://127.0.0.1/) &lt;b&gt; | \\#️⃣ | \\#️⃣ (1.00) |" in report


def test_the_command_prints_scores_and_findings_or_one_object(plan, tmp_path):
    def emojit(*arguments):
        command = [sys.executable, "-m", "emojit", "experiment", "table", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)

    said = emojit(plan, "--out", "said")
    printed = emojit(plan, "--out", "printed", "--json")
    refused = emojit("nowhere", plan)

    assert (said.returncode, said.stderr, printed.stderr) == (0, "", "")
    assert said.stdout.startswith("mean Jaccard on 120 test rows of you/pairs, and the difference to base")
    assert "good helped: Jaccard" in said.stdout
    assert said.stdout.endswith("written to said\n")
    assert sorted(path.name for path in (tmp_path / "said").iterdir()) == [
        "comparison.json",
        "report.html",
        "report.md",
    ]
    found = json.loads(printed.stdout)
    assert (found["out"], found["schema_version"], len(found["runs"])) == ("printed", 1, 8)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: nowhere: no such folder\nhint: ")


def test_a_student_without_an_emoji_right_is_said_to_be_so_however_varied_it_is(tmp_path, by_hand):
    wrong = {"test": [[INVENTORY[1000 + place]] for place in range(ROWS)]}
    folders = by_hand("base") + by_hand("broken", answers=wrong)

    found = write_table(folders, out=tmp_path / "out")[0]

    assert (found.variant("broken").scores.jaccard, found.variant("broken").scores.outside_top) == (0, 1)
    (finding,) = [finding for finding in found.findings if finding.kind == "collapse"]
    assert finding.english.startswith("Not a single emoji right: broken (100.0 % outside the top 5)")
