"""The answers of a run on disk name the article of each row, so that whoever works out intervals knows which rows are alike."""

from __future__ import annotations

from emojit.dataset.loading import Loaded
from emojit.dataset.parquet import read_rows
from emojit.student.artefacts import _write_predictions


def loaded(split: str, **article: str | None) -> Loaded:
    row = {"id": split, "sns_text": "文", "emojis": ["🎉"], **article}
    return Loaded(rows=[row], split=split, repo_id=None, commit=None, folder=None, fingerprint="")


def test_the_article_of_each_row_is_written_where_the_data_set_says_it(tmp_path):
    rows = {
        "validation": loaded("validation", source="wiki", doc_id="7"),
        "test": loaded("test", source="wiki", doc_id=None),
    }
    answers = {split: [["🎉"]] for split in rows}
    _write_predictions(tmp_path / "some.parquet", "sns_text", rows, answers)
    none = {split: loaded(split) for split in rows}
    _write_predictions(tmp_path / "none.parquet", "sns_text", none, answers)

    assert [row["article"] for row in read_rows(tmp_path / "some.parquet")] == ["wiki/7", None]
    assert all("article" not in row for row in read_rows(tmp_path / "none.parquet"))
