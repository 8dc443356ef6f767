"""Error analysis: every rule finds what it is for, and every low row has exactly one category."""

from __future__ import annotations

import random

import pytest

from emojit.emoji import INVENTORY
from emojit.evaluation.answers import Answers
from emojit.evaluation.errors.analysis import EXAMPLES, analyse
from emojit.evaluation.errors.polarity import polarity
from emojit.evaluation.errors.rules import CATEGORIES, LOW, Row, reasons
from emojit.evaluation.scored_rows import score_rows
from emojit.lexicon.keywords import keyword_index

NAMES = [category.name for category in CATEGORIES]
FREQUENT = frozenset({"🇯🇵", "✨", "🏆", "🎵", "🏢"})


def _row(text, answer, gold):
    return Row(
        answer=tuple(answer.split()),
        gold=tuple(gold.split()),
        named=tuple(keyword_index().find(text)),
        frequent=FREQUENT,
    )


def _system(name, answers):
    return Answers(name=name, kind="predictions", label=name, rows=answers, seconds=None)


@pytest.mark.parametrize(
    ("category", "text", "answer", "gold", "reason"),
    [
        ("repetition", "試合に勝った", "🚲 🚲 🚲", "⚽", "🚲 stands there 3 times"),
        ("frequent-emoji", "数学の定理", "✨ 🏆", "📐", "nothing but the 10 most frequent emoji"),
        ("frequent-emoji", "数学の定理", "🇯🇵", "📐 🔢", "nothing but the 10 most frequent emoji"),
        ("wrong-flag", "パリに着いた", "🇮🇹 🗼", "🇫🇷 ✈️", "🇮🇹 for 🇫🇷"),
        ("wrong-flag", "朝になった", "🇺🇸 ☀️", "🌅", "🇺🇸, and the gold has no flag"),
        ("opposite-emotion", "もう会えない", "😊 🐈", "😢 💔", "😊 for 😢"),
        ("opposite-emotion", "やったね", "😱", "🥳 🎉", "😱 for 🥳"),
        ("over-generation", "そうです", "📎 🚲 🧦", "🪐", "3 emoji for 1"),
        ("under-generation", "そうです", "📎", "🪐 🔭 🌌", "1 emoji for 3"),
        ("under-generation", "そうです", "", "🪐", "no emoji at all"),
        ("missed-content", "昼にラーメンを食べた", "📎 🚲", "🍜", "the text holds “ラーメン”, a keyword of 🍜"),
        ("near-miss", "そうです", "🚙", "🚚", "🚙 for 🚚, both of the subgroup transport-ground"),
        ("other", "そうです", "📎", "🪐", "no rule applies"),
    ],
)
def test_every_rule_finds_what_it_is_for(category, text, answer, gold, reason):
    found = reasons(_row(text, answer, gold))

    assert next(iter(found)) == category
    assert found[category].startswith(reason)


@pytest.mark.parametrize(
    ("category", "text", "answer", "gold"),
    [
        ("frequent-emoji", "優勝した", "✨", "🏆 🎵"),  # the gold is frequent, too
        ("wrong-flag", "船の旗", "🏴‍☠️", "🚢"),  # of no country
        ("opposite-emotion", "複雑だ", "😊 😢", "😭"),  # both feelings
        ("opposite-emotion", "そうです", "📎", "😭"),
        ("over-generation", "そうです", "📎 🚲", "🪐"),  # one more only
        ("over-generation", "そうです", "📎 🚲 🧦 🧵 🪡", "🪐 🔭 🌌"),  # less than twice as many
        ("missed-content", "猫がいる", "🐱", "🐈"),  # says it with another emoji of the same keyword
        ("missed-content", "笑うしかない", "📎", "😀"),  # a feeling is nothing concrete
        ("near-miss", "そうです", "🪐 🚙", "🪐 🔭"),
    ],
)
def test_no_rule_finds_what_it_is_not_for(category, text, answer, gold):
    assert category not in reasons(_row(text, answer, gold))


@pytest.mark.parametrize("seed", range(3))
def test_every_low_row_has_exactly_one_category_and_nothing_is_dropped(seed):
    drawn = random.Random(seed)
    some = [*drawn.sample(sorted(INVENTORY), 60), "🇯🇵", "🇫🇷", "😊", "😢", "🍜"]
    count = 120
    gold = [drawn.sample(some, drawn.randint(1, 5)) for _ in range(count)]
    answers = [drawn.choices(some, k=drawn.randint(0, 5)) for _ in range(count)]
    answers[3], answers[5] = gold[3], None
    texts = [drawn.choice(["ラーメンを食べた", "猫がいる", "そうです", ""]) for _ in range(count)]
    ids = [f"row-{place}" for place in range(count)]
    systems = [score_rows(_system(name, rows), gold) for name, rows in (("a", answers), ("b", gold[::-1]))]

    found = analyse(ids, texts, {"🇯🇵": 9, "✨": 8, "😊": 7}, systems)

    assert found.errors.frequent == ("🇯🇵", "✨", "😊")
    for system, report in zip(systems, found.errors.systems, strict=True):
        low = found.low[system.name]
        places = [place for place, row in enumerate(system.answers) if row is not None and system.filled[place] < LOW]
        assert [one.place for one in low] == places
        assert all(one.category in NAMES and ("other" in one.reasons) is (one.category == "other") for one in low)
        assert report.rows == sum(row is not None for row in system.answers)
        assert report.low == len(low) == sum(category.rows for category in report.categories)
        assert [category.name for category in report.categories] == NAMES
        assert sum(category.share.mean for category in report.categories) == pytest.approx(1.0)
        assert all(category.rows <= category.holds for category in report.categories)


def test_the_shown_rows_hold_every_kind_of_error_and_the_ones_that_others_got_right():
    gold = [["🍜"], ["🍜"], ["😢"], *[["🪐"]] * 40]
    answers = [["📎", "🚲"], ["📎", "🚲"], ["😊"], *[["📎"]] * 40]
    texts = ["ラーメンを食べた", "ラーメン屋に来た", "もう会えない", *["そうです"] * 40]
    right = [["📎"], ["🍜"], ["🧵"], *[["🧵"]] * 40]
    systems = [score_rows(_system("a", answers), gold), score_rows(_system("b", right), gold)]

    shown = analyse([str(n) for n in range(43)], texts, {"🇯🇵": 2}, systems).errors.examples

    assert len(shown) == EXAMPLES
    assert len({row.id for row in shown}) == EXAMPLES
    assert [row.category for row in shown[:3]] == ["opposite-emotion", "missed-content", "missed-content"]
    assert (shown[1].id, shown[1].better, shown[1].better_answer, shown[1].better_jaccard) == ("1", "b", ("🍜",), 1.0)
    assert (shown[2].id, shown[2].better) == ("0", None)


def test_a_system_without_low_rows_has_shares_of_zero():
    gold = [["🍜"], ["🪐"]]

    found = analyse(["a", "b"], ["", ""], {}, [score_rows(_system("a", gold), gold)])

    (report,) = found.errors.systems
    assert (report.low, report.low_share.mean, found.errors.examples) == (0, 0.0, ())
    assert all(category.share.mean == 0 for category in report.categories)


@pytest.mark.parametrize(
    ("emojis", "sign"),
    [("😀 😂 🥰 ❤️ 🖤 👍 🎉 🥳", 1), ("😢 😡 💔 🤒 👎 😱 😈", -1), ("😮 🤔 🍜 🇯🇵 🙏 🚑", 0)],
)
def test_feelings_are_good_or_bad_and_things_are_neither(emojis, sign):
    assert {emoji: polarity(emoji) for emoji in emojis.split()} == dict.fromkeys(emojis.split(), sign)
