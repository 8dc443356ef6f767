"""The committed table: its size, its columns, and that it is what the script builds."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from emojit.emoji import INVENTORY, canonical, entry, inventory
from emojit.emoji.table import COUPLES, FORMS, RESERVED, TONED_TEXT

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "build_emoji_table.py"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_emoji_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_inventory_holds_1906_emoji_of_which_259_flags_248_joined_and_12_keycaps() -> None:
    flags = [form for form in INVENTORY if re.fullmatch("[\U0001f1e6-\U0001f1ff]{2}", form)]
    joined = [form for form in INVENTORY if "\u200d" in form]
    keycaps = [form for form in INVENTORY if form.endswith("\u20e3")]

    assert len(INVENTORY) == len(set(INVENTORY)) == 1906
    assert (len(flags), len(joined), len(keycaps)) == (259, 248, 12)


def test_no_form_carries_a_skin_tone() -> None:
    assert not re.search("[\U0001f3fb-\U0001f3ff]", FORMS)


def test_the_reader_and_the_table_of_names_list_the_same_emoji_in_the_same_order() -> None:
    assert tuple(item.emoji for item in inventory()) == INVENTORY


def test_groups_and_subgroups_are_contiguous_as_in_unicode_order() -> None:
    subgroups = [(item.group, item.subgroup) for item in inventory()]
    changes = sum(a != b for a, b in pairwise(subgroups))

    assert changes + 1 == len(set(subgroups)) == 98
    assert list(dict.fromkeys(group for group, _ in subgroups)) == [
        "Smileys & Emotion",
        "People & Body",
        "Animals & Nature",
        "Food & Drink",
        "Travel & Places",
        "Activities",
        "Objects",
        "Symbols",
        "Flags",
    ]


def test_every_emoji_has_a_version_up_to_16_unique_names_and_keywords() -> None:
    assert {item.version for item in inventory()} >= {0.6, 13.1, 16.0}
    assert max(item.version for item in inventory()) == 16.0
    assert len({item.name for item in inventory()}) == len({item.name_ja for item in inventory()}) == 1906
    assert all(item.keywords_ja and all(item.keywords_ja) for item in inventory())


def test_an_entry_is_found_by_any_spelling() -> None:
    heart = entry("❤")

    assert heart is entry("❤️")
    assert (heart.emoji, heart.version, heart.group, heart.subgroup) == ("❤️", 0.6, "Smileys & Emotion", "heart")
    assert (heart.name, heart.name_ja, heart.keywords_ja) == (
        "red heart",
        "赤いハート",
        ("ハート", "愛", "赤", "赤いハート"),
    )
    assert entry("🧑🏻‍❤️‍🧑🏿").name == "couple with heart"


@pytest.mark.parametrize("text", ["", "a", "1", "😀😀", " 😀", "🫪", "🇦🇧", "🏽", "👨‍🚀‍🚀"])
def test_an_entry_of_anything_else_is_a_key_error(text: str) -> None:
    with pytest.raises(KeyError, match="is not an emoji of Emoji 16"):
        entry(text)


def test_the_committed_forms_and_versions_are_those_of_the_emoji_package(builder: ModuleType) -> None:
    assert {item.emoji: item.version for item in inventory()} == builder.inventory_versions()


def test_the_committed_fold_data_is_what_the_script_derives(builder: ModuleType) -> None:
    assert builder.couples(INVENTORY) == COUPLES
    assert "".join(builder.toned_text(INVENTORY)) == TONED_TEXT


def test_the_twelve_couples_fold_to_the_form_that_needs_no_two_tones() -> None:
    assert COUPLES == {
        "🧑‍❤‍🧑": "💑",
        "🧑‍❤‍💋‍🧑": "💏",
        "👨‍🤝‍👨": "👬",
        "👩‍🤝‍👩": "👭",
        "👩‍🤝‍👨": "👫",
        "🫱‍🫲": "🤝",
        "👨‍🐰‍👨": "👯‍♂️",
        "👩‍🐰‍👩": "👯‍♀️",
        "🧑‍🐰‍🧑": "👯",
        "👨‍🫯‍👨": "🤼‍♂️",
        "👩‍🫯‍👩": "🤼‍♀️",
        "🧑‍🫯‍🧑": "🤼",
    }


def test_no_emoji_of_the_inventory_lies_in_the_code_points_reserved_for_newer_ones() -> None:
    assert not re.search(f"[{RESERVED}]", FORMS)
    assert re.fullmatch(f"[{RESERVED}]+", "🫪🫈🪎")  # Emoji 17.0
    assert canonical("🫪") is None


@pytest.mark.slow
@pytest.mark.skipif("EMOJIT_TEST_NPM" not in os.environ, reason="downloads from npm; set EMOJIT_TEST_NPM=1 to run it")
def test_the_committed_files_are_what_the_script_builds_from_the_packages() -> None:
    result = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, encoding="utf-8", check=False
    )

    assert result.returncode == 0, result.stderr
