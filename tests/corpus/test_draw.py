"""The drawing order: spread over the whole corpus, growing without change, at most so many sentences of an article."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from emojit.corpus.choice import OVER_LIMIT, Choice
from emojit.corpus.draw import draw, drawing_hash, passes
from emojit.corpus.sources import open_articles
from emojit.errors import CorpusError
from emojit.recipe import CorpusConfig, FilterConfig

LINES = [f"{name}は、庭に来る小さな鳥のなかまである。" for name in ("すずめ", "めじろ", "つばめ", "ひよどり")]
PLAIN = FilterConfig(order=("heading", "no_ending", "duplicate"))


def write(path, articles) -> CorpusConfig:
    rows = [json.dumps({"id": doc_id, "text": text, "source": "s"}) for doc_id, text in articles]
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")
    return CorpusConfig(source=str(path), sentences_per_article=0)


@pytest.fixture
def birds(tmp_path) -> CorpusConfig:
    return write(tmp_path / "birds.jsonl", [("a", "概要.\n" + "".join(LINES))])


@pytest.fixture
def many(tmp_path) -> CorpusConfig:
    """500 articles of three sentences each."""
    texts = [(f"d{i}", "".join(f"記事{i}には{part}の話がある。" for part in "一二三")) for i in range(500)]
    return write(tmp_path / "many.jsonl", texts)


def limited(corpus: CorpusConfig, limit: int) -> CorpusConfig:
    return CorpusConfig(source=corpus.source, sentences_per_article=limit)


def test_every_item_is_offered_in_text_order_with_its_reason(birds):
    drawn = draw(birds, PLAIN, seed=0, spread=False)

    offers = list(drawn)

    assert [(o.sentence.index, o.sentence.text, o.reason) for o in offers] == [
        (0, "概要.", "heading"),
        *((i, line, None) for i, line in enumerate(LINES, start=1)),
    ]
    assert offers[1].sentence.id == hashlib.sha256(f"s\na\n{LINES[0]}".encode()).hexdigest()[:16]
    assert (drawn.articles, drawn.drawn, drawn.candidates) == (1, 1, 5)


def test_without_a_sample_the_articles_come_in_corpus_order_one_at_a_time(many):
    drawn = draw(many, PLAIN, seed=0, spread=False)

    first = list(islice(drawn, 4))

    assert [o.sentence.doc_id for o in first] == ["d0", "d0", "d0", "d1"]
    assert drawn.articles == 2


def test_a_sample_comes_in_the_order_of_a_hash_that_depends_on_the_seed(many):
    def order(seed):
        return list(dict.fromkeys(o.sentence.doc_id for o in draw(many, PLAIN, seed=seed, spread=True)))

    assert order(0) == sorted((f"d{i}" for i in range(500)), key=lambda doc_id: drawing_hash(0, "s", doc_id))
    assert sorted(order(0)) == sorted(order(1))
    assert order(0) != order(1)


def test_a_prefix_of_a_sample_is_spread_over_the_whole_corpus(many):
    tenths: Counter[int] = Counter()
    for seed in range(20):
        articles = dict.fromkeys(o.sentence.doc_id for o in islice(draw(many, PLAIN, seed=seed, spread=True), 150))
        tenths.update(int(doc_id[1:]) // 50 for doc_id in articles)

    assert sum(tenths.values()) == 20 * 50
    assert all(60 <= tenths[tenth] <= 140 for tenth in range(10)), tenths


@pytest.mark.parametrize(
    ("first", "max_chars"), [(1, 10**9), (7, 10**9), (499, 10**9), (500, 10**9), (900, 200), (500, 1)]
)
def test_how_much_a_pass_holds_changes_nothing(many, first, max_chars):
    def order(first, max_chars):
        each = passes(open_articles(many), 3, first, max_chars=max_chars)
        return [article.doc_id for articles in each for article in articles]

    if max_chars == 1:  # one article per pass: the first ten show it
        each = passes(open_articles(many), 3, first, max_chars=1)
        assert [[a.doc_id for a in articles] for articles in islice(each, 10)] == [
            [doc_id] for doc_id in order(1000, 10**9)[:10]
        ]
    else:
        assert order(first, max_chars) == order(1000, 10**9)


def test_a_larger_count_draws_the_same_and_more(many):
    small = list(islice(draw(many, PLAIN, seed=0, spread=True, wanted=10), 40))
    large = list(islice(draw(many, PLAIN, seed=0, spread=True, wanted=400), 900))

    assert large[:40] == small


def test_duplicates_are_found_in_drawing_order(tmp_path):
    corpus = write(tmp_path / "a.jsonl", [(doc_id, LINES[0]) for doc_id in "abcdefgh"])

    first, *others = draw(corpus, PLAIN, seed=0, spread=True)

    assert first.sentence.doc_id == min("abcdefgh", key=lambda doc_id: drawing_hash(0, "s", doc_id))
    assert (first.reason, {o.reason for o in others}) == (None, {"duplicate"})


@pytest.mark.parametrize("spread", [False, True])
def test_articles_that_share_an_id_are_drawn_together_each_for_itself(tmp_path, spread):
    rows = [("a", LINES[0] + LINES[1]), ("b", LINES[2]), ("a", LINES[1] + LINES[3]), ("a", LINES[0] + LINES[1])]
    corpus = write(tmp_path / "a.jsonl", rows)

    drawn = draw(corpus, PLAIN, seed=0, spread=spread)
    offers = [(o.sentence.doc_id, o.sentence.text, o.reason) for o in drawn]

    parts = [
        ("a", LINES[0], None), ("a", LINES[1], None),
        ("a", LINES[1], "duplicate"), ("a", LINES[3], None),
        ("a", LINES[0], "duplicate"), ("a", LINES[1], "duplicate"),
    ]  # fmt: skip
    assert [offer for offer in offers if offer[0] == "a"] == parts
    assert drawn.articles == 4
    if spread:
        assert offers in ([*parts, ("b", LINES[2], None)], [("b", LINES[2], None), *parts])


def test_the_limit_per_article_is_seeded_and_counted(birds):
    def offers(seed, limit):
        return list(draw(limited(birds, limit), PLAIN, seed=seed, spread=False))

    def kept(seed, limit):
        return [o.sentence.text for o in offers(seed, limit) if o.reason is None]

    assert kept(0, 2) == kept(0, 2) == [line for line in LINES if line in kept(0, 2)]
    assert len(kept(0, 2)) == 2
    assert len({tuple(kept(seed, 1)) for seed in range(20)}) > 1
    assert set(kept(0, 1)) < set(kept(0, 2))
    assert [o.reason for o in offers(0, 1)].count(OVER_LIMIT) == 3


def test_a_duplicate_makes_room_for_the_next_sentence_of_its_article_and_the_rest_is_not_remembered(tmp_path):
    corpus = limited(write(tmp_path / "a.jsonl", [("a", LINES[0]), ("b", LINES[0] + LINES[1]), ("c", LINES[1])]), 1)

    for seed in range(10):
        reasons = {
            (o.sentence.doc_id, o.sentence.text): o.reason for o in draw(corpus, PLAIN, seed=seed, spread=False)
        }

        assert reasons["a", LINES[0]] is None
        assert reasons["b", LINES[1]] is None
        assert reasons["b", LINES[0]] in {"duplicate", OVER_LIMIT}
        assert reasons["c", LINES[1]] == "duplicate"

    choice = Choice(PLAIN, limit=1, seed=0)
    pair = [(o.sentence, None) for o in draw(corpus, PLAIN, seed=0, spread=False) if o.sentence.doc_id == "b"]
    over = next(o.sentence for o in choice.offers(pair) if o.reason == OVER_LIMIT)
    assert [o.reason for o in choice.offers([(over, None)])] == [None]


def test_what_a_filter_dropped_takes_no_place(birds):
    reasons = [o.reason for o in draw(limited(birds, 4), PLAIN, seed=0, spread=True)]

    assert reasons == ["heading", None, None, None, None]


def test_unreadable_lines_are_handed_over_once_however_many_passes_there_are(tmp_path):
    corpus = write(tmp_path / "a.jsonl", [(f"d{i}", f"記事{i}の話がある。") for i in range(3000)])
    with Path(corpus.source).open("a", encoding="utf-8") as file:
        file.write("broken\n")
    lost = []

    drawn = draw(corpus, PLAIN, seed=0, spread=True, on_rejected=lost.append)
    offers = list(drawn)

    assert len(offers) == drawn.articles == 3000
    assert [line.id for line in lost] == ["line 3001"]
    assert drawn.rejected == {"no_json": 1}


def test_a_damaged_corpus_stops_a_sample_before_its_first_sentence(tmp_path):
    corpus = write(tmp_path / "a.jsonl", [("a", LINES[0])])
    with Path(corpus.source).open("a", encoding="utf-8") as file:
        file.write("broken\n")

    with pytest.raises(CorpusError, match="1 of 2 lines cannot be read"):
        next(iter(draw(corpus, PLAIN, seed=0, spread=True)))


def test_a_near_duplicate_names_the_earlier_text_in_drawing_order(tmp_path):
    texts = {
        "a": "すずめは、庭によく来る小さな鳥のなかまである。",
        "b": "すずめは、庭によく来る小さな鳥の仲間である。",
    }
    corpus = write(tmp_path / "a.jsonl", list(texts.items()))
    filters = FilterConfig(order=("duplicate", "near_duplicate"))

    for seed in range(5):
        first, second = draw(corpus, filters, seed=seed, spread=True)

        assert {first.sentence.doc_id, second.sentence.doc_id} == {"a", "b"}
        assert first.reason is None
        assert (second.reason, second.detail) == ("near_duplicate", first.sentence.text)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [False, True])
def test_the_number_of_processes_changes_nothing(many, spread):
    def offers(processes):
        lost = []
        corpus = replace(many, processes=processes, sentences_per_article=2, share=0.9, max_bad_lines=0.5)
        drawn = draw(corpus, PLAIN, seed=0, spread=spread, on_rejected=lost.append)
        return list(drawn), drawn.articles, drawn.left_out, drawn.drawn, drawn.rejected, lost

    with Path(many.source).open("a", encoding="utf-8") as file:
        file.write("broken\n" * 3)

    assert offers(2) == offers(1)
