"""The report on several runs: from run folders to facts, Markdown and JSON."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from emojit.dataset.parquet import TableWriter
from emojit.emoji import INVENTORY
from emojit.errors import DatasetError, UsageError
from emojit.evaluation.predictions import write_predictions
from emojit.evaluation.report import SCHEMA_VERSION, DatasetFacts, EvalReport, Interval, Source, SystemReport
from emojit.experiment.comparison.files import read_comparison
from emojit.experiment.layout import RunFailure, RunStatus
from emojit.experiment.table import write_table
from emojit.metrics import exact_match, jaccard_scores

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
synthetic = SimpleNamespace(**runpy.run_path(str(BENCHMARKS / "synthetic_runs.py")))

ROWS = 120


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Path:
    """A plan with a variant that is clearly better, one that is clearly worse and one that answers as the base does."""
    folder = tmp_path_factory.mktemp("plans") / "plan"
    synthetic.write_plan(folder, {"base": 0.5, "good": 0.8, "bad": 0.2, "same": 0.5}, seeds=(0, 1), rows=ROWS)
    return folder


@pytest.fixture(scope="module")
def comparison(plan, tmp_path_factory):
    return write_table([str(plan)], out=tmp_path_factory.mktemp("out"))[0]


def by_hand(tmp_path, *names, **settings):
    for name in names:
        synthetic.write_run(
            tmp_path / name,
            **{"quality": 0.5, "seed": 0, "rows": ROWS, "changes": {"train.epochs": len(name)}, **settings},
        )
    return [str(tmp_path / name) for name in names]


def test_the_verdicts_and_the_first_findings_say_what_helped(comparison):
    verdicts = {row.name: row.difference.verdict for row in comparison.variants if row.difference}

    assert verdicts == {"good": "better", "bad": "worse", "same": "equal"}
    assert [(finding.kind, finding.variant) for finding in comparison.findings[:3]] == [
        ("better", "good"), ("worse", "bad"), ("undecided", "same"),
    ]  # fmt: skip
    assert comparison.findings[0].english.startswith("good helped: Jaccard ")
    assert "3 comparisons" in comparison.findings[0].english
    assert all(finding.japanese for finding in comparison.findings)


def test_the_scores_are_those_of_the_metrics_averaged_over_the_seeds(comparison):
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


@pytest.mark.parametrize("per_article", [None, 4])
def test_the_order_of_the_rows_in_the_files_changes_nothing(tmp_path, per_article):
    found = []
    for order in (None, 1, 2):
        folder = tmp_path / str(order)
        for name, quality in (("base", 0.5), ("other", 0.6)):
            synthetic.write_run(
                folder / name,
                quality=quality,
                seed=0,
                rows=ROWS,
                changes={"train.epochs": quality},
                order=order,
                per_article=per_article,
            )
        found.append(write_table([str(folder / "base"), str(folder / "other")], out=folder)[0])

    assert found[0] == found[1] == found[2]


def test_articles_are_drawn_where_a_run_says_which_row_is_of_which(tmp_path):
    """One run of an older version, whose rows name no article, changes nothing about the others'."""
    folders = by_hand(tmp_path, "base") + by_hand(tmp_path, "better", per_article=2, quality=0.7)

    rows = write_table(folders[:1], out=tmp_path / "rows")[0]
    both, out = write_table(folders, out=tmp_path / "both")

    assert (rows.test.articles, both.test.articles) == (None, ROWS // 2)
    assert both.variants[0].jaccard.mean == rows.variants[0].jaccard.mean
    assert both.variants[0].jaccard != rows.variants[0].jaccard
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "bootstrap intervals over articles with all their rows" in text
    assert "The bootstrap draws articles, 60 of them" in text
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "記事（60件）を単位とする" in page
    assert "which are of one article the runs do not say" in (tmp_path / "rows" / "report.html").read_text("utf-8")
    assert read_comparison(out) == both


def test_few_articles_are_a_warning_though_the_rows_are_many(tmp_path):
    (run,) = by_hand(tmp_path, "base", per_article=30)

    found = write_table([run], out=tmp_path / "out")[0].findings

    (warned,) = [one for one in found if one.kind == "problem"]
    assert warned.english.startswith("4 articles of the test split are too few")
    assert "4 記事しかありません" in warned.japanese


def test_a_comparison_of_a_version_that_knew_no_articles_is_read(plan, comparison, tmp_path):
    table = json.loads((write_table([str(plan)], out=tmp_path)[1] / "comparison.json").read_text(encoding="utf-8"))
    del table["test"]["articles"]
    for row in table["variants"]:
        del row["when"]
    (tmp_path / "comparison.json").write_text(json.dumps(table), encoding="utf-8")

    assert read_comparison(tmp_path) == comparison


def test_the_second_column_holds_the_rows_that_the_inventory_can_express(tmp_path):
    folders = by_hand(tmp_path, "base") + by_hand(tmp_path, "top50", emojis=50, changes={"model.emojis": 50})
    gold = [emojis for _, _, emojis in synthetic.gold(ROWS)]

    base, top50 = write_table(folders, out=tmp_path / "out")[0].variants

    expected = sum(set(row) <= set(INVENTORY[:50]) for row in gold)
    assert (base.expressible.emojis, base.expressible.rows) == (len(INVENTORY), ROWS)
    assert (top50.expressible.emojis, top50.expressible.rows) == (50, expected)
    assert 0 < expected < ROWS
    assert top50.scores.jaccard == base.scores.jaccard
    assert top50.expressible.jaccard.mean == pytest.approx(top50.expressible.base_jaccard)
    assert (top50.changes, top50.name) == ({"model.emojis": 50, "train.epochs": 10.0}, "top50")


def test_two_runs_on_different_test_rows_are_refused_and_both_fingerprints_named(tmp_path):
    folders = by_hand(tmp_path, "one") + by_hand(tmp_path, "other", fingerprint="f1f1f1f1f1f1f1f1")

    with pytest.raises(
        DatasetError, match=r"other was scored on other test rows than one.*f1f1f1f1f1f1f1f1.*e0e0e0e0e0e0e0e0"
    ):
        write_table(folders, out=tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_predictions_of_other_rows_are_refused_though_the_record_names_the_same_fingerprint(tmp_path):
    folders = by_hand(tmp_path, "one") + by_hand(tmp_path, "other", rows=ROWS - 1)

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
def test_a_run_with_a_missing_file_is_a_row_that_says_so_and_the_others_stand(plan, tmp_path, damage, reason):
    folders = by_hand(tmp_path, "base", "good", "broken")
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


def test_a_missing_log_is_a_remark_and_the_scores_stand(tmp_path):
    folders = by_hand(tmp_path, "base")
    (tmp_path / "base" / "train_log.csv").unlink()

    (run,) = write_table(folders, out=tmp_path / "out")[0].runs

    assert (run.state, run.curve, run.notes) == ("done", (), ("train_log.csv is missing: no curves",))


def test_failed_and_skipped_runs_of_a_plan_are_rows_with_their_cause_and_no_path_of_this_machine(tmp_path):
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


def test_a_plan_without_a_finished_run_is_a_report_that_says_so(tmp_path):
    folder = synthetic.write_plan(tmp_path, {"base": 0.5}, seeds=(0,), rows=10)
    folder.write_statuses([])

    found = write_table([str(tmp_path)])[0]

    assert found.findings[0].english == "No run is finished, so nothing can be compared."
    assert (found.test, found.variants[0].scores) == (None, None)
    assert read_comparison(tmp_path) == found


def test_folders_that_differ_in_their_seed_alone_are_one_variant(tmp_path):
    for seed in (1, 0):
        by_hand(tmp_path / "base", f"seed-{seed}", seed=seed, changes={})
        by_hand(tmp_path / "low", f"seed-{seed}", seed=seed, changes={"train.learning_rate": 1e-5})
    folders = [str(path) for path in sorted(tmp_path.glob("*/seed-*"))]

    found = write_table(folders, base="low", out=tmp_path / "out")[0]

    assert [(row.name, row.seeds, row.is_base) for row in found.variants] == [
        ("low", (0, 1), True),
        ("base", (0, 1), False),
    ]
    assert found.variants[1].changes == {"train.learning_rate": 3e-4}
    assert found.variants[1].difference.verdict == "equal"


def test_the_same_recipe_and_seed_twice_are_two_variants_to_compare(tmp_path):
    folders = by_hand(tmp_path, "cpu", "gpu", changes={})

    found = write_table(folders, out=tmp_path / "out")[0]

    assert [row.name for row in found.variants] == ["cpu", "gpu"]


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
def test_wrong_use_is_one_clear_line(plan, tmp_path, monkeypatch, targets, base, words):
    by_hand(tmp_path, "run")
    (tmp_path / "empty").mkdir()
    (tmp_path / "plan").symlink_to(plan)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=words) as caught:
        write_table(targets, base=base)

    assert caught.value.hint


def test_baselines_of_other_rows_are_refused(tmp_path):
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


def test_folders_of_one_name_are_told_apart_by_their_parents_and_seeds_are_found_below_a_variant(tmp_path):
    by_hand(tmp_path / "a", "run", changes={})
    by_hand(tmp_path / "b", "run", changes={"train.epochs": 3.0})
    for seed in (0, 1):
        by_hand(tmp_path / "low", f"seed-{seed}", seed=seed, changes={"train.learning_rate": 1e-5})

    found = write_table([str(tmp_path / name) for name in ("a/run", "b/run", "low")], out=tmp_path / "out")[0]

    assert [(row.name, row.seeds) for row in found.variants] == [("a/run", (0,)), ("b/run", (0,)), ("low", (0, 1))]
    assert [run.folder for run in found.runs] == ["a/run", "b/run", "low/seed-0", "low/seed-1"]


def test_run_folders_bring_the_baselines_of_their_evaluation(tmp_path):
    folders = by_hand(tmp_path, "base", "other")
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


def test_texts_of_data_break_no_table_and_make_no_markup(tmp_path):
    rows = [("0", "a | b\n![x](http://127.0.0.1/) <b>", ["#️⃣"])]
    folders = by_hand(tmp_path, "base", rows=1)
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


def test_a_student_without_an_emoji_right_is_said_to_be_so_however_varied_it_is(tmp_path):
    wrong = {"test": [[INVENTORY[1000 + place]] for place in range(ROWS)]}
    folders = by_hand(tmp_path, "base") + by_hand(tmp_path, "broken", answers=wrong)

    found = write_table(folders, out=tmp_path / "out")[0]

    assert (found.variant("broken").scores.jaccard, found.variant("broken").scores.outside_top) == (0, 1)
    (finding,) = [finding for finding in found.findings if finding.kind == "collapse"]
    assert finding.english.startswith("Not a single emoji right: broken (100.0 % outside the top 5)")
