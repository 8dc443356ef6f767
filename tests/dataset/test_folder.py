"""The manifest, and Parquet files with fixed bytes."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from emojit.dataset import parquet
from emojit.dataset.folder import read_manifest, verify_manifest, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, TableWriter, read_rows
from emojit.errors import DatasetError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.bin").write_bytes(b"abc")
    (tmp_path / "README.md").write_text("# x\n", encoding="utf-8")
    write_manifest(tmp_path, {"name": "x", "rows": {"train": 1}})
    return tmp_path


def test_the_manifest_names_every_file_with_its_hash_and_size(folder):
    manifest = verify_manifest(folder)

    assert manifest["files"]["data/a.bin"] == {
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "size": 3,
    }
    assert (manifest["schema_version"], manifest["name"]) == (1, "x")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "README.md").unlink(), r"README\.md is missing"),
        (lambda folder: (folder / "README.md").write_text("# y\n", encoding="utf-8"), r"README\.md was changed"),
        (lambda folder: (folder / "more.txt").touch(), r"more\.txt is not in the manifest"),
        (lambda folder: (folder / "manifest.json").unlink(), "no finished build"),
        (lambda folder: (folder / "manifest.json").write_text("{", encoding="utf-8"), "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("{}", encoding="utf-8"), "no manifest of a build"),
    ],
)
def test_damage_is_named(folder, damage, message):
    damage(folder)

    with pytest.raises(DatasetError, match=message) as caught:
        verify_manifest(folder)

    assert caught.value.hint


def test_a_manifest_from_the_future_asks_for_an_upgrade(folder):
    manifest = read_manifest(folder) | {"schema_version": 99}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(DatasetError, match="layout 99"):
        read_manifest(folder)


def test_a_missing_folder_is_a_one_line_error(tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        read_manifest(tmp_path / "none")


def write(path, count, **options):
    with TableWriter(path, REJECTED_COLUMNS, **options) as table:
        for i in range(count):
            table.add({"id": str(i), "stage": "filter", "reason": "too_short", "detail": "", "text": f"文{i}。"})
    return path


def test_equal_rows_give_equal_bytes(tmp_path):
    assert write(tmp_path / "a.parquet", 100).read_bytes() == write(tmp_path / "b.parquet", 100).read_bytes()


def test_files_have_no_pandas_metadata_and_row_groups_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 40)
    meta = pq.read_metadata(write(tmp_path / "a.parquet", 100))

    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [40, 40, 20]
    assert meta.metadata is None
    assert meta.format_version == "2.6"
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_a_series_goes_on_in_a_new_file(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "SHARD_ROWS", 40)
    write(tmp_path / "r.parquet", 100, series=True)

    found = sorted(tmp_path.iterdir())
    assert [path.name for path in found] == ["r-00000.parquet", "r-00001.parquet", "r-00002.parquet"]
    assert [row["id"] for path in found for row in read_rows(path)] == [str(i) for i in range(100)]


def test_an_empty_table_keeps_its_columns(tmp_path):
    with TableWriter(tmp_path / "a.parquet", PAIR_COLUMNS):
        pass

    table = pq.read_table(tmp_path / "a.parquet")
    assert (table.num_rows, table.column_names) == (0, list(PAIR_COLUMNS))
    assert str(table.schema.field("votes").type) == "list<element: list<element: string>>"
