# Generated from emojit/metrics/fields.py by scripts/build_eval_modules.py; do not edit.
"""Read fields that hold emoji by contract: strings with or without blanks, or lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .errors import MetricInputError
from .inputs import listed
from .reader import INVENTORY, Reading, extract, fold, read, strip

_FORMS = frozenset(INVENTORY)
_SINGLES = frozenset(form for form in INVENTORY if len(form) == 1)
"""Canonical forms of one character. What joins or modifies others, and what is half a flag, is no form by itself and not among them."""


def read_field(field: str | Sequence[str]) -> Reading:
    """Read the emoji of one prediction or reference, leniently: ❤ without its variation selector is ❤️ here.

    Args:
        field: "🎉😊", "🎉 😊" or ["🎉", "😊"], also as an array; whatever is no emoji is passed over.

    Returns:
        The canonical emoji in order, repetitions kept, and what is an emoji but outside the inventory of Emoji 16.0.

    Raises:
        MetricInputError: the field is neither a string nor a list of strings.
    """
    items = _items(field)
    if _FORMS.issuperset(items):  # as a student writes them: there is nothing to find out
        return Reading(emojis=tuple(items), outside=())
    readings = [_read(item) for item in items]
    if len(readings) == 1:
        return readings[0]
    return Reading(
        emojis=tuple(emoji for reading in readings for emoji in reading.emojis),
        outside=tuple(emoji for reading in readings for emoji in reading.outside),
    )


def read_rows(fields: Sequence[str | Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the emoji of many fields as `read_field` reads them, several times as fast where they are spelled canonically.

    Args:
        fields: N predictions or references, in any form.

    Returns:
        N rows of canonical emoji, repetitions kept; what is outside the inventory is passed over.

    Raises:
        MetricInputError: `fields` is a string, or one of them is neither a string nor a list of strings.

    Example:
        >>> read_rows(["🎉 😊", "🎉😊", ["❤", "👍🏽"], ""])
        [('🎉', '😊'), ('🎉', '😊'), ('❤️', '👍'), ()]
    """
    if isinstance(fields, str):
        raise MetricInputError(f"expected a list of fields, got the string {fields!r}", hint="put it into a list")
    rows = listed(fields)
    if not isinstance(rows, list | tuple):
        raise MetricInputError(f"expected a list of fields, got {fields!r:.60}", hint="put it into a list")
    return [_row(field) for field in rows]


def has_text(field: str | Sequence[str]) -> bool:
    """Say whether a field holds anything that is neither an emoji, in or outside the inventory, nor a blank.

    Raises:
        MetricInputError: the field is neither a string nor a list of strings.
    """
    return any(item not in _FORMS and bool(strip(fold(item, lenient=True)).strip()) for item in _items(field))


def _row(field: str | Sequence[str]) -> tuple[str, ...]:
    """Return the emoji of one field; fields of canonical forms are recognised by set operations, which are far quicker than the grammar."""
    if isinstance(field, str):
        parts = field.split()
        if _FORMS.issuperset(parts):
            return tuple(parts)
        return tuple(field if _SINGLES.issuperset(field) else extract(field, lenient=True))
    if isinstance(field, list | tuple):
        try:
            if _FORMS.issuperset(field):
                return tuple(field)
        except TypeError:  # an item that cannot be in a set is no emoji; `read_field` says so
            pass
    return read_field(field).emojis


def _items(field: str | Sequence[str]) -> Sequence[str]:
    if isinstance(field, str):
        return (field,)
    items = listed(field)
    if isinstance(items, str):  # what an array of no dimension holds
        return (items,)
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise MetricInputError(
            f"expected a string or a list of strings, got {field!r}",
            hint='write "🎉 😊" or ["🎉", "😊"]; "" or [] for none',
        )
    return items


@lru_cache(maxsize=8192)
def _read(text: str) -> Reading:
    return read(text, lenient=True)
