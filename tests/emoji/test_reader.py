"""Reading, folding and stripping: chosen cases, and laws that hold for any text."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emojit.emoji import INVENTORY, canonical, extract, fold, join, read, strip

NASTY = [
    *"\ufe0e\ufe0f\u200d\u200c\u20e3\u3099\u0301\u0600\u094d\u0915\u0647\U000e0001\U000e0067\U000e007f",
    *"🏻🏿🦰🇯🇵🇦🇧🏴🫪🂡🄰★♪♀♂❤☀©™ℹ〰㊗1#*a漢 \u3000\t\n\r",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067",
    "👨‍🤝‍👨",
    "😀‍🚀",
    "❤️",
    "1️⃣",
]
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.sampled_from(INVENTORY), st.characters()), max_size=12).map(
    "".join
)
separators = st.sampled_from([" ", "\n", "\u3000", "。", "は", "a", "→", "★", ", "])
laws = settings(deadline=None, max_examples=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("絵文字のない文です。", []),
        ("今日は😀いい天気☀️だね😀", ["😀", "☀️", "😀"]),
        ("👍🏽と☝🏻と✌️", ["👍", "☝️", "✌️"]),
        ("🧑🏻‍❤️‍🧑🏿🫱🏻‍🫲🏿", ["💑", "🤝"]),
        ("❤ ☀ ↗ © ™ ‼ ℹ 1 # *", []),
        ("❤︎", []),
        ("❤🏻", []),
        ("❤‍🔥", ["❤️‍🔥"]),
        ("1⃣ 1️⃣ 1️", ["1️⃣", "1️⃣"]),
        ("🇯🇵🇺🇸🇫", ["🇯🇵", "🇺🇸"]),
        ("🏻 \u200d \ufe0f \u20e3 🇦", []),
        ("😀\u200d 😀\ufe0f😀🏿", ["😀", "😀", "😀"]),
        ("か\u3099😀\u0301\uff9e", ["😀"]),
        ("\u0600😀", ["😀"]),
        ("★♪☆♡✿🂡🀀🄰", []),
        ("🂡\u200d😀", ["😀"]),
    ],
)
def test_prose_is_read_as_a_reader_sees_it(text: str, expected: list[str]) -> None:
    assert extract(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("❤ ☀ ↗ ©", ["❤️", "☀️", "↗️", "©️"]),
        ("❤︎", ["❤️"]),
        ("😀, ❤, 1, #", ["😀", "❤️"]),
        ("★♪", []),
    ],
)
def test_a_field_of_emoji_needs_no_variation_selector(text: str, expected: list[str]) -> None:
    assert extract(text, lenient=True) == expected


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("驚いた🫪", ["🫪"]),
        ("🇦🇧の旗", ["🇦🇧"]),
        ("😀‍🚀", ["😀‍🚀"]),
        ("🧑‍🩰と😀", ["🧑‍🩰"]),
        ("🏴\U000e0067\U000e007f", ["🏴\U000e0067\U000e007f"]),
        ("🦰", ["🦰"]),
        ("😀 🂡 ★ ❤ 1", []),
        ("🏻 \u200d \ufe0f 🇦 \U000e0067", []),
    ],
)
def test_what_is_an_emoji_but_not_in_the_inventory_is_reported(text: str, outside: list[str]) -> None:
    assert list(read(text).outside) == outside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("絵文字のない  文です。 ", "絵文字のない  文です。 "),
        ("今日は😀いい天気", "今日はいい天気"),
        ("今日は 😀 いい天気", "今日は いい天気"),
        ("今日は😀　いい天気", "今日は　いい天気"),
        ("今日は 😀 ❤️ 👍🏽 いい天気", "今日は いい天気"),
        ("いい天気 😀\n😀 また明日 😀", "いい天気\nまた明日"),
        ("😀", ""),
        (" 😀 ", ""),
        ("新しい🫪と🇦🇧と🦰", "新しいとと"),
        ("❤ ☀ ™ 1 は残る😀", "❤ ☀ ™ 1 は残る"),
        ("❤︎❤🏻1️", "❤❤1"),
        ("1😀\u20e3", "1"),
        ("🏴\U000e0067\U000e0062 🇦 \u200d", ""),
        ("क्\u200dष 😀", "क्\u200dष"),
        ("क\u200d😀ष", "कष"),
        ("★♪🂡🂡\u200d😀", "★♪🂡🂡"),
    ],
)
def test_stripping_takes_emoji_and_debris_and_leaves_text(text: str, expected: str) -> None:
    assert strip(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("👍🏽です☝🏻", "👍です☝️"),
        ("❤ と 1⃣ と🫪🏻", "❤ と 1️⃣ と🫪🏻"),
        ("🧑🏻‍❤️‍🧑🏿😀‍🚀", "💑😀‍🚀"),
    ],
)
def test_folding_rewrites_spellings_and_nothing_else(text: str, expected: str) -> None:
    assert fold(text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "a", "1", "★", "😀 ", "😀😀", "😀\u200d", "🇯", "🏻", "🏻👍", "🇯\ufe0f🇵", "1🏻\u20e3"]
)
def test_what_is_not_exactly_one_emoji_has_no_canonical_form(text: str) -> None:
    assert canonical(text) is None


def test_emoji_are_written_with_one_blank_between_them() -> None:
    assert join(["😀", "❤️"]) == "😀 ❤️"
    assert join([]) == ""


@laws
@given(texts)
def test_a_canonical_form_is_its_own_canonical_form_and_reads_as_itself(text: str) -> None:
    form = canonical(text)

    if form is not None:
        assert form in INVENTORY
        assert canonical(form) == form
        assert extract(text, lenient=True) == [form]
        assert extract(form) == [form]


@laws
@given(st.lists(st.sampled_from(INVENTORY)))
def test_canonical_emoji_are_read_back_from_any_concatenation_and_from_join(emojis: list[str]) -> None:
    assert extract("".join(emojis)) == emojis
    assert extract(join(emojis)) == emojis
    assert read("".join(emojis)).outside == ()
    assert fold("".join(emojis)) == "".join(emojis)


@laws
@given(texts, separators, texts, st.booleans())
@example("🇯", " ", "🇵", False)
@example("1", "は", "\u20e3", True)
def test_what_stands_between_two_texts_and_is_no_part_of_an_emoji_separates_them(
    left: str, separator: str, right: str, lenient: bool
) -> None:
    both = extract(f"{left}{separator}{right}", lenient=lenient)

    assert both == extract(left, lenient=lenient) + extract(right, lenient=lenient)


@laws
@given(texts, st.booleans())
def test_reading_agrees_with_extracting_and_what_is_read_is_canonical(text: str, lenient: bool) -> None:
    reading = read(text, lenient=lenient)

    assert list(reading.emojis) == extract(text, lenient=lenient)
    assert set(reading.emojis) <= set(INVENTORY)
    assert all(canonical(spelling) is None and spelling in text for spelling in reading.outside)


@laws
@given(texts)
def test_a_lenient_reading_finds_what_a_strict_one_finds_and_more(text: str) -> None:
    rest = iter(extract(text, lenient=True))

    assert all(emoji in rest for emoji in extract(text))


@laws
@given(texts)
@example("1😀\u20e3")
@example("क\u200d😀\u200dष")
@example("1\u20e3\u200dक")
@example("🇯😀🇵")
@example("\t 😀 \n\ufe0f ")
def test_a_stripped_text_holds_no_emoji_and_no_debris_and_is_not_stripped_further(text: str) -> None:
    stripped = strip(text)

    assert strip(stripped) == stripped
    assert read(stripped) == read("")
    assert not re.search(
        "[\ufe0e\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]", stripped
    )


@laws
@given(texts)
def test_stripping_only_removes(text: str) -> None:
    rest = iter(text)

    assert all(char in rest for char in strip(text))


@laws
@given(texts, st.booleans())
def test_folding_does_not_change_what_is_read(text: str, lenient: bool) -> None:
    folded = fold(text, lenient=lenient)

    assert read(folded, lenient=lenient).emojis == read(text, lenient=lenient).emojis
    assert fold(folded, lenient=lenient) == folded


def test_a_long_run_of_blanks_or_joiners_costs_no_more_than_its_length() -> None:
    text = " " * 200_000 + "😀" + "\u200d" * 200_000 + " " * 200_000

    assert strip(text) == ""


def test_importing_the_reader_loads_nothing_heavy_and_parses_no_table() -> None:
    program = (
        "import sys, emojit.emoji as room;"
        "print({'regex', 'emoji', 'numpy', 'datasets', 'torch'} & {*sys.modules}, room.inventory.cache_info().currsize)"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)

    assert result.stdout.strip() == "set() 0"
