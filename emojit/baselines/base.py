"""What all baselines share: the interface, and the check of what they are fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emojit.errors import DatasetError

MAX_EMOJIS = 5
"""Most emoji of an answer (count), as for students and teachers."""


class Baseline(Protocol):
    """A simple way from a text to 1–5 distinct emoji. The same rows always give the same answers."""

    @property
    def name(self) -> str:
        """Short name for tables and file names: lower case, hyphens."""
        ...

    def fit(self, texts: Sequence[str], emojis: Sequence[Sequence[str]]) -> None:
        """Learn from N texts and their emoji, aligned.

        Raises:
            DatasetError: there is nothing to learn from.
            MissingExtraError: the extra `evaluate` is not installed.
        """
        ...

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return 1–5 distinct emoji for each text, the best first.

        Raises:
            RuntimeError: `fit` was not called before.
        """
        ...


def usable_rows(texts: Sequence[str], emojis: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the rows that have emoji, each emoji once and at most five of them.

    Raises:
        DatasetError: no such row, or the two lists differ in length.
    """
    if len(texts) != len(emojis):
        raise DatasetError(f"{len(texts)} texts for {len(emojis)} lists of emoji: the numbers of rows must be equal")
    rows = [(text, list(dict.fromkeys(row))[:MAX_EMOJIS]) for text, row in zip(texts, emojis, strict=True) if row]
    if not rows:
        raise DatasetError(
            "nothing to learn from: the training split has no row with emoji",
            hint="look at the build's statistics.json",
        )
    return [text for text, _ in rows], [row for _, row in rows]


def not_fitted(name: str) -> RuntimeError:
    """Return the error for a baseline that is asked before it has learned."""
    return RuntimeError(f"{name}: fit() must be called before predict()")
