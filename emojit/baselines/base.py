"""What all baselines share: the interface, the rows they learn from, and the check of those rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from emojit.emoji import canonical
from emojit.errors import DatasetError

MAX_EMOJIS = 5
"""Most emoji of an answer (count), as for students and teachers."""

_OTHER_COLUMN = {"sns_text": "original_text", "original_text": "sns_text"}
"""Column that says the same in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row to learn from."""

    text: str
    """What will be asked."""
    emojis: tuple[str, ...]
    """The right answer."""
    other: str | None = None
    """The same said in other words, such as the sentence before the rewrite; None where the row has none."""


class Baseline(Protocol):
    """A simple way from a text to 1–5 distinct emoji. The same rows always give the same answers."""

    @property
    def name(self) -> str:
        """Short name for tables and file names: lower case, hyphens."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """What else it knows than the rows, with licence, such as the vectors of words; for records and cards."""
        ...

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences, as the Hub writes them, of what it saves besides what the rows gave it."""
        ...

    def fit(self, rows: Sequence[Example]) -> None:
        """Learn from rows.

        Raises:
            DatasetError: there is nothing to learn from.
            MissingExtraError: an extra that it needs is not installed.
        """
        ...

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return 1–5 distinct emoji for each text, the best first.

        Raises:
            RuntimeError: `fit` was not called before.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write what was learned into an existing folder: JSON and safetensors, no code.

        Raises:
            RuntimeError: `fit` was not called before.
        """
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; the loaded baseline answers bit for bit as the saved one.

        Raises:
            StudentError: files are missing or damaged.
            MissingExtraError: an extra that it needs is not installed.
        """
        ...


def examples(rows: Iterable[Mapping[str, object]], column: str) -> list[Example]:
    """Make examples of a data set's rows.

    Args:
        rows: with `column` and `emojis`; where a row has the other one of `sns_text` and `original_text`, it comes along.
        column: what will be asked.
    """
    other = _OTHER_COLUMN.get(column)
    made = []
    for row in rows:
        emojis, beside = row["emojis"], row.get(other) if other else None
        assert isinstance(emojis, Sequence)
        made.append(
            Example(
                text=str(row[column]),
                emojis=tuple(emojis),
                other=str(beside) if beside and beside != row[column] else None,
            )
        )
    return made


def usable_rows(rows: Sequence[Example]) -> list[Example]:
    """Return the rows that have emoji of the inventory, each emoji once, in its canonical form, and at most five of them.

    Raises:
        DatasetError: no such row.
    """
    known: dict[str, str | None] = {}
    kept = []
    for row in rows:
        for emoji in row.emojis:
            if emoji not in known:
                known[emoji] = canonical(emoji)
        emojis = tuple(dict.fromkeys(form for emoji in row.emojis if (form := known[emoji]) is not None))[:MAX_EMOJIS]
        if emojis:
            kept.append(row if emojis == row.emojis else Example(text=row.text, emojis=emojis, other=row.other))
    if not kept:
        raise DatasetError(
            "nothing to learn from: the training split has no row with emoji",
            hint="look at the build's statistics.json",
        )
    return kept


def not_fitted(name: str) -> RuntimeError:
    """Return the error for a baseline that is asked before it has learned."""
    return RuntimeError(f"{name}: fit() must be called before predict()")
