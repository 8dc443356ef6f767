"""Silver rows: what a baseline labels, by a model that has not seen the article, and what a stage learns of it."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from emojit.baselines.linear import Linear
from emojit.baselines.scored import MOST, ScoredBaseline, best_scores
from emojit.baselines.silver import make_silver
from emojit.baselines.silver import making as making_module
from emojit.baselines.silver.mixing import LONGEST, SHORTEST, clauses, mixtures
from emojit.baselines.silver.single_words import single_words
from emojit.cli.app import app
from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.dataset.silver_record import read_record, record_path
from emojit.emoji import INVENTORY
from emojit.errors import CorpusError, DatasetError, UsageError
from emojit.lexicon.extra import has_words_extra
from emojit.lexicon.keywords import keywords
from emojit.lexicon.words import WordReader

PIECES = st.lists(st.text("あいう亜、。！ ", min_size=1, max_size=30), max_size=6)


@pytest.fixture
def build(planted, tmp_path):
    """The planted rows as a build folder, four rows to an article."""
    return write_build(planted, tmp_path / "build")


def write_build(planted, folder):
    with TableWriter(folder / data_file("train"), PAIR_COLUMNS) as table:
        for number, row in enumerate(planted):
            table.add(
                {
                    "id": f"{number:016x}",
                    "original_text": row.other,
                    "sns_text": row.text,
                    "emojis": list(row.emojis),
                    "emoji_string": " ".join(row.emojis),
                    "votes": [list(row.emojis)],
                    "source": "made",
                    "doc_id": str(number // 4),
                }
            )
    write_manifest(folder, {"name": "planted"})
    return folder


@pytest.fixture(scope="module")
def made(planted, tmp_path_factory):
    """Silver rows of a corpus too, and how many of which; the fits are what takes the time here."""
    folder = tmp_path_factory.mktemp("silver")
    build, corpus, out = write_build(planted, folder / "build"), folder / "corpus.txt", folder / "silver.jsonl"
    corpus.write_text(
        "".join(f"台風が{n}日に近づいて、町の電車が止まったそうである。\n" for n in range(1, 9)), encoding="utf-8"
    )
    counts = make_silver("linear", build, out, mixed=10, corpus=str(corpus), sentences=4, parts=2, quiet=True)
    return out, counts, build, corpus


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@given(PIECES)
def test_clauses_joined_are_the_text_behind_what_it_begins_with(pieces):
    text = "".join(pieces)

    assert text.endswith("".join(clauses(text)))


@given(PIECES, st.integers(0, 3))
def test_mixtures_are_new_distinct_in_length_and_made_of_clauses_alone(texts, seed):
    made = [mixture for mixture, _ in zip(mixtures(texts, random.Random(seed)), range(20), strict=False)]
    letters = {clause.strip() for text in texts for clause in clauses(text)}

    assert len(set(made)) == len(made)
    assert not set(made) & set(texts)
    assert all(SHORTEST <= len(mixture) <= LONGEST for mixture in made)
    assert all(any(part and part in mixture for part in letters) for mixture in made)


def test_every_text_is_labelled_by_a_model_that_has_not_seen_its_article(build, planted, tmp_path, monkeypatch):
    articles = {text: number // 4 for number, row in enumerate(planted) for text in (row.text,)}
    shared = {text for text in articles if sum(row.text == text for row in planted) > 1}
    asked: list[tuple[set[int], set[str]]] = []

    class Watched(Linear):
        def fit(self, rows):
            self.seen = {articles[row.text] for row in rows if row.text not in shared}
            super().fit(rows)

        def predict(self, texts):
            asked.append((self.seen, set(texts)))
            return super().predict(texts)

    monkeypatch.setattr(making_module, "make_baseline", lambda name: Watched())
    make_silver("linear", build, tmp_path / "silver.jsonl", parts=3, quiet=True)

    own = [
        (seen, articles[text]) for seen, texts in asked for text in texts if text in articles and text not in shared
    ]
    assert len(own) > 100
    assert all(article not in seen for seen, article in own)


def test_rows_have_an_answer_and_falling_scores_and_the_same_call_gives_the_same_bytes(made, tmp_path):
    out, counts, build, corpus = made
    again = tmp_path / "again.jsonl"

    make_silver("linear", build, again, mixed=10, corpus=str(corpus), sentences=4, parts=2, quiet=True)

    rows = read(out)
    assert len(rows) == counts.rows
    assert counts.posts >= 100
    assert counts.sentences > 0
    assert out.read_bytes() == again.read_bytes()
    assert not list(tmp_path.glob("*.partial"))
    assert not list(out.parent.glob("*.partial"))
    record = read_record(out)
    assert record is not None
    assert record.licence == "unknown"  # neither rows nor corpus name one
    assert record.rows == dataclasses.asdict(counts)
    assert record.corpus is not None
    assert record == read_record(again)
    for row in rows:
        values = list(row["scores"].values())
        assert 1 <= len(row["emojis"]) <= 5
        assert len(values) <= MOST
        assert values == sorted(values, reverse=True)
        assert set(row["scores"]) <= set(INVENTORY)
        assert all(0 < value <= 1 for value in values)
    typhoon = [row for row in rows if row["text"].startswith("台風が")]
    assert typhoon
    assert all("🌀" in row["scores"] for row in typhoon)


@pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")
def test_texts_with_other_nouns_and_about_words_of_emoji_are_labelled_and_counted(build, tmp_path):
    out = tmp_path / "silver.jsonl"

    counts = make_silver("linear", build, out, swapped=9, named=25, parts=2, quiet=True)

    assert (counts.swapped, counts.named) == (9, 25)
    record = read_record(out)
    assert record is not None
    assert record.rows == dataclasses.asdict(counts)
    texts = [row["text"] for row in read(out)]
    assert len(texts) == counts.rows == counts.posts + 34
    assert sum(any(word in text for word in keywords()) for text in texts[-12:]) == 12  # those of the second part


@pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")
def test_single_words_are_labelled_by_the_model_of_all_rows_those_of_the_data_set_first(build, planted, tmp_path):
    corpus, out = tmp_path / "corpus.txt", tmp_path / "silver.jsonl"
    corpus.write_text("天文台の望遠鏡で銀河の写真を撮影したそうである。\n" * 2, encoding="utf-8")

    counts = make_silver("linear", build, out, words=10_000, corpus=str(corpus), sentences=1, parts=2, quiet=True)

    rows = read(out)[counts.posts + counts.sentences :]
    own = {
        word.surface for row in planted for text in (row.text, row.other) if text for word in WordReader().words(text)
    }
    texts = [row["text"] for row in rows]
    assert len(texts) == counts.words == len(set(texts))
    assert own - set(texts) <= {row.text for row in planted}  # a text of one word is one already
    first = len(own & set(texts))
    assert set(texts[:first]) <= own
    assert {"望遠鏡", "銀河", "写真"} <= set(texts[first:])
    everything = Linear()
    everything.fit(planted)
    assert [row["emojis"] for row in rows] == everything.predict(texts)


@given(st.integers(0, 6))
def test_no_more_words_are_labelled_than_were_asked_for_and_the_most_frequent_first(count):
    pytest.importorskip("sudachipy")

    found = single_words(["雨と傘と雨", "傘"], ["海と山と海"], WordReader(), count)

    assert found == ["雨", "海", "山"][:count]  # 傘 is a text


def test_the_best_scores_are_those_that_the_answer_is_made_of(planted):
    model = Linear()
    model.fit(planted)
    texts = [row.text for row in planted[:20]]

    assert isinstance(model, ScoredBaseline)
    for answer, scores in zip(model.predict(texts), best_scores(model, texts), strict=True):
        assert list(scores)[: len(answer)] == answer


def test_a_corpus_that_is_not_there_is_said_before_anything_is_fitted(build, tmp_path, monkeypatch):
    monkeypatch.setattr(making_module, "_fitted", lambda *_: pytest.fail("fitted first"))

    with pytest.raises(CorpusError, match="no such file"):
        make_silver("linear", build, tmp_path / "s.jsonl", corpus=str(tmp_path / "no.jsonl"), sentences=3, quiet=True)

    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_fewer_sentences_than_were_asked_for_are_said(build, tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"title": "雨", "text": "雨の日は家で静かに本を読むに限ります。"}\n', encoding="utf-8")

    said = CliRunner().invoke(
        app,
        ["baseline", "label", "linear", "--dataset", str(build), "--out", str(tmp_path / "silver.jsonl"), "--parts", "2",
         "--corpus", str(corpus), "--sentences", "7"],
    )  # fmt: skip

    assert "0 mixtures, 0 with other nouns, 0 about words of emoji, 0 words alone, 1 of 7 sentences" in said.output


def test_a_baseline_without_scores_and_a_corpus_without_a_number_are_one_clear_line(build, tmp_path):
    run = CliRunner().invoke
    common = ["--dataset", str(build), "--out", str(tmp_path / "silver.jsonl")]

    nothing = run(app, ["baseline", "label", "constant", *common])
    half = run(app, ["baseline", "label", "linear", *common, "--corpus", "sample"])

    assert isinstance(nothing.exception, UsageError)
    assert isinstance(half.exception, UsageError)
    assert "constant: gives no score to every emoji" in str(nothing.exception)
    assert "--corpus and --sentences belong together" in str(half.exception)


def test_the_record_states_the_stricter_licence_of_rows_and_sentences(build, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = build / data_file("train")
    table = pq.read_table(path)
    licences = pa.array(["CC BY 4.0"] * len(table), pa.string())
    pq.write_table(table.set_column(table.schema.get_field_index("licence"), "licence", licences), path)
    corpus = tmp_path / "wiki.jsonl"
    lines = [
        {
            "id": str(n),
            "title": f"台風{n}",
            "text": f"台風が{n}日に近づいて、町の電車が止まったそうである。",
            "licence": "CC BY-SA 4.0",
        }
        for n in range(1, 9)
    ]
    corpus.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    alone, both = tmp_path / "alone.jsonl", tmp_path / "both.jsonl"

    make_silver("linear", build, alone, parts=2, quiet=True)
    make_silver("linear", build, both, corpus=str(corpus), sentences=4, parts=2, quiet=True)

    first, second = read_record(alone), read_record(both)
    assert first is not None
    assert second is not None
    assert (first.licence, second.licence) == ("cc-by-4.0", "cc-by-sa-4.0")


def test_the_record_of_another_file_is_refused(made, tmp_path):
    out = tmp_path / "silver.jsonl"
    shutil.copy(made[0], out)
    shutil.copy(record_path(made[0]), record_path(out))
    assert read_record(out) is not None
    with out.open("a", encoding="utf-8") as file:
        file.write('{"text": "雨", "emojis": ["☔"]}\n')

    with pytest.raises(DatasetError, match=r"is the record of another file than silver\.jsonl"):
        read_record(out)
