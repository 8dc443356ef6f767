"""Verify: a real build is found sound; changed, missing, odd and damaged files are found and named."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from emojit.dataset.folder import read_manifest
from emojit.release.verify import rows as rows_module
from emojit.release.verify.findings import Findings
from emojit.release.verify.run import verify

TRAIN = "data/train-00000-of-00001.parquet"
VALIDATION = "data/validation-00000-of-00001.parquet"
TEST = "data/test-00000-of-00001.parquet"
REPLIES = "teacher/replies-00000.parquet"


def test_a_real_build_is_sound_and_everything_was_checked(finished_build):
    findings = verify(str(finished_build), quiet=True).findings

    assert findings.kept == []
    assert findings.unchecked == []
    assert len(findings.checked) == 10
    assert "every line of README.md" in findings.checked


def test_a_changed_byte_in_a_parquet_file_is_found(release, forge):
    content = bytearray((release / TRAIN).read_bytes())
    content[len(content) // 2] ^= 1
    (release / TRAIN).write_bytes(content)

    finding = forge.only(verify(str(release), quiet=True).findings, "files: has another sha256")

    assert finding.where == TRAIN
    assert finding.expected == read_manifest(release)["files"][TRAIN]["sha256"]


def test_a_truncated_file_is_found(release, forge):
    content = (release / TEST).read_bytes()
    (release / TEST).write_bytes(content[:-100])

    findings = verify(str(release), quiet=True).findings

    assert forge.only(findings, "files: has another size").found == f"{len(content) - 100} bytes"
    assert forge.only(findings, "files: cannot be read").where == TEST


def test_an_extra_and_a_missing_file_are_found(release, forge):
    (release / "data" / "more.txt").touch()
    (release / REPLIES).unlink()

    findings = verify(str(release), quiet=True).findings

    assert forge.only(findings, "files: is not in the manifest").where == "data/more.txt"
    assert forge.only(findings, "files: is missing").where == REPLIES


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("statistics.json", lambda table: table.update(teacher="x", emoji=None)),
        ("statistics.json", lambda table: table["density"]["table"].insert(0, True)),
        ("manifest.json", lambda table: table["files"].update({"README.md": 3})),
        ("manifest.json", lambda table: table["files"]["README.md"].update(sha256="0" * 64)),
        ("recipe.toml", None),
    ],
)
def test_files_of_another_layout_are_findings_and_no_traceback(release, name, change, forge):
    if change is None:
        (release / name).write_bytes(b"\xff = 1")
    else:
        forge.json(release, name, change)

    assert verify(str(release), quiet=True).findings.total > 0


@pytest.mark.parametrize("name", [TRAIN, REPLIES, "corpus/sentences-00000.parquet", "rejected/rejected-00000.parquet"])
def test_columns_that_are_missing_empty_or_of_another_type_are_findings_and_no_traceback(release, name):
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pq.read_table(release / name)
    for index, column in list(enumerate(whole.column_names))[::4]:
        flag = pa.array([True] * len(whole))
        for damaged in (whole.drop_columns([column]), whole.set_column(index, column, flag)):
            pq.write_table(damaged, release / name)

            findings = verify(str(release), quiet=True).findings

            assert any(f"{name}: {column}" in finding.where for finding in findings.kept)


def test_only_the_first_findings_of_a_kind_are_kept_but_all_are_counted():
    findings = Findings(keep=2)
    for number in range(5):
        findings.wrong("rows", "is odd", f"row {number}", found="x" * 1000)

    assert findings.total == 5
    assert [finding.where for finding in findings.kept] == ["row 0", "row 1"]
    assert len(findings.kept[0].found) < 400


def test_rows_are_read_a_few_at_a_time(finished_build, monkeypatch):
    import pyarrow.parquet as pq

    monkeypatch.setattr(pq, "read_table", lambda *_, **__: pytest.fail("a whole file was read"))
    seen = []
    original = rows_module.read_table
    monkeypatch.setattr(
        rows_module, "read_table", lambda *arguments: seen.append(arguments[0]) or original(*arguments)
    )

    assert verify(str(finished_build), quiet=True).findings.total == 0
    assert seen == [TEST, VALIDATION, TRAIN]


def test_the_command_line_lists_what_is_wrong_and_exits_with_1(release, forge):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "emojit", "verify", str(release), *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ)

    sound = run("--json")
    forge.card(release, "| train | 60 | 30 |", "| train | 61 | 30 |")
    wrong = run()

    assert (sound.returncode, json.loads(sound.stdout)["ok"]) == (0, True)
    assert wrong.returncode == 1
    assert "card: says something else than the files (1)\n" in wrong.stdout
    assert "expected 60, found 61" in wrong.stdout
    assert wrong.stdout.rstrip().endswith("1 thing is wrong")
