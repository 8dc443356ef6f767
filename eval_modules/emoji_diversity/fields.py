# Generated from emojit/metrics/fields.py by scripts/build_eval_modules.py; do not edit.
"""Read a field that holds emoji by contract: a string with or without blanks, or a list."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import MetricInputError
from .reader import Reading, read


def read_field(field: str | Sequence[str]) -> Reading:
    """Read the emoji of one prediction or reference, leniently: ❤ without its variation selector is ❤️ here.

    Args:
        field: "🎉😊", "🎉 😊" or ["🎉", "😊"]; whatever is no emoji is passed over.

    Returns:
        The canonical emoji in order, repetitions kept, and what is an emoji but outside the inventory of Emoji 16.0.

    Raises:
        MetricInputError: the field is neither a string nor a list of strings.
    """
    if isinstance(field, str):
        return read(field, lenient=True)
    if not isinstance(field, Sequence) or not all(isinstance(item, str) for item in field):
        raise MetricInputError(
            f"expected a string or a list of strings, got {field!r}",
            hint='write "🎉 😊" or ["🎉", "😊"]; "" or [] for none',
        )
    readings = [read(item, lenient=True) for item in field]
    return Reading(
        emojis=tuple(emoji for reading in readings for emoji in reading.emojis),
        outside=tuple(emoji for reading in readings for emoji in reading.outside),
    )
