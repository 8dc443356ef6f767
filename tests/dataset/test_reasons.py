"""Every reason for which something can be rejected is explained in docs/data.md, and nothing is explained that cannot happen."""

from __future__ import annotations

import re
from pathlib import Path

from emojit.recipe.corpus import FILTER_ORDER

ROOT = Path(__file__).resolve().parents[2]

ROOMS = ("corpus", "dataset", "teacher")

REJECTED = (
    r'(?:Unreadable\(|reason=|reason = |\belse \(|_TOO_LARGE = \()"(\w+)"',  # where something is rejected
    r'^ *(?:OVER_LIMIT|OVER_REPRESENTED|NO_ANSWER|MISSING|IN_TEST|IN_TRAIN|EMPTY|META_SECTION) = "(\w+)"',  # a name for a reason
)
NAMED = r'\breturn "(\w+)"(?:,| if |$)'
"""How the functions that name reasons do it, in these files:"""
NAMING = ("corpus/rules.py", "corpus/filters.py", "teacher/reading.py", "teacher/posts.py", "dataset/rows.py")

NO_REASONS = {"content_filter", "stop"}
"""What the patterns find beside reasons: `finish_reason="stop"`."""


def spoken() -> set[str]:
    texts = [file.read_text(encoding="utf-8") for room in ROOMS for file in (ROOT / "emojit" / room).rglob("*.py")]
    naming = [(ROOT / "emojit" / name).read_text(encoding="utf-8") for name in NAMING]
    found = {word for pattern in REJECTED for text in texts for word in re.findall(pattern, text, re.MULTILINE)}
    return found | {word for text in naming for word in re.findall(NAMED, text, re.MULTILINE)} | set(FILTER_ORDER)


def explained() -> set[str]:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8").split("## Reasons")[1]
    cells = (line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    return {reason for cell in cells for reason in re.findall(r"`(\w+)`", cell)}


def test_every_reason_of_the_code_is_explained_in_the_document():
    assert spoken() - explained() <= NO_REASONS


def test_the_document_explains_no_reason_that_the_code_does_not_know():
    assert explained() <= spoken()
