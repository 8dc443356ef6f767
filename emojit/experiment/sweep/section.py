"""A part of a report, from which Markdown and page are made alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of a row names it."""

    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as text, as many as there are columns."""
    strong: tuple[int, int] | None = None
    """Row and column of the one cell that stands out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One point of a list."""

    lead: str
    """What stands out at its beginning; may be empty."""
    text: str
    """The rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report."""

    title: str
    """Its heading."""
    intro: str = ""
    """Before the list."""
    sentences: tuple[Sentence, ...] = ()
    """A list."""
    table: Table | None = None
    """Below it."""
    note: str = ""
    """At the end."""
    lang: str = "en"
    """Its language, as HTML writes it."""
