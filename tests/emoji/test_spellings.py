"""Every spelling there is; the oracle is the English name the `emoji` package gives it, not its code points."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
import regex
from emoji import EMOJI_DATA

from emojit.emoji import INVENTORY, canonical, extract, fold, read, strip

COMPONENT, FULLY_QUALIFIED = 1, 2
TONE = re.compile("[\U0001f3fb-\U0001f3ff]")
SPELLINGS = {spelling: data for spelling, data in EMOJI_DATA.items() if data["status"] != COMPONENT}


def meaning(name: str) -> str:
    """Return the English name without its tones."""
    toneless = re.sub(r"_(medium-)?(light|dark|medium)_skin_tone", "", name.strip(":"))
    return toneless.removesuffix("_person_person")


BY_NAME = {
    data["en"].strip(":"): spelling
    for spelling, data in SPELLINGS.items()
    if data["E"] <= 16 and data["status"] == FULLY_QUALIFIED and not TONE.search(spelling)
}
EXPECTED = {spelling: BY_NAME.get(meaning(data["en"])) for spelling, data in SPELLINGS.items()}
KNOWN = {spelling: form for spelling, form in EXPECTED.items() if form is not None}
NEWER = [spelling for spelling, form in EXPECTED.items() if form is None]
TEXT_BY_DEFAULT = {spelling for spelling, data in SPELLINGS.items() if len(spelling) == 1 and data["status"] > 2}


def test_the_oracle_covers_5235_spellings_of_which_32_mean_an_emoji_newer_than_16() -> None:
    assert len(SPELLINGS) == 5235
    assert set(KNOWN.values()) == set(INVENTORY)
    assert len(NEWER) == 32
    assert all(SPELLINGS[spelling]["E"] > 16 for spelling in NEWER)


def test_every_spelling_folds_to_the_toneless_form_of_its_meaning() -> None:
    assert {spelling: canonical(spelling) for spelling in SPELLINGS} == EXPECTED


def test_every_spelling_is_read_alone_and_between_japanese_words() -> None:
    for spelling, form in KNOWN.items():
        assert extract(spelling, lenient=True) == [form]
        assert extract(f"今日は{spelling}です", lenient=True) == [form]
        assert extract(f"今日は{spelling}です") == ([] if spelling in TEXT_BY_DEFAULT else [form])
        assert fold(f"今日は{spelling}です", lenient=True) == f"今日は{form}です"


def test_every_newer_spelling_is_reported_outside_and_never_becomes_something_else() -> None:
    for spelling in NEWER:
        reading = read(f"今日は{spelling}です。")

        assert (reading.emojis, reading.outside) == ((), (spelling,))
        assert fold(f"今日は{spelling}です。") == f"今日は{spelling}です。"


def test_every_spelling_is_stripped_without_a_trace_unless_it_is_text() -> None:
    for spelling in SPELLINGS:
        expected = f"今日は{spelling}です" if spelling in TEXT_BY_DEFAULT else "今日はです"
        assert strip(f"今日は{spelling}です") == expected


def test_any_two_forms_are_read_back_across_the_seam() -> None:
    seams = list(pairwise([*INVENTORY, *reversed(INVENTORY), INVENTORY[0], *random.Random(0).sample(INVENTORY, 1906)]))

    assert [pair for pair in seams if extract("".join(pair)) != list(pair)] == []


@pytest.mark.parametrize("lenient", [False, True])
def test_20000_random_concatenations_of_spellings_are_read_without_an_error(lenient: bool) -> None:
    chance = random.Random(16)
    spellings = [spelling for spelling in KNOWN if lenient or spelling not in TEXT_BY_DEFAULT]
    errors = []

    for _ in range(20_000):
        drawn = chance.choices(spellings, k=chance.randint(1, 8))
        if extract("".join(drawn), lenient=lenient) != [KNOWN[spelling] for spelling in drawn]:
            errors.append(drawn)

    assert errors == []


def test_the_seams_are_those_of_unicode_grapheme_clusters() -> None:
    chance = random.Random(29)
    cluster = regex.compile(r"\X")

    for _ in range(500):
        text = "".join(chance.choices(list(KNOWN), k=chance.randint(1, 8)))
        assert extract(text, lenient=True) == [canonical(part) for part in cluster.findall(text)]
