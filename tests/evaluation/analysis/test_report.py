"""The full report of one model: in the file, in Markdown and on a page, with texts that mean harm."""

from __future__ import annotations

import json
import re
import shutil

import pyarrow.parquet as pq
import pytest

from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.errors import DatasetError
from emojit.evaluation.errors.rules import CATEGORIES
from emojit.evaluation.page.write import render_page
from emojit.evaluation.report import read_report
from emojit.evaluation.run import evaluate_predictions
from emojit.evaluation.table import markdown

HOSTILE = "</style><script>document.title='taken'</script><img src=http://example.org/x onerror=alert(1)>|](http://example.org) `x`"
NAME = "<img src=x onerror=alert(1)>.jsonl"


@pytest.fixture(scope="module")
def evaluated(built, tmp_path_factory):
    """The report on a file of other rows' answers, over texts of which each holds markup, and its folder."""
    folder = tmp_path_factory.mktemp("full")
    data = shutil.copytree(built, folder / "v2")
    rows = load_rows(built, "test").rows
    with TableWriter(data / data_file("test"), PAIR_COLUMNS) as table:
        for row in rows:
            table.add({**row, "sns_text": row["sns_text"] + HOSTILE})
    with TableWriter(data / data_file("train"), PAIR_COLUMNS) as table:
        for row in load_rows(built, "train").rows[:200]:  # enough to learn something from, and fast
            table.add(row)
    write_manifest(data, {})
    answers = [rows[(3 * place) % len(rows)]["emojis"] for place in range(len(rows))]
    lines = [json.dumps({"emojis": answer}, ensure_ascii=False) for answer in answers]
    (folder / NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = evaluate_predictions(
        folder / NAME, data, out=folder / "report", baselines=["constant", "lexicon", "linear"], quiet=True
    )
    return report, folder / "report"


def test_every_system_is_analysed_and_the_report_reads_back_the_same(evaluated):
    report, folder = evaluated
    names = [system.name for system in report.systems]

    assert read_report(folder) == report
    assert list(report.analysis.intervals) == names
    assert [one.name for one in report.analysis.breakdowns] == ["length", "topic", "seen", "frequency"]
    assert all(sum(group.rows for group in one.groups) == report.dataset.rows for one in report.analysis.breakdowns)
    assert [one.system for one in report.analysis.errors.systems] == names
    assert [one.system for one in report.analysis.calibration] == ["linear"]
    assert report.analysis.intervals["linear"]["emoji_votes"]["ceiling_mean"].low > 0
    assert "emoji_votes" not in report.analysis.intervals["teacher-second-vote"]


def test_intervals_belong_to_the_figures(evaluated):
    report, _ = evaluated

    for system in report.systems:
        for module, figures in report.analysis.intervals[system.name].items():
            assert set(figures) <= set(system.module(module))
        ends = report.analysis.intervals[system.name]["emoji_jaccard"]["jaccard"]
        assert (ends.low, ends.high) == pytest.approx((system.jaccard.low, system.jaccard.high), abs=1e-8)


def test_every_figure_of_a_report_lies_in_its_interval_and_counts_are_written_as_counts(evaluated):
    report, folder = evaluated
    mine = report.systems[0]

    for module, figures in report.analysis.intervals[mine.name].items():
        for name, ends in figures.items():
            assert ends.low - 1e-8 <= mine.module(module)[name] <= ends.high + 1e-8, (module, name)
    ends = report.analysis.intervals[mine.name]["emoji_diversity"]["distinct"]
    written = f"{mine.diversity['distinct']} [{ends.low:.0f}, {ends.high:.0f}]"
    assert written in (folder / "results.html").read_text(encoding="utf-8")
    assert "| " + written.replace(" ", " | ", 1) + " |" in markdown(report)


def test_every_low_row_of_every_system_is_on_the_disk(evaluated):
    report, folder = evaluated
    rows = pq.read_table(folder / "eval_errors.parquet").to_pylist()

    for one in report.analysis.errors.systems:
        mine = [row for row in rows if row["system"] == one.system]
        assert len(mine) == one.low
        assert {name.name: sum(row["category"] == name.name for row in mine) for name in CATEGORIES} == {
            category.name: category.rows for category in one.categories
        }


def test_the_summary_is_japanese_and_stands_in_file_text_and_page(evaluated):
    report, folder = evaluated
    summary = report.analysis.summary_ja

    assert summary.startswith(f"testの{report.dataset.rows}件で、予測ファイルの平均Jaccard係数は")
    assert "最良の定数回答" in summary
    assert "キーワード辞書" in summary
    assert "教師どうしの一致" in summary
    assert "内訳の上位は" in summary
    assert "## 要約" in markdown(report)
    assert summary in (folder / "results.html").read_text(encoding="utf-8")


def test_texts_are_no_markup_in_the_page_and_the_text(evaluated):
    report, folder = evaluated
    page, text = render_page(report), markdown(report)

    assert (folder / "results.html").read_text(encoding="utf-8") == page
    assert report.analysis.errors.examples
    for written in (page, text):
        assert "<script" not in written
        assert "<img" not in written
    assert not re.search(r"(?<!\\)\]\(http", text)


def test_a_phone_shows_the_page_in_light_and_dark_without_a_request_or_sideways_scrolling(evaluated, page):
    _, folder = evaluated
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.set_content((folder / "results.html").read_text(encoding="utf-8"))
        state = page.evaluate("""() => ({
          width: document.documentElement.scrollWidth,
          title: document.title,
          ground: getComputedStyle(document.body).backgroundColor,
          mark: getComputedStyle(document.querySelector('.strips .wide.s1')).stroke,
          wide: [...document.querySelectorAll('body *')].filter(
            one => !one.closest('.scroll') && one.getBoundingClientRect().right > innerWidth + 1).length,
        })""")
        assert state["width"] <= 390
        assert state["wide"] == 0
        assert state["title"] == f"{NAME}: evaluation"
        grounds.append((state["ground"], state["mark"]))
    assert grounds[0][0] != grounds[1][0]
    assert grounds[0][1] != grounds[1][1]


def test_a_report_without_an_analysis_is_read_and_shown_and_a_damaged_one_is_refused(evaluated, tmp_path):
    report, folder = evaluated
    table = json.loads((folder / "eval_metrics.json").read_text(encoding="utf-8"))
    path = tmp_path / "eval_metrics.json"
    path.write_text(json.dumps({**table, "analysis": {"breakdowns": "none"}}), encoding="utf-8")
    with pytest.raises(DatasetError, match="not a report"):
        read_report(tmp_path)
    del table["analysis"]
    path.write_text(json.dumps(table), encoding="utf-8")

    older = read_report(tmp_path)

    assert older.systems == report.systems
    assert "## Errors" not in markdown(older)
    assert "instructive" not in render_page(older)
