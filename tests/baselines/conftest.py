"""Rows with a rule in them, small enough to fit everything on."""

from __future__ import annotations

import random

import pytest

from emojit.baselines import Example

SUBJECTS = {"味噌汁": ("🍲", "😋"), "電車": ("🚃",), "台風": ("🌀", "☔", "💨"), "将棋": ("🤔",), "桜": ("🌸", "😊")}
"""Subject of a sentence → its emoji."""


def make_rows(count: int, *, others: bool = False) -> list[Example]:
    """Sentences about five subjects, each subject with its emoji: a rule that a text model can learn."""
    rng = random.Random(0)
    words = ["今日", "とても", "すごい", "見た", "好き", "ひさしぶり", "朝から", "みんなで"]
    rows = []
    for subject in (rng.choice(list(SUBJECTS)) for _ in range(count)):
        text = f"{rng.choice(words)}{subject}{rng.choice(words)}{rng.choice(words)}"
        rows.append(Example(text=text, emojis=SUBJECTS[subject], other=f"{subject}である。" if others else None))
    return rows


@pytest.fixture(scope="session")
def planted() -> list[Example]:
    """160 rows."""
    return make_rows(160, others=True)
