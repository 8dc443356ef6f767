"""The names and keywords of emoji in running text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from emojit.emoji import INVENTORY
from emojit.lexicon.keywords import keyword_index


def found(text: str) -> list[str]:
    return [hit.keyword for hit in keyword_index().find(text)]


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("昼にラーメンを食べた", ["ラーメン"]),
        ("アメリカでイカを見た", ["アメリカ", "イカ"]),  # and no イカ in アメリカ
        ("木曜日に3月の本を", []),
        ("庭に木がある", ["庭", "木"]),
        ("みんな笑った、泣いた", ["笑", "泣く"]),
        ("スマートフォンを買う", ["スマートフォン"]),
        ("ＣＤとＤＶＤ", ["cd", "dvd"]),
        ("", []),
        ("🎉", []),
    ],
)
def test_a_keyword_is_found_where_it_is_a_word(text, keywords):
    assert found(text) == keywords


def test_the_longest_keyword_wins_and_none_overlaps_another():
    hits = keyword_index().find("誕生日ケーキと電車")

    assert [hit.keyword for hit in hits][-1] == "電車"
    assert all(left.end <= right.start for left, right in pairwise(hits))
    assert "日" not in found("誕生日")


def test_an_emoji_that_is_called_so_comes_before_one_that_has_the_word_among_others():
    assert keyword_index().answer("電車が来た")[0] == "🚃"
    assert keyword_index().answer("フランスに行く")[0] == "🇫🇷"


def test_a_general_word_answers_nothing():
    assert keyword_index().answer("人の顔と手") == []


def test_an_answer_is_distinct_emoji_of_the_inventory_at_most_as_many_as_asked_for():
    text = "桜と花火と寿司とビールと電車と温泉と猫と犬と雪"

    answer = keyword_index().answer(text, most=4)

    assert len(answer) == len(set(answer)) == 4
    assert set(answer) <= set(INVENTORY)
    assert list(keyword_index().scores(text).values()) == sorted(keyword_index().scores(text).values(), reverse=True)


def test_a_keyword_named_twice_counts_once():
    index = keyword_index()

    assert index.scores("猫と猫と猫") == index.scores("猫")
