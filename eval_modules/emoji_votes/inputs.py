# Generated from emojit/metrics/inputs.py by scripts/build_eval_modules.py; do not edit.
"""What every metric asks of its input, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from itertools import chain
from operator import index
from typing import SupportsIndex

from .errors import MetricInputError


def check_rows(name: str, rows: Sequence[Sequence[str]]) -> None:
    """Refuse an empty list, and rows that are strings: one emoji may be many characters of a string.

    Args:
        name: what the rows are, for the message ("predictions", "references").
        rows: N sequences of emoji.

    Raises:
        MetricInputError: there is no row, or a row is a string.
    """
    if isinstance(rows, str):
        raise MetricInputError(f"{name} must be a list of rows, got the string {rows!r}")
    if len(rows) == 0:
        raise MetricInputError(f"nothing to score: {name} is empty", hint="give at least one row")
    if not any(issubclass(kind, str) for kind in set(map(type, rows))):  # a loop in C: a million rows in 30 ms
        return
    for place, row in enumerate(rows):
        if isinstance(row, str):
            raise MetricInputError(
                f"{name}[{place}] must be a sequence of emoji, got the string {row!r}",
                hint="read the emoji out of it first: emojit.metrics.read_rows",
            )


def listed(value: object) -> object:
    """Return what holds several values, such as an array, a series, a column of a table or a set, as a list; anything else as it is."""
    if isinstance(value, str | bytes | Mapping | list | tuple):
        return value
    for name in ("tolist", "to_pylist"):  # numpy, pandas, torch; pyarrow
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    return list(value) if isinstance(value, Sequence | AbstractSet) else value


def plain_pairs(predictions: object, references: object) -> tuple[list[str], list[str]]:
    """Return both sides of a metric module as `plain_fields` has them.

    Raises:
        MetricInputError: a side is missing, the lengths differ, there is no row, or a field cannot be read.
    """
    if predictions is None or references is None:
        raise MetricInputError("predictions and references are both needed")
    ours, theirs = plain_fields("predictions", predictions), plain_fields("references", references)
    check_lengths(ours, theirs)
    return ours, theirs


def plain_vote_pairs(predictions: object, references: object) -> tuple[list[str], list[list[str]]]:
    """Return both sides of emoji_votes: predictions as `plain_fields` has them, and of each row its votes likewise; errors as in `plain_pairs`."""
    if predictions is None or references is None:
        raise MetricInputError("predictions and references are both needed")
    ours, theirs = plain_fields("predictions", predictions), plain_votes("references", references)
    check_lengths(ours, theirs)
    return ours, theirs


def plain_fields(name: str, fields: object) -> list[str]:
    """Return fields in the one form that a metric module stores: a string each, with a line break between the items of a list.

    `evaluate` would take the form of the first row for that of all, and cast the others: a list in a list becomes its own Python spelling, whose emoji count.
    No character joins another across a line break, so the string reads as its items did.

    Args:
        name: what the fields are, for the message.
        fields: N fields, each a string or a list of strings, in any mixture.

    Raises:
        MetricInputError: a field is neither, or `fields` is no list of them.
    """
    rows = listed(fields)
    if isinstance(rows, str):
        raise MetricInputError(f"{name} must be a list of rows, got the string {rows!r}", hint="put it into a list")
    if not isinstance(rows, list | tuple):
        raise MetricInputError(f"{name} must be a list of rows, got {rows!r:.60}", hint='such as ["🎉 😊", "📚"]')
    kinds = set(map(type, rows))  # loops in C: there may be a million rows
    if kinds == {str}:
        return list(rows)
    if kinds <= {list, tuple} and set(map(type, chain.from_iterable(rows))) <= {str}:
        return list(map("\n".join, rows))
    return [_plain_field(f"{name}[{place}]", field) for place, field in enumerate(rows)]


def _plain_field(where: str, field: object) -> str:
    items = listed(field)
    if isinstance(items, str):
        return items
    if isinstance(items, list | tuple) and all(isinstance(item, str) for item in items):
        return "\n".join(items)
    raise MetricInputError(
        f"{where}: expected a string or a list of strings, got {field!r}",
        hint='write "🎉 😊" or ["🎉", "😊"]; several references per text are for emoji_votes',
    )


def plain_votes(name: str, rows: object) -> list[list[str]]:
    """Return the votes of every row as `plain_fields` has them; a string would be taken for one vote per character.

    Raises:
        MetricInputError: a row is no list, has no vote, or one that is neither a string nor a list of strings.
    """
    texts = listed(rows)
    if not isinstance(texts, list | tuple):
        raise MetricInputError(f"{name} must be a list of rows, got {texts!r:.60}", hint='such as [["🎉 😊", "📚"]]')
    found = []
    for place, row in enumerate(texts):
        votes = listed(row)
        if not isinstance(votes, list | tuple):
            raise MetricInputError(
                f"{name}[{place}] must be a list of votes, got {row!r}", hint='one vote is a list of one: ["🎉 😊"]'
            )
        if not votes:
            raise MetricInputError(f"{name}[{place}] has no vote", hint="leave out the texts that nobody answered")
        found.append(plain_fields(f"votes of {name}[{place}]", votes))
    return found


def check_count(name: str, value: object, *, most: int | None = None) -> int:
    """Return an option that counts something.

    Args:
        name: of the option, for the message.
        value: what was given for it.
        most: the largest that makes sense; None where there is none.

    Raises:
        MetricInputError: it is no whole number, below 1, or above `most`.
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise MetricInputError(f"{name} must be a whole number, got {value!r}")
    count = index(value)
    if count < 1:
        raise MetricInputError(f"{name} must be >= 1, got {count}")
    if most is not None and count > most:
        raise MetricInputError(f"{name} must be <= {most}, got {count}")
    return count


def check_lengths(predictions: Sized, references: Sized) -> None:
    """Refuse lists of which one is longer than the other, and lists without a row.

    Raises:
        MetricInputError: the lengths differ, or there is no row.
    """
    if len(predictions) != len(references):
        raise MetricInputError(
            f"{len(predictions)} predictions for {len(references)} references: the numbers of rows must be equal",
            hint="predict every row once and keep the order",
        )
    if len(predictions) == 0:
        raise MetricInputError("nothing to score: no predictions and no references", hint="give at least one row")


def check_aligned(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> None:
    """Refuse predictions and references that cannot be compared row by row.

    Raises:
        MetricInputError: the lengths differ, there is no row, or a row is a string.
    """
    check_lengths(predictions, references)
    check_rows("predictions", predictions)
    check_rows("references", references)
