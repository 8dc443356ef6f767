# Generated from emojit/metrics/inputs.py by scripts/build_eval_modules.py; do not edit.
"""What every metric asks of its input, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from itertools import chain

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
    for index, row in enumerate(rows):
        if isinstance(row, str):
            raise MetricInputError(
                f"{name}[{index}] must be a sequence of emoji, got the string {row!r}",
                hint="read the emoji out of it first: emojit.metrics.read_rows",
            )


def check_fields(name: str, fields: Sequence[object]) -> None:
    """Refuse what a metric module cannot take as it is, before `evaluate` casts it: a list in a list would become its own Python spelling, whose emoji count.

    Strings and lists side by side are refused, too: a side is stored as the one or the other, as its first row is, and the rest would be torn apart.

    Args:
        name: what the fields are, for the message.
        fields: N strings or N lists of strings.

    Raises:
        MetricInputError: a field is neither, there are both, or `fields` is itself a string.
    """
    if isinstance(fields, str):
        raise MetricInputError(f"{name} must be a list of rows, got the string {fields!r}", hint="put it into a list")
    kinds = set(map(type, fields))  # loops in C: there may be a million rows
    if kinds == {str} or (kinds <= {list, tuple} and set(map(type, chain.from_iterable(fields))) <= {str}):  # type: ignore[arg-type]
        return
    for index, field in enumerate(fields):
        if not isinstance(field, str) and not _is_list_of_strings(field):
            raise MetricInputError(
                f"{name}[{index}]: expected a string or a list of strings, got {field!r}",
                hint='write "🎉 😊" or ["🎉", "😊"]; several references per text are for emoji_votes',
            )
    if len({isinstance(field, str) for field in fields}) > 1:
        raise MetricInputError(
            f"{name} hold strings and lists side by side", hint="write all of one side as strings, or all as lists"
        )


def check_vote_fields(name: str, rows: Sequence[object]) -> None:
    """Refuse rows that are no lists of votes, and votes as `check_fields` does; a string would be taken for one vote per character.

    Raises:
        MetricInputError: a row is no list, or a vote is no string or list of strings, or there are both.
    """
    votes: list[object] = []
    for index, row in enumerate(rows):
        if isinstance(row, str | bytes | Mapping) or not isinstance(row, Iterable):
            raise MetricInputError(
                f"{name}[{index}] must be a list of votes, got {row!r}", hint='one vote is a list of one: ["🎉 😊"]'
            )
        votes += row
    check_fields(f"votes of {name}", votes)


def _is_list_of_strings(field: object) -> bool:
    if isinstance(field, bytes | Mapping) or not isinstance(field, Iterable):
        return False
    return all(isinstance(item, str) for item in field)


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
