"""The first rows of data files: shown where they can be read, and a note where a file is broken or made to do harm."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from emojit.localhub.preview.cells import MAX_CELL_CHARS, MAX_ITEMS, cell
from emojit.localhub.preview.runner import NOT_WITHIN_LIMITS, Preview, Previews


def _preview(path: Path) -> Preview:
    return Previews().of(path, kind=path.suffix[1:], content=path.name)


def test_a_parquet_file_shows_its_first_rows_columns_and_counts(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["今日は良い日"] * 50,
            "emojis": [["😀", "❤️"]] * 50,
            "picture": [b"12345"] * 50,
            "nested": [{"a": [1, 2], "b": None}] * 50,
        }
    )
    parquet.write_table(table, tmp_path / "ok.parquet")

    preview = _preview(tmp_path / "ok.parquet")

    assert preview.problem is None
    assert [name for name, _ in preview.columns] == ["text", "emojis", "picture", "nested"]
    assert (len(preview.rows), preview.total_rows, preview.total_columns) == (20, 50, 4)
    assert list(preview.rows[0]) == ["今日は良い日", ["😀", "❤️"], "⟨5 bytes⟩", "{a: [1, 2], b: None}"]


def test_an_empty_table_is_no_problem(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"a": pa.array([], pa.string())}), tmp_path / "none.parquet")

    assert _preview(tmp_path / "none.parquet") == Preview(
        columns=[("a", "string")], rows=[], total_rows=0, total_columns=1
    )


def test_json_lines_and_csv_are_shown_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1, "e": ["😀"]}\n\n{"b": null}\n', encoding="utf-8")
    (tmp_path / "a.csv").write_text('a,b\n1,"x\ny"\n2\n', encoding="utf-8")

    lines, values = _preview(tmp_path / "a.jsonl"), _preview(tmp_path / "a.csv")

    assert [list(row) for row in lines.rows] == [["1", ["😀"], None], [None, None, None]]
    assert [list(row) for row in values.rows] == [["1", "x\ny"], ["2", ""]]


def test_a_file_that_unpacks_to_much_more_than_itself_is_refused_and_asked_once(tmp_path: Path) -> None:
    size = 60_000_000
    zeros = pa.py_buffer(np.zeros(size, np.uint8))
    offsets = pa.py_buffer(np.array([0, size], np.int32))
    bomb = pa.Array.from_buffers(pa.binary(), 1, [None, offsets, zeros])
    path = tmp_path / "bomb.parquet"
    parquet.write_table(pa.table({"a": bomb}), path, compression="zstd", use_dictionary=False, write_statistics=False)
    assert path.stat().st_size < 100_000
    previews = Previews(memory_bytes=330 * 1024**2)

    first = previews.of(path, kind="parquet", content="x")
    start = time.monotonic()
    again = previews.of(path, kind="parquet", content="x")

    assert first.problem
    assert "memory" in first.problem
    assert again is first
    assert time.monotonic() - start < 0.1


def test_a_file_of_very_many_columns_is_refused_by_its_footer(tmp_path: Path) -> None:
    parquet.write_table(pa.table({f"c{number}": [1] for number in range(2_500)}), tmp_path / "wide.parquet")

    assert "2500 columns" in str(_preview(tmp_path / "wide.parquet").problem)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.parquet", b"PAR1\x00\x00"),
        ("empty.parquet", b""),
        ("noise.parquet", b"PAR1" + bytes(range(256)) * 8 + (1000).to_bytes(4, "little") + b"PAR1"),
        ("deep.jsonl", b"[" * 100_000),
        ("number.jsonl", b'{"a": ' + b"9" * 50_000 + b"}"),
        ("list.jsonl", b"[1, 2]\n"),
        ("long.jsonl", b'{"a": "' + b"x" * 400_000 + b'"}'),
        ("open.csv", b'a,b\n"' + b"x\n" * 300_000),
    ],
)
def test_a_broken_file_is_a_note(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    preview = _preview(tmp_path / name)

    assert preview.problem
    assert str(tmp_path) not in preview.problem
    assert not preview.rows


def test_a_child_that_dies_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")

    assert _preview(tmp_path / "any.parquet").problem == NOT_WITHIN_LIMITS


def test_cells_are_cut() -> None:
    assert cell("x" * 10_000) == "x" * MAX_CELL_CHARS + "…"
    assert cell(["😀"] * 1_000) == [*["😀"] * MAX_ITEMS, "…"]
    assert len(str(cell({str(n): [[[[[n]]]]] * 50 for n in range(1_000)}))) <= MAX_CELL_CHARS + 1


def test_who_comes_when_many_wait_is_sent_away_and_may_come_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    previews = Previews()
    places = [previews._door for _ in range(8)]
    assert all(door.acquire(blocking=False) for door in places)

    busy = previews.of(tmp_path / "a.csv", kind="csv", content="x")
    for door in places:
        door.release()

    assert "load the page again" in str(busy.problem)
    assert previews.of(tmp_path / "a.csv", kind="csv", content="x").rows == [["1"]]
