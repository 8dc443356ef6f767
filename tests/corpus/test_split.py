"""Splitting: brackets, quotes, headings, lists, and what is left untouched."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.corpus.brackets import match
from emojit.corpus.split import split_sentences


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("雨が降る。風が吹く。", ["雨が降る。", "風が吹く。"]),
        ("本当か？！すごい！終わり", ["本当か？！", "すごい！", "終わり"]),
        ("彼は「行く。待て。」と言った。去った。", ["彼は「行く。待て。」と言った。", "去った。"]),
        ("国（くに。または邦。）は広い。次。", ["国（くに。または邦。）は広い。", "次。"]),
        ('彼は"行く。待て。"と言った。去った。', ['彼は"行く。待て。"と言った。', "去った。"]),
        ("概要.\n本文である。\n- 春。夏。\n・りんご", ["概要.", "本文である。", "- 春。夏。", "・りんご"]),
        ("== 歴史。変遷 ==\n# 見出し！です", ["== 歴史。変遷 ==", "# 見出し！です"]),
        (
            "モーニング娘。を聴く。Yahoo!ニュースを読む。けいおん!の曲。",
            ["モーニング娘。を聴く。", "Yahoo!ニュースを読む。", "けいおん!の曲。"],
        ),
        ("1.5倍になる。そうだ。", ["1.5倍になる。", "そうだ。"]),
        ("\n \n　\n", []),
    ],
)
def test_splits_where_a_reader_would(text, items):
    assert split_sentences(text) == items


def test_an_opening_quote_that_nothing_closes_costs_one_sentence_and_not_the_paragraph():
    assert split_sentences("彼は「急がば回れと言った。次の文である。\n別の段落。") == [
        "彼は「急がば回れと言った。",
        "次の文である。",
        "別の段落。",
    ]


def test_a_quote_opened_on_one_line_does_not_reach_into_the_next():
    assert split_sentences("彼は「急がば\n回れ。」と言った。") == ["彼は「急がば", "回れ。", "」と言った。"]


def test_emoji_and_full_width_letters_stay_as_they_are_while_marks_are_composed():
    assert split_sentences("㊗️‼️👨‍👩‍👧は１９０３年のＡＢＣだ。か\u3099く。") == [
        "㊗️‼️👨‍👩‍👧は１９０３年のＡＢＣだ。",
        "がく。",
    ]


def test_invisible_characters_go_and_tabs_become_blanks():
    assert split_sentences("\ufeff雨\u200bが\t降る\u00ad。\x00") == ["雨が 降る。"]


def boundaries(items: list[str]) -> set[int]:
    """Return where one item ends and the next begins, counted in characters that are not blank."""
    ends, end = [], 0
    for item in items:
        end += len("".join(item.split()))
        ends.append(end)
    return set(ends[:-1])


PARAGRAPHS = [
    line.split("‖")
    for line in (Path(__file__).parent / "paragraphs.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_tricky_paragraphs_are_split_as_a_person_would():
    wrong = {
        "".join(items): split_sentences("".join(items))
        for items in PARAGRAPHS
        if split_sentences("".join(items)) != items
    }

    found = [(boundaries(items), boundaries(split_sentences("".join(items)))) for items in PARAGRAPHS]
    hits = sum(len(wanted & got) for wanted, got in found)
    assert hits >= 0.985 * sum(len(got) for _, got in found), wrong
    assert hits >= 0.985 * sum(len(wanted) for wanted, _ in found), wrong
    assert len(PARAGRAPHS) >= 40


def test_a_parenthesis_that_is_a_sentence_stands_alone_and_one_that_belongs_to_a_word_does_not():
    assert split_sentences("雨が降る。（傘がいる。）次の日は晴れる。") == [
        "雨が降る。",
        "（傘がいる。）",
        "次の日は晴れる。",
    ]
    assert split_sentences("雨が降る。（株）山田屋は休む。") == ["雨が降る。", "（株）山田屋は休む。"]
    assert split_sentences("雨が降る。「傘がいる。」と母が言う。") == ["雨が降る。", "「傘がいる。」と母が言う。"]
    assert split_sentences("「傘がいる。」（母の日記より）") == ["「傘がいる。」（母の日記より）"]


@given(st.text(alphabet='雨がのた「」（）()"。｡！？!?.．…、a1・- \n'))
def test_nothing_is_lost_but_blanks(text):
    items = split_sentences(text)

    assert "".join("".join(items).split()) == "".join(text.split())
    assert all(item == item.strip() != "" for item in items)


@given(st.text())
def test_every_item_is_composed_and_splitting_never_fails(text):
    assert all(unicodedata.is_normalized("NFC", item) for item in split_sentences(text))


def test_brackets_pair_across_widths_and_name_what_is_left():
    found = match("（あ)「い」”う” 」（え")

    assert found.pairs == ((0, 2), (3, 5), (6, 8))
    assert found.orphans == (10,)
    assert found.unclosed == (11,)


def test_a_closing_bracket_takes_the_nearest_of_its_kind():
    found = match("「あ（い」う）")

    assert found.pairs == ((0, 4),)
    assert found.unclosed == (2,)
    assert found.orphans == (6,)
