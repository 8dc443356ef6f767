# Generated from emojit/metrics/validity.py by scripts/build_eval_modules.py; do not edit.
"""Whether answers are what was asked for: one to five different emoji of the inventory, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .errors import MetricInputError
from .fields import has_text, read_field
from .inputs import check_count, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Shares of the answers, each in [0, 1]; one answer can have several faults."""

    valid: float
    """Without any of the faults below."""
    empty: float
    """Without an emoji of the inventory."""
    outside_inventory: float
    """With an emoji that is outside the inventory."""
    too_many: float
    """With more emoji than are allowed, as they were written: repeated ones and those outside the inventory count."""
    repeated: float
    """With an emoji twice or more, in whatever spelling."""
    with_text: float
    """With characters that are neither emoji nor blanks."""


def validity(
    predictions: Sequence[str | Sequence[str]], *, inventory: Collection[str] | None = None, most: int = 5
) -> Validity:
    """Count the answers that break a rule.

    Args:
        predictions: N answers as they were written, strings or lists of strings.
        inventory: the canonical emoji that are allowed; None for all 1,906 of Emoji 16.0. Of those outside these two counts are alike.
        most: how many emoji an answer may hold (count, at least 1).

    Raises:
        MetricInputError: there is no answer, one is neither a string nor a list of strings, or `most` is below 1 or no whole number.

    Source: our own; the rules are those that a student of emojit keeps by construction (docs/decoding.md).

    Example:
        >>> validity(["🎉 😊", "🎉🎉", "祭り🎉", ""])
        Validity(valid=0.25, empty=0.25, outside_inventory=0.0, too_many=0.0, repeated=0.25, with_text=0.25)
    """
    rows = listed(predictions)
    if not isinstance(rows, list | tuple):
        raise MetricInputError(f"predictions must be a list of answers, got {predictions!r:.60}")
    if not rows:
        raise MetricInputError("nothing to score: predictions is empty", hint="give at least one row")
    limit = check_count("most", most)
    allowed = None if inventory is None else frozenset(inventory)
    faults = [_faults(row, allowed, limit) for row in rows]
    n = len(faults)
    empty, outside, too_many, repeated, text = (sum(column) / n for column in zip(*faults, strict=True))
    return Validity(
        valid=sum(not any(row) for row in faults) / n,
        empty=empty,
        outside_inventory=outside,
        too_many=too_many,
        repeated=repeated,
        with_text=text,
    )


def read_inventory(field: str | Sequence[str]) -> frozenset[str]:
    """Return the emoji that are allowed, for `validity`, in any spelling.

    Args:
        field: a string or a list of emoji.

    Raises:
        MetricInputError: it holds no emoji, one outside Emoji 16.0, or anything else.
    """
    reading = read_field(field)
    if reading.outside:
        raise MetricInputError(
            f"inventory holds {reading.outside[0]!r}, which is not in Emoji 16.0", hint="leave it out"
        )
    if not reading.emojis or has_text(field):
        raise MetricInputError(f"inventory must hold emoji and nothing else, got {field!r:.60}")
    return frozenset(reading.emojis)


def _faults(prediction: str | Sequence[str], allowed: frozenset[str] | None, most: int) -> tuple[bool, ...]:
    reading = read_field(prediction)
    inside = reading.emojis if allowed is None else [emoji for emoji in reading.emojis if emoji in allowed]
    written = len(reading.emojis) + len(reading.outside)
    return (
        not inside,
        bool(reading.outside) or len(inside) < len(reading.emojis),
        written > most,
        len({*reading.emojis, *reading.outside}) < written,
        has_text(prediction),
    )
