"""Files of every kind: packed or not, one or many, and what is wrong with them said in one line."""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emojit.corpus.local import released_name
from emojit.corpus.sources import open_articles
from emojit.corpus.streams import MAX_LINE_BYTES
from emojit.errors import CorpusError
from emojit.recipe import CorpusConfig

LINES = [json.dumps({"id": f"d{i}", "text": f"記事{i}の話がある。"}, ensure_ascii=False) for i in range(300)]
PLAIN = "".join(f"{line}\n" for line in LINES).encode()
HALF = len(PLAIN) // 2  # in the middle of a line, and perhaps of a character


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(content)
    return sink.getvalue().to_pybytes()


SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
PACKED = {
    "a.jsonl.gz": gzip.compress(PLAIN),
    "a.json.gz": gzip.compress(PLAIN[:HALF]) + gzip.compress(PLAIN[HALF:]),
    "a.jsonl.zst": zstd(PLAIN),
    "a.json.zst": SKIPPABLE + zstd(PLAIN[:HALF]) + SKIPPABLE + zstd(PLAIN[HALF:]),
    "A.JSONL.GZ": gzip.compress(PLAIN),
    "a.json": PLAIN,
}


def articles(source, **config):
    return list(open_articles(CorpusConfig(source=str(source), **config)))


def error(source, **config) -> str:
    with pytest.raises(CorpusError) as caught:
        articles(source, **config)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", PACKED)
def test_packed_files_of_several_members_give_what_the_plain_file_gives(tmp_path, name):
    (tmp_path / "a.jsonl").write_bytes(PLAIN)
    (tmp_path / name).write_bytes(PACKED[name])

    found = articles(tmp_path / name, name="s")

    assert found == articles(tmp_path / "a.jsonl", name="s")
    assert len(found) == 300


def test_text_files_may_be_packed_and_have_any_line_ends(tmp_path):
    (tmp_path / "a.txt").write_bytes("一。\n二。\n\n三。\n".encode())
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("\ufeff一。\r\n二。\r\n\r\n三。\r\n".encode()))
    (tmp_path / "c.txt.zst").write_bytes(zstd("\n\n一。\n二。\n \n\n三。".encode()))

    found = [articles(tmp_path / name, name="s") for name in ("a.txt", "b.txt.gz", "c.txt.zst")]

    assert [article.text for article in found[0]] == ["一。\n二。", "三。"]
    assert found[0] == found[1] == found[2]


def test_the_source_column_is_the_files_name_without_its_ending(tmp_path):
    for name in ("wiki.2023.jsonl", "wiki.2023.jsonl.gz"):
        (tmp_path / name).write_bytes(PACKED["a.jsonl.gz"] if name.endswith("gz") else PLAIN)
        assert articles(tmp_path / name)[0].source == "wiki.2023"


@pytest.fixture
def shards(tmp_path):
    """Three shards of three kinds in a folder with other things."""
    folder = tmp_path / "shards"
    (folder / "b").mkdir(parents=True)
    (folder / ".cache").mkdir()
    pq.write_table(
        pa.table({"id": ["p0", "p1"], "text": ["一。", "二。"], "junk": [1, 2]}), folder / "b" / "part-1.parquet"
    )
    (folder / "part-0.jsonl.zst").write_bytes(zstd(PLAIN))
    (folder / "a.jsonl").write_bytes(b'broken\n{"id": "x", "text": "\xe4\xb8\x89\xe3\x80\x82"}\n')
    (folder / ".cache" / "c.jsonl").write_bytes(PLAIN)
    (folder / "_temporary.jsonl").write_bytes(PLAIN)
    (folder / "README.md").write_text("not a corpus", encoding="utf-8")
    return folder


def test_a_folder_is_read_file_by_file_in_the_order_of_the_names(shards):
    lost = []
    source = open_articles(CorpusConfig(source=str(shards)), on_rejected=lost.append)

    found = [article.doc_id for article in source]

    assert found == ["x", "p0", "p1", *(f"d{i}" for i in range(300))]
    assert {article.source for article in articles(shards)} == {"shards"}
    assert [line.id for line in lost] == ["a.jsonl, line 1"]
    assert lost[0].detail.startswith("a.jsonl, line 1: no JSON")
    assert source.position.done == source.position.total


def test_the_manifest_names_every_file_of_a_folder_with_its_hash(shards):
    inputs = open_articles(CorpusConfig(source=str(shards))).inputs

    files = inputs["files"]
    assert (inputs["kind"], inputs["path"]) == ("files", "shards")
    assert [file["path"] for file in files] == ["a.jsonl", "b/part-1.parquet", "part-0.jsonl.zst"]
    assert files[0]["sha256"] == hashlib.sha256((shards / "a.jsonl").read_bytes()).hexdigest()
    assert len(inputs["sha256"]) == 64
    assert str(shards.parent) not in json.dumps(inputs)


def test_a_pattern_reads_what_it_matches(shards):
    source = open_articles(CorpusConfig(source=f"{shards}/**/part-*"))

    assert [a.doc_id for a in source][:3] == ["p0", "p1", "d0"]
    assert source.inputs["path"] == "part-*"
    assert source.reader.name == "shards"
    assert "README.md: cannot read a .md" in error(f"{shards}/*")
    assert "no file matches" in error(f"{shards}/*.csv")


def test_a_published_recipe_does_not_name_folders_of_this_machine(shards):
    assert released_name(str(shards)) == "shards"
    assert released_name(f"{shards}/part-*.zst") == "part-*.zst"
    assert released_name(f"{shards}/a.jsonl") == "a.jsonl"
    assert released_name("/gone/a.jsonl.gz") == "a.jsonl.gz"
    assert released_name("wikimedia/wikipedia") == "wikimedia/wikipedia"
    assert released_name("sample") == "sample"


def test_a_folder_without_a_corpus_file_is_a_clear_error(tmp_path):
    assert "no corpus file in this folder (it is empty)" in error(tmp_path)

    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    assert "no corpus file in this folder (a.csv)" in error(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl.gz", PACKED["a.jsonl.gz"][:-3], "the archive is damaged or cut off behind line "),
        ("a.jsonl.gz", PACKED["a.json.gz"][: len(PACKED["a.json.gz"]) // 3], "the archive is damaged or cut off behind line "),
        ("a.jsonl.zst", PACKED["a.jsonl.zst"][:-3], "the archive is damaged or cut off behind line "),
        ("a.jsonl.zst", PACKED["a.jsonl.zst"][:20] + b"\xff" * 40, "the archive is damaged or cut off behind line 0"),
        ("a.jsonl.gz", PACKED["a.jsonl.gz"][:40] + b"\0" * 100, "the archive is damaged or cut off behind line 0"),
        ("a.jsonl.gz", PACKED["a.jsonl.gz"] + b"garbage", "the archive is damaged or cut off behind line "),
        ("a.jsonl.gz", b"", "the file is empty"),
        ("a.jsonl.gz", gzip.compress(b""), "no article in 0 lines"),
        ("a.jsonl.zst", zstd(b"\n"), "no article in 0 lines"),
        ("a.jsonl.gz", PLAIN, "is no gzip archive in spite of its name"),
        ("a.jsonl.zst", PACKED["a.jsonl.gz"], "holds gzip data in spite of its name"),
        ("a.jsonl", PACKED["a.jsonl.gz"], "holds gzip data in spite of its name"),
        ("a.txt", PACKED["a.jsonl.zst"], "holds zstd data in spite of its name"),
        ("a.jsonl", b"PK\x03\x04zip", "holds zip data in spite of its name"),
        ("a.jsonl", b"PAR1....PAR1", "holds Parquet data in spite of its name"),
        ("a.parquet", PLAIN, "no readable Parquet file"),
        ("a.parquet", b"PAR1....PAR1", "no readable Parquet file"),
        ("a.parquet", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "holds Git LFS pointer data in spite of"),
        ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "holds Git LFS pointer data in spite of"),
        ("a.txt", "一。".encode("utf-16"), "is UTF-16"),
        ("a.txt", b"\0" * 5000, "no article in 1 lines"),
        ("a.jsonl", b"\0" * 5000, "1 of 1 lines cannot be read"),
        ("a.json", json.dumps([{"text": "一。"}], indent=1).encode(), "lines cannot be read"),
        ("a.txt", b"\xff\xfa binary", "line 1: no UTF-8 at byte 0"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_should_be_is_a_one_line_error(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    assert re.match(rf"{re.escape(str(tmp_path / name))}: .*{re.escape(message)}", error(tmp_path / name))


def test_a_truncated_parquet_file_names_it(tmp_path):
    pq.write_table(pa.table({"text": [f"記事{i}。" for i in range(1000)]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-100])

    assert "b.parquet: no readable Parquet file from its start" in error(tmp_path / "b.parquet")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.txt"])
def test_a_line_of_any_length_is_counted_and_passed_over(tmp_path, name):
    huge = b"\xe3\x81\x82" * (MAX_LINE_BYTES // 3 + 1000)
    good = PLAIN if name != "a.txt" else "".join(f"\n記事{i}の話。\n" for i in range(300)).encode()
    content = good + b"\n" + huge + b"\n" + (b"\n" if name == "a.txt" else b"") + good.replace(b"d", b"e")
    (tmp_path / name).write_bytes(gzip.compress(content, 1) if name.endswith("gz") else content)
    lost = []
    source = open_articles(CorpusConfig(source=str(tmp_path / name)), on_rejected=lost.append)

    assert len(list(source)) == 600
    assert source.rejected == {"too_large": 1}
    assert lost[0].detail.startswith("line 3") or lost[0].detail.startswith("line 6")
    assert len(lost[0].text) <= 500


def test_a_text_file_without_blank_lines_is_no_article_of_any_size(tmp_path):
    (tmp_path / "a.txt").write_bytes("短い文である。\n".encode() * (MAX_LINE_BYTES // 22 + 1000))

    assert "larger than 16 MiB without a blank line" in error(tmp_path / "a.txt")


def test_the_url_names_an_article_without_id(tmp_path):
    lines = ['{"text": "一。", "url": "http://x/1"}', '{"text": "二。", "url": "http://x/2", "id": 5}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")

    assert [(a.doc_id, a.url) for a in articles(tmp_path / "a.jsonl")] == [
        ("http://x/1", "http://x/1"),
        ("5", "http://x/2"),
    ]


def test_rows_can_be_read_in_another_process_and_counted_here(shards):
    source, plain = (
        open_articles(CorpusConfig(source=str(shards), share=0.5)),
        open_articles(CorpusConfig(source=str(shards), share=0.5)),
    )
    reader = pickle.loads(pickle.dumps(source.reader))

    found = [source.counted(reader.read(pickle.loads(pickle.dumps(row)))) for row in source.rows()]
    source.finish()

    assert [article for article in found if article] == list(plain)
    assert (source.lines, source.articles, source.left_out, source.rejected) == (
        plain.lines, plain.articles, plain.left_out, plain.rejected,
    )  # fmt: skip


def test_a_corpus_can_be_read_again_from_its_start(shards):
    source = open_articles(CorpusConfig(source=str(shards)))
    first = list(source)

    again = source.again()

    assert list(again) == first
    assert again.articles == source.articles == 303


def test_files_of_a_hub_data_set_are_no_option_for_a_folder(shards):
    assert "corpus.files is for Hub data sets" in error(shards, files="part-*")


@pytest.mark.parametrize("key", ["config", "revision"])
def test_what_only_a_repository_has_is_no_option_for_a_folder(shards, key):
    assert f"corpus.{key} = 'x' is for Hub data sets" in error(shards, **{key: "x"})


def test_a_file_that_changes_between_two_passes_stops_the_run(shards):
    source = open_articles(CorpusConfig(source=str(shards)))
    list(source)

    with (shards / "a.jsonl").open("ab") as file:
        file.write(b"more\n")
    with pytest.raises(CorpusError, match=r"a\.jsonl: has changed since it was opened"):
        list(source.again())
    (shards / "a.jsonl").unlink()
    with pytest.raises(CorpusError, match=r"a\.jsonl: cannot be read \(No such file or directory\)"):
        list(source.again())


def test_a_shard_that_is_a_link_to_nothing_is_named(shards):
    (shards / "part-9.jsonl").symlink_to(shards / "gone.jsonl")

    assert "part-9.jsonl: cannot be read (No such file or directory)" in error(shards)
