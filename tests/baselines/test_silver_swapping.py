"""Texts with other nouns, which a baseline labels for a student."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.baselines.silver.mixing import LONGEST, SHORTEST
from emojit.baselines.silver.swapping import NounStore, named, swapped
from emojit.lexicon.extra import has_words_extra
from emojit.lexicon.keywords import keywords

pytestmark = pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")

POSTS = ["京都でお寺をたくさん見てきたよ、楽しかった！", "昨日は雨だったので家で映画を見ていた。"]
CORPUS = ["大阪では電車が止まった。", "鯨は海で生きる動物である。", "電車と電車と電車と電車。"]


@pytest.fixture(scope="module")
def reader():
    from emojit.lexicon.words import WordReader

    return WordReader()


@pytest.fixture(scope="module")
def nouns(reader):
    return NounStore(CORPUS, reader)


def some(nouns, reader, *, seed: int, count: int = 200) -> list[str]:
    return list(islice(swapped(POSTS, nouns, reader, random.Random(seed)), count))


def test_parts_of_a_text_are_the_text_and_nouns_have_a_kind(reader):
    for text in (*POSTS, *CORPUS, "ＡＢＣ  と\n改行"):
        assert "".join(part.surface for part in reader.parts(text)) == text
    kinds = {part.surface: part.noun for part in reader.parts(POSTS[0])}
    assert kinds["京都"] == "固有名詞 地名"
    assert kinds["寺"] == "普通名詞"
    assert kinds["楽しかっ"] == ""


def test_a_noun_gives_way_to_one_of_its_kind_or_to_a_name_of_an_emoji(nouns):
    drawn = Counter(nouns.other("固有名詞 地名", random.Random(seed)) for seed in range(300))

    assert drawn["大阪"] > 200  # the only place of the corpus
    assert sum(drawn.values()) - drawn["大阪"] in range(20, 80)  # 15 of 100 are words that emoji are called by
    assert "電車" not in drawn or drawn["電車"] < 5


def test_a_frequent_noun_is_drawn_by_the_root_of_its_count(nouns):
    drawn = Counter(nouns.other("普通名詞", random.Random(seed)) for seed in range(3000))

    # 電車 stands there five times, 動物 once.
    assert drawn["電車"] / drawn["動物"] == pytest.approx(5**0.5, rel=0.25)


def test_a_kind_that_the_store_lacks_stays(nouns, reader):
    assert nouns.other("固有名詞 人名", random.Random(0)) is None


def test_the_shape_of_the_posts_is_kept_and_their_nouns_are_not(nouns, reader):
    found = some(nouns, reader, seed=0)

    assert len(found) == len(set(found)) == 200
    assert not set(found) & set(POSTS)
    assert all(SHORTEST <= len(text) <= LONGEST for text in found)
    assert sum("見てきたよ" in text for text in found) > 50
    assert sum("電車" in text for text in found) > 50


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_texts(nouns, reader, seed):
    assert some(nouns, reader, seed=seed, count=20) == some(nouns, reader, seed=seed, count=20)


def test_texts_without_nouns_end_instead_of_going_on_for_ever(nouns, reader):
    texts = list(swapped(["とても、とても嬉しかった！"], nouns, reader, random.Random(0)))

    assert len(texts) < 10  # recombinations of its two clauses, and no more


def test_no_text_gives_nothing(nouns, reader):
    assert not list(swapped([], nouns, reader, random.Random(0)))


def test_every_word_that_emoji_are_called_by_comes_as_often_as_any_other(reader):
    words = keywords()
    posts = [*POSTS, "弟はいつも海で泳いでいるよ。", "山の上まで走ってみた！"]
    found = list(islice(named(posts, reader, random.Random(0)), 3 * len(words)))

    assert len(found) == len(set(found))
    assert 0.05 < len(set(found) & set(words)) / len(found) < 0.2  # alone
    shapes = ("泳いでいるよ。", "見てきたよ、", "走ってみた！")
    assert sum(text.endswith(shapes) for text in found) > len(found) / 3
    own = [word for word in words if len(word) > 3 and sum(word in other for other in words) == 1]
    times = [sum(word in text for text in found) for word in own[::10]]
    assert min(times) >= 1
    assert max(times) <= 5  # these few clauses give some word the same text twice, and then there is another round
    assert 2.8 < sum(times) / len(times) < 3.2


def test_texts_about_words_are_the_same_for_the_same_seed(reader):
    one, two = (list(islice(named(POSTS, reader, random.Random(5)), 50)) for _ in range(2))

    assert one == two


def test_without_a_short_clause_with_a_noun_nothing_is_said_about_words(reader):
    assert not list(named(["とても、とても嬉しかった！"], reader, random.Random(0)))
