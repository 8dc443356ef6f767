"""The report on several runs: articles are drawn, and nothing hangs on the order of rows."""

from __future__ import annotations

import pytest

from emojit.experiment.comparison.files import read_comparison
from emojit.experiment.table import write_table

ROWS = 120


@pytest.mark.parametrize("per_article", [None, 4])
def test_the_order_of_the_rows_in_the_files_changes_nothing(tmp_path, per_article, synthetic):
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


def test_articles_are_drawn_where_a_run_says_which_row_is_of_which(tmp_path, by_hand):
    """One run of an older version, whose rows name no article, changes nothing about the others'."""
    folders = by_hand("base") + by_hand("better", per_article=2, quality=0.7)

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


def test_few_articles_are_a_warning_though_the_rows_are_many(tmp_path, by_hand):
    (run,) = by_hand("base", per_article=30)

    found = write_table([run], out=tmp_path / "out")[0].findings

    (warned,) = [one for one in found if one.kind == "problem"]
    assert warned.english.startswith("4 articles of the test split are too few")
    assert "4 記事しかありません" in warned.japanese
