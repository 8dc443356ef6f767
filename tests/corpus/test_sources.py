"""Corpus files: what is read, what is counted, and what stops the run with one clear line."""

from __future__ import annotations

import gc
import json
import os
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emojit.corpus.articles import in_share
from emojit.corpus.sources import open_articles
from emojit.errors import CorpusError, OfflineError
from emojit.recipe import CorpusConfig


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return str(path)


def rows(count):
    return [
        json.dumps({"id": f"d{i}", "text": f"記事{i}。", "source": "test", "licence": "CC0-1.0"}) for i in range(count)
    ]


def test_the_packaged_sample_is_the_default():
    source = open_articles(CorpusConfig())

    articles = list(source)

    assert len(articles) == source.articles == 150
    assert source.inputs["kind"] == "sample"
    assert {a.licence for a in articles} == {"CC0-1.0"}


def test_jsonl_columns_and_their_other_names(tmp_path):
    path = write_lines(
        tmp_path / "birds.jsonl",
        [
            '{"doc_id": 7, "text": "鳥。", "title": "鳥", "url": "http://x", "license": "MIT"}',
            "",
            '{"text": "名無し。"}',
        ],
    )

    first, second = open_articles(CorpusConfig(source=path, licence="CC0-1.0"))

    assert (first.source, first.doc_id, first.title, first.licence) == ("birds", "7", "鳥", "MIT")
    assert (second.title, second.url, second.licence) == (None, None, "CC0-1.0")
    assert len(second.doc_id) == 16


def test_the_recipe_can_name_the_source(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", rows(1))

    assert [a.source for a in open_articles(CorpusConfig(source=path))] == ["test"]
    assert [a.source for a in open_articles(CorpusConfig(source=path, name="mine"))] == ["mine"]


def test_parquet_and_text_give_the_same_articles_as_jsonl(tmp_path):
    texts = ["一行目。\n二行目。", "別の記事。"]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    (tmp_path / "a.txt").write_text("\n\n\n".join(texts) + "\n", encoding="utf-8")
    write_lines(tmp_path / "a.jsonl", [json.dumps({"text": text}) for text in texts])

    found = [
        list(open_articles(CorpusConfig(source=str(tmp_path / f"a.{kind}")))) for kind in ("jsonl", "parquet", "txt")
    ]

    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("{no json", "no_json", "line 3: no JSON"),
        ("[1, 2]", "no_json", "line 3: a JSON list"),
        ("[" * 100_000, "no_json", "line 3: no JSON"),
        ('{"title": "x"}', "no_text", "line 3: no `text`"),
        ('{"text": 5}', "no_text", "line 3: `text` is a int"),
        ('{"text": "\\ud83d 半分。"}', "bad_unicode", "line 3: half a surrogate pair"),
    ],
)
def test_a_bad_line_is_counted_with_its_number_and_the_run_goes_on(tmp_path, line, reason, detail):
    good = rows(200)
    lost = []
    path = write_lines(tmp_path / "a.jsonl", [*good[:2], line, *good[2:]])
    source = open_articles(CorpusConfig(source=path), on_rejected=lost.append)

    articles = list(source)

    assert len(articles) == 200
    assert source.rejected == {reason: 1}
    [rejected] = lost
    assert (rejected.id, rejected.stage, rejected.reason) == ("line 3", "source", reason)
    assert rejected.detail.startswith(detail)


def test_a_line_that_is_no_utf8_is_a_bad_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xff\xfe broken\n" + "".join(f"{r}\n" for r in rows(150)).encode())
    source = open_articles(CorpusConfig(source=str(path)))

    assert len(list(source)) == 150
    assert source.rejected == {"bad_unicode": 1}


def test_more_bad_lines_than_allowed_stop_the_run_with_the_first_one_named(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [*rows(97), "x", "y", "z"])

    with pytest.raises(CorpusError, match=r"3 of 100 lines .* 0\.01 allows; the first: line 98: no JSON"):
        list(open_articles(CorpusConfig(source=path)))

    assert len(list(open_articles(CorpusConfig(source=path, max_bad_lines=0.03)))) == 97


def test_a_hopeless_corpus_is_given_up_early(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [*rows(980), *["x"] * 500, *rows(10_000)])
    source = open_articles(CorpusConfig(source=path))

    with pytest.raises(CorpusError, match="of 1000 lines"):
        list(source)


def test_empty_documents_are_counted_but_are_no_damage(tmp_path):
    source = open_articles(
        CorpusConfig(source=write_lines(tmp_path / "a.jsonl", [*rows(1), '{"text": " ", "title": "転送"}']))
    )

    assert len(list(source)) == 1
    assert source.rejected == {"empty_text": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "the file is empty"),
        ("a.jsonl", "\n\n", "no article in 0 lines"),
        ("a.txt", "\n \n", "no article in 0 lines"),
        ("a.csv", "text\n", r"cannot read a \.csv"),
        ("corpus", "text\n", "cannot read a file without ending"),
        ("a.parquet", "not parquet", "no readable Parquet file"),
    ],
)
def test_an_unusable_file_is_a_one_line_error(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(CorpusError, match=message) as caught:
        list(open_articles(CorpusConfig(source=str(tmp_path / name))))

    assert "\n" not in str(caught.value)


def test_a_parquet_file_without_text_names_its_columns(tmp_path):
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "a.parquet")

    with pytest.raises(CorpusError, match="no column `text`; columns: body"):
        list(open_articles(CorpusConfig(source=str(tmp_path / "a.parquet"))))


@pytest.mark.parametrize(
    ("source", "message"),
    [("nowhere/a.jsonl", "no such file"), ("nonsense", "no such corpus"), ("nowhere/*.jsonl", "no file matches")],
)
def test_a_missing_corpus_is_a_one_line_error_with_a_hint(source, message):
    with pytest.raises(CorpusError, match=message) as caught:
        open_articles(CorpusConfig(source=source))

    assert caught.value.hint


def test_a_hub_data_set_is_refused_offline(monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")

    with pytest.raises(OfflineError):
        open_articles(CorpusConfig(source="wikimedia/wikipedia"))


def test_a_smaller_share_is_a_subset_and_about_as_large_as_it_says():
    small = {i for i in range(5000) if in_share("s", str(i), 0.1)}
    large = {i for i in range(5000) if in_share("s", str(i), 0.3)}

    assert small < large
    assert 400 < len(small) < 600
    assert all(in_share("s", str(i), 1.0) for i in range(100))


def test_the_manifest_facts_name_the_file_and_not_its_folder(tmp_path):
    inputs = open_articles(CorpusConfig(source=write_lines(tmp_path / "a.jsonl", rows(1)))).inputs

    assert inputs["path"] == "a.jsonl"
    assert len(inputs["sha256"]) == 64
    assert str(tmp_path) not in json.dumps(inputs)


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [json.dumps({"id": str(i), "text": "あ" * 500}) for i in range(5_000)])
    gc.collect()
    tracemalloc.start()

    for _ in open_articles(CorpusConfig(source=path)):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2 * 2**20


def test_a_pipe_is_not_called_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")

    with pytest.raises(CorpusError, match="is no regular file"):
        open_articles(CorpusConfig(source=str(tmp_path / "pipe.jsonl")))
