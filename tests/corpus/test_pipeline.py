"""From articles to candidates: ids, order, and the limit per article."""

from __future__ import annotations

import hashlib

from emojit.corpus.pipeline import OVER_LIMIT, candidates
from emojit.corpus.records import Article
from emojit.recipe import FilterConfig

LINES = [f"{name}は、庭に来る小さな鳥のなかまである。" for name in ("すずめ", "めじろ", "つばめ", "ひよどり")]


def article(doc_id: str = "a", text: str = "概要.\n" + "".join(LINES)) -> Article:
    return Article(source="s", doc_id=doc_id, title="鳥", url="u", licence="CC0-1.0", text=text)


def test_every_item_is_offered_in_order_with_its_reason():
    offered = list(candidates([article()], FilterConfig()))

    assert [(s.index, s.text, reason) for s, reason in offered] == [
        (0, "概要.", "heading"),
        *((i, line, None) for i, line in enumerate(LINES, start=1)),
    ]
    assert offered[1][0].id == hashlib.sha256(f"s\na\n{LINES[0]}".encode()).hexdigest()[:16]
    assert offered[1][0].licence == "CC0-1.0"


def test_a_sentence_met_in_an_earlier_article_is_a_duplicate():
    offered = list(candidates([article("a", LINES[0]), article("b", LINES[0])], FilterConfig()))

    assert [reason for _, reason in offered] == [None, "duplicate"]


def test_the_limit_per_article_is_seeded_and_counted():
    def kept(seed: int, limit: int) -> list[str]:
        offered = candidates([article()], FilterConfig(), sentences_per_article=limit, seed=seed)
        return [s.text for s, reason in offered if reason is None]

    assert kept(0, 2) == kept(0, 2) == [line for line in LINES if line in kept(0, 2)]
    assert len(kept(0, 2)) == 2
    assert len({tuple(kept(seed, 1)) for seed in range(20)}) > 1
    assert set(kept(0, 1)) < set(kept(0, 2))
    reasons = [r for _, r in candidates([article()], FilterConfig(), sentences_per_article=1)]
    assert reasons.count(OVER_LIMIT) == 3


def test_articles_are_read_one_at_a_time():
    read = []

    def articles():
        for name in "abc":
            read.append(name)
            yield article(name, f"{name}は、庭に来る小さな鳥のなかまである。")

    next(candidates(articles(), FilterConfig()))

    assert read == ["a"]
