"""Values of a table as a page shows them: short texts, and short lists of short texts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

Cell = str | list[str] | None
"""What a cell shows: a text, the items of a list of texts, or nothing."""

MAX_CELL_CHARS = 300
"""Longest text of a cell (code points)."""
MAX_ITEMS = 20
"""Most items of a list or mapping that a cell names."""

_MAX_DEPTH = 4


def cell(value: object) -> Cell:
    """What a cell shows of a value. Only the beginning of a long one is looked at."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value[:MAX_ITEMS]):
        items = [_cut(item) for item in value[:MAX_ITEMS]]
        return [*items, "…"] if len(value) > MAX_ITEMS else items
    return _cut(_text(value, 0))


def _text(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value[: MAX_CELL_CHARS + 1]
    if isinstance(value, bytes):
        return f"⟨{len(value)} bytes⟩"
    if depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        shown = [f"{key}: {_text(item, depth + 1)}" for key, item in itertools.islice(value.items(), MAX_ITEMS)]
        return "{" + ", ".join(shown) + (", …}" if len(value) > MAX_ITEMS else "}")
    if isinstance(value, list | tuple):
        shown = [_text(item, depth + 1) for item in value[:MAX_ITEMS]]
        return "[" + ", ".join(shown) + (", …]" if len(value) > MAX_ITEMS else "]")
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL_CHARS else text[:MAX_CELL_CHARS] + "…"
