"""Verify of data sets that others made: as far as they go."""

from __future__ import annotations

import json

import pytest

from emojit.errors import DatasetError
from emojit.release.verify.run import verify


def test_a_data_set_of_others_is_checked_as_far_as_it_goes(foreign):
    findings = verify(str(foreign), quiet=True).findings

    assert findings.kept == []
    assert "2 rows (train 1, validation 0, test 1)" in findings.checked
    assert any(line.startswith("files against their checksums") for line in findings.unchecked)
    assert any("votes, source, doc_id" in line for line in findings.unchecked)


def test_leaks_and_wrong_emoji_in_a_data_set_of_others_are_found(foreign, forge):
    leak = {
        "original_text": "別の文だ。",
        "sns_text": "図書館で本3冊も借りちゃったよ",
        "emojis": ["👍🏽"],
        "emoji_string": "👍🏽",
    }
    with (foreign / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(leak, ensure_ascii=False)}\nno json\n")

    findings = verify(str(foreign), quiet=True).findings

    assert forge.kinds(findings) == {
        "rows: emojis holds what is not in canonical form",
        "duplicates: a train row nearly repeats a held-out row",
        "files: a line cannot be read",
    }


def test_columns_of_another_type_are_no_error_of_others_but_said_not_to_be_checked(tmp_path):
    rows = [{"id": n, "text": f"文その{n}のとおり書いてある", "emojis": "🎉 😊", "label": n} for n in range(3)]
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(lines, encoding="utf-8")

    findings = verify(str(tmp_path), quiet=True).findings

    assert findings.kept == []
    unchecked = "\n".join(findings.unchecked)
    assert "the column id, for it is int64 and not string" in unchecked
    assert "the column emojis, for it is string and not list<string>" in unchecked
    assert "near-duplicates between train and held-out rows" in unchecked


def test_a_folder_without_rows_and_a_missing_one_are_one_line_errors(tmp_path):
    with pytest.raises(DatasetError, match="no Parquet or JSONL file"):
        verify(str(tmp_path), quiet=True)
    with pytest.raises(DatasetError, match="no such folder"):
        verify(str(tmp_path / "none"), quiet=True)


@pytest.mark.parametrize("listed", [True, False], ids=["configs", "file_names"])
def test_versions_that_repeat_the_rows_before_them_are_data_sets_of_their_own(tmp_path, listed):
    rows = [
        {"original_text": f"文その{n}のとおり。", "sns_text": post, "emojis": ["🎉"]}
        for n, post in enumerate(["朝ごはんおいしかった", "電車めっちゃ混んでる", "図書館で本借りたよ"])
    ]
    for version in (1, 2, 3):
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows[:version])
        (tmp_path / f"v{version}.jsonl").write_text(lines, encoding="utf-8")
    configs = "".join(f"- config_name: v{n}\n  data_files: v{n}.jsonl\n" for n in (1, 2, 3)) if listed else "[]\n"
    (tmp_path / "README.md").write_text(f"---\nconfigs:\n{configs}---\n# Older\n", encoding="utf-8")

    findings = verify(str(tmp_path), quiet=True).findings

    assert findings.kept == []
    assert "each of 3 configurations by itself: v1, v2, v3" in findings.checked
    assert "6 rows (train 6, validation 0, test 0)" in findings.checked


def test_a_rewrite_that_comes_twice_within_a_configuration_is_found(tmp_path, forge):
    row = json.dumps({"sns_text": "電車めっちゃ混んでる", "emojis": ["🚃"]}, ensure_ascii=False)
    for name, content in (("a", f"{row}\n{row}\n"), ("b", f"{row}\n")):
        (tmp_path / f"{name}.jsonl").write_text(content, encoding="utf-8")
    configs = """---
configs:
- config_name: all
  data_files: [{split: train, path: "*.jsonl"}]
- config_name: b
  data_files: {test: b.jsonl}
---
"""
    (tmp_path / "README.md").write_text(configs, encoding="utf-8")

    findings = verify(str(tmp_path), quiet=True).findings

    assert forge.kinds(findings) == {"rows: a rewrite comes twice"}
    assert findings.total == 2, "twice in a, and in b what stands in a; b by itself has it once"
