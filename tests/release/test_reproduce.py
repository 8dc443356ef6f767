"""A release made again from itself, and beside itself: what is said when it is the same, and where a change is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.dataset.folder import MANIFEST, listed_files, read_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, REPLY_COLUMNS, SENTENCE_COLUMNS, TableWriter, read_rows
from emojit.errors import DatasetError, PublishError
from emojit.release.push import push
from emojit.release.reproduce.run import reproduce

SENTENCES, REPLIES, TRAIN = (
    "corpus/sentences-00000.parquet",
    "teacher/replies-00000.parquet",
    "data/train-00000-of-00001.parquet",
)
COLUMNS = {SENTENCES: SENTENCE_COLUMNS, REPLIES: REPLY_COLUMNS, TRAIN: PAIR_COLUMNS}


@pytest.fixture
def release(finished_build, tmp_path) -> Path:
    return shutil.copytree(finished_build, tmp_path / "release")


def edit(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], None], *, signed: bool = True) -> None:
    """Change the rows of a table; with `signed` the manifest is brought up to date, as a careful forger does."""
    rows = read_rows(folder / name)
    change(rows)
    with TableWriter(folder / name, COLUMNS[name]) as table:
        for row in rows:
            table.add(row)
    if signed:
        sign(folder)


def sign(folder: Path) -> None:
    manifest = {**read_manifest(folder), "files": listed_files(folder)}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def test_the_packaged_sample_is_identical_and_so_is_its_corpus_step(release, monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    for corpus in (None, "sample"):
        result = reproduce(str(release), corpus=corpus, quiet=True)

        assert result.verdict == "identical"
        assert result.first is None
        assert len(result.files) == len(listed_files(release)) + 1
        assert result.rows == sum(read_manifest(release)["rows"].values())


def test_a_published_release_is_identical_and_is_named_with_its_commit(release, account):
    repo_id = f"{account.name}/pairs"
    pushed = push("dataset", release, repo_id, tag="v1", quiet=True)

    result = reproduce(f"{repo_id}@v1", quiet=True)

    assert (result.verdict, result.revision, result.commit) == ("identical", "v1", pushed.commit)
    with pytest.raises(PublishError, match="no revision 'v2'"):
        reproduce(f"{repo_id}@v2", quiet=True)


def test_what_others_wrote_into_the_published_card_is_no_difference_but_a_number_is(release, account):
    repo_id = f"{account.name}/pairs"
    push("dataset", release, repo_id, tag="v1", quiet=True)
    card = account.api.hf_hub_download(repo_id, "README.md", repo_type="dataset")
    text = Path(card).read_text(encoding="utf-8")
    account.api.upload_file(
        path_or_fileobj=f"{text}\n## Thanks\n\nTo the birds.\n".encode(),
        path_in_repo="README.md",
        repo_id=repo_id,
        repo_type="dataset",
    )
    recipe = (release / "recipe.toml").read_text(encoding="utf-8")
    push("dataset", release, repo_id, tag="v2", quiet=True)

    result = reproduce(f"{repo_id}@v2", quiet=True)

    assert result.verdict == "identical"
    assert (release / "recipe.toml").read_text(encoding="utf-8") == recipe
    published = Path(account.api.snapshot_download(repo_id, repo_type="dataset", revision="v2"))
    assert "To the birds." in (published / "README.md").read_text(encoding="utf-8")
    copy = shutil.copytree(published, release.parent / "copy")
    text = (copy / "README.md").read_text(encoding="utf-8")
    (copy / "README.md").write_text(text.replace("license: cc0-1.0", "license: mit"), encoding="utf-8")

    first = reproduce(str(copy), quiet=True).first

    assert first.path == "README.md"
    assert (first.difference.released, first.difference.rebuilt) == ("license: mit", "license: cc0-1.0")
    assert "the rebuilt file's is" in first.difference.why


def test_a_plot_that_was_exchanged_is_found_by_its_checksum(release, account):
    repo_id = f"{account.name}/pairs"
    push("dataset", release, repo_id, tag="v1", quiet=True)
    published = Path(account.api.snapshot_download(repo_id, repo_type="dataset", revision="v1"))
    copy = shutil.copytree(published, release.parent / "copy")
    (copy / "plots" / "emoji.png").write_bytes(b"no plot")

    first = reproduce(str(copy), quiet=True).first

    assert first.difference.place == "key files.plots/emoji.png.sha256"


def test_a_forged_path_in_a_published_manifest_leads_nowhere(release, account):
    push("dataset", release, f"{account.name}/pairs", tag="v1", quiet=True)
    published = account.api.snapshot_download(f"{account.name}/pairs", repo_type="dataset", revision="v1")
    copy = shutil.copytree(published, release.parent / "deep" / "copy")
    (copy.parent / "secret").write_text("x", encoding="utf-8")
    manifest = read_manifest(copy)
    manifest["kept"] = ["../secret"]
    manifest["files"]["../secret"] = {"sha256": "0", "size": 1}
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    assert reproduce(str(copy), quiet=True).verdict == "different"


def test_a_changed_reply_is_found_in_the_row_that_was_made_of_it(release):
    row = read_rows(release / TRAIN)[2]

    def change(replies):
        reply = next(one for one in replies if row["sns_text"] in one["request"])
        reply["text"] = "🪀"

    edit(release, REPLIES, change)

    result = reproduce(str(release), quiet=True)

    assert result.verdict == "different"
    assert result.first.path == TRAIN
    assert result.first.difference.place == "row 2, column emojis"
    assert result.first.difference.rebuilt == '["🪀"]'
    assert result.first.difference.released == json.dumps(row["emojis"], ensure_ascii=False)


@pytest.mark.parametrize("column", ["sns_text", "title", "doc_id"])
def test_a_changed_row_is_named_with_its_column(release, column):
    edit(release, TRAIN, lambda rows: rows[4].update({column: "別のもの"}))

    result = reproduce(str(release), quiet=True)

    assert [file.path for file in result.files if file.state == "different"] == [TRAIN]
    assert result.first.difference.place == f"row 4, column {column}"
    assert result.first.difference.released == "別のもの"


def test_a_row_that_is_gone_is_found(release):
    last = len(read_rows(release / TRAIN)) - 1
    edit(release, TRAIN, lambda rows: rows.pop())

    difference = reproduce(str(release), quiet=True).first.difference

    assert (difference.place, difference.released) == (f"row {last}", "no such row")


def test_a_changed_sentence_no_longer_has_its_id_and_has_no_reply(release):
    def change(rows):
        kept = next(row for row in rows if row["reason"] is None)
        kept["text"] = "これはこの版にない一文である。"

    edit(release, SENTENCES, change)

    result = reproduce(str(release), quiet=True)

    assert result.first.path == SENTENCES
    assert result.first.difference.place.endswith("column id")
    assert result.unanswered == 1
    assert result.first_unanswered == "rewrite: これはこの版にない一文である。"


def test_a_change_that_nothing_depends_on_is_found_by_the_checksum(release):
    def change(rows):
        dropped = next(row for row in rows if row["reason"] is not None)
        dropped["title"] = "別の題"

    edit(release, SENTENCES, change, signed=False)

    result = reproduce(str(release), quiet=True)

    assert result.verdict == "different"
    assert result.first.path == MANIFEST
    assert result.first.difference.place == f"key files.{SENTENCES}.sha256"


def test_a_file_that_was_changed_is_told_from_one_that_was_built_otherwise(release):
    edit(release, TRAIN, lambda rows: rows[0].update(url="https://example.org"), signed=False)

    assert "the rebuilt file's is" in reproduce(str(release), quiet=True).first.difference.why


def test_the_same_rows_in_other_bytes_are_the_same_content_where_the_versions_differ(release):
    pq.write_table(pq.read_table(release / TRAIN), release / TRAIN, compression="snappy")
    manifest = read_manifest(release)
    manifest["versions"]["pyarrow"] = "18.0.0"
    (release / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert reproduce(str(release), quiet=True).verdict == "different"
    sign(release)

    result = reproduce(str(release), quiet=True)

    assert result.verdict == "same content"
    assert {file.path for file in result.files if file.state == "same content"} == {TRAIN, MANIFEST}
    assert "pyarrow 18.0.0, here" in result.first.difference.why


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("README.md", "pairs of Japanese", "pears of Japanese", "line "),
        ("statistics.json", '"schema_version": 1', '"schema_version": 2', "key schema_version"),
        ("recipe.toml", "max_share = 0.03", "max_share = 0.030", "line "),
    ],
)
def test_a_changed_word_is_named(release, name, old, new, place):
    text = (release / name).read_text(encoding="utf-8")
    assert old in text
    (release / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    sign(release)

    result = reproduce(str(release), quiet=True)

    assert result.first.path == name
    assert result.first.difference.place.startswith(place)


def test_what_is_no_whole_build_is_refused(release, tmp_path):
    (release / SENTENCES).write_bytes(b"PAR1")
    assert "cannot be read" in reproduce(str(release), quiet=True).refusal
    (release / "statistics.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"statistics\.json cannot be read"):
        reproduce(str(release), quiet=True)
    with pytest.raises(DatasetError, match="no such folder"):
        reproduce(str(tmp_path / "nothing"), quiet=True)


def test_the_command_says_identical_or_where_not_and_keeps_the_rebuild(release, tmp_path):
    out = tmp_path / "again"
    done = CliRunner().invoke(app, ["reproduce", str(release), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["verdict"] == "identical"
    assert listed_files(out) == listed_files(release)

    edit(release, TRAIN, lambda rows: rows[1].update(sns_text="x"))
    done = CliRunner().invoke(app, ["reproduce", str(release)])
    assert done.exit_code == 1
    assert "row 1, column sns_text" in done.stdout
    assert "released  x" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"{release}: different (")
