"""What the card of an older data set says about its rows: the licence."""

from __future__ import annotations

from pathlib import Path

import yaml

_NOTHING = ("", "unknown", "other")
"""Values of `license` that name none."""


def stated_licence(card: Path) -> str | None:
    """Return the licence that the front matter of a card names; None where it names none, or several, of which nobody knows which rows they cover.

    Args:
        card: README.md of the data set; it need not be there.
    """
    if not card.is_file():
        return None
    lines = card.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if not lines or lines[0].rstrip() != "---" or "---" not in lines[1:]:
        return None
    try:
        table = yaml.safe_load("\n".join(lines[1 : lines.index("---", 1)]))
    except yaml.YAMLError:
        return None
    given = table.get("license") if isinstance(table, dict) else None
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    return given if isinstance(given, str) and given.strip().lower() not in _NOTHING else None
