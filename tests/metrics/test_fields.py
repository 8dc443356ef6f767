"""Fields of emoji: every spelling and form of the same emoji reads the same, and the fast path is no other path."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import emojit.metrics.fields
from emojit.emoji import INVENTORY
from emojit.errors import MetricInputError
from emojit.metrics import has_text, read_field, read_rows

TONES = "\U0001f3fb\U0001f3fd\U0001f3ff"
TONED = ["👍", "👋", "🏋️", "✌️", "👩‍💻", "🤝"]
"""Some that take skin tones."""


def spellings(emoji: str) -> st.SearchStrategy[str]:
    """Draw a spelling that means the emoji in a field: without selectors, or with a tone."""
    found = [emoji]
    if "\u20e3" not in emoji:  # a keycap keeps its digit an emoji, with or without its selector
        found.append(emoji.replace("\ufe0f", ""))
    if emoji in TONED:
        head, rest = emoji[0], emoji[1:].removeprefix("\ufe0f")
        found += [head + tone + rest for tone in TONES]
    return st.sampled_from(found)


canonical = st.lists(st.one_of(st.sampled_from(TONED), st.sampled_from(INVENTORY)), max_size=5)


@given(canonical, st.data())
def test_a_list_and_a_string_with_or_without_blanks_in_any_spelling_are_the_same_row(row: list[str], data) -> None:
    spelled = [data.draw(spellings(emoji)) for emoji in row]
    forms = [row, tuple(row), " ".join(row), "".join(row), spelled, " ".join(spelled), "".join(spelled)]

    assert read_rows(forms) == [tuple(row)] * len(forms)
    assert [read_field(form).emojis for form in forms] == [tuple(row)] * len(forms)
    assert not any(map(has_text, forms))


@given(st.text("😀👍❤\ufe0f\u200d🏽🇯🇵1\u20e3 x👩💻" + "".join(INVENTORY[:40]), max_size=12))
def test_many_fields_read_as_each_by_itself(text: str) -> None:
    assert read_rows([text, [text, text]]) == [read_field(text).emojis, read_field([text, text]).emojis]


@pytest.mark.parametrize("bad", [None, 3, [None], [["🎉"]], {"🎉": 1}, ["🎉", 3]])
def test_what_is_no_field_is_refused(bad) -> None:
    for read in (read_field, has_text, lambda field: read_rows([field])):
        with pytest.raises(MetricInputError, match="expected a string or a list of strings"):
            read(bad)


def test_a_string_is_no_list_of_fields() -> None:
    with pytest.raises(MetricInputError, match="expected a list of fields, got the string '🎉'"):
        read_rows("🎉")


@pytest.mark.parametrize(
    ("field", "expected"), [("🎉 ❤", False), ("\U0001faea", False), ("祭り🎉", True), ("1", True)]
)
def test_text_is_what_is_neither_an_emoji_nor_a_blank(field: str, expected: bool) -> None:
    assert has_text(field) == has_text([field]) == expected


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(emojit.metrics.fields).failed == 0
