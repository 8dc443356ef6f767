"""`sweep.md`, and what a terminal shows of it."""

from __future__ import annotations

from emojit.experiment.sweep.facts import Sweep
from emojit.experiment.sweep.section import Section, Table
from emojit.experiment.sweep.sections import findings, sections


def markdown(report: Sweep) -> str:
    """Return the report as Markdown."""
    return "\n\n".join(["# Checkpoint sweep", *(_section(section) for section in sections(report))]) + "\n"


def summary(report: Sweep) -> str:
    """Return what was found as plain lines, for a terminal."""
    found = findings(report)
    return "\n".join(
        [
            *filter(None, [found.intro]),
            *(f"{one.lead}{one.text}" for one in found.sentences),
            *filter(None, [found.note]),
        ]
    )


def _section(section: Section) -> str:
    points = [
        f"* {f'**{_plain(one.lead)}**' if one.lead else ''}{_plain(one.text, strip=False)}"
        for one in section.sentences
    ]
    parts = [f"## {_plain(section.title)}", _plain(section.intro), "\n".join(points)]
    if section.table is not None:
        parts.append(_table(section.table))
    return "\n\n".join(filter(None, [*parts, _plain(section.note)]))


def _table(table: Table) -> str:
    lines = [f"| {' | '.join(map(_plain, table.header))} |", f"|{'|'.join(' --- ' for _ in table.header)}|"]
    for number, row in enumerate(table.rows):
        cells = [
            f"**{_plain(cell)}**" if (number, place) == table.strong else _plain(cell)
            for place, cell in enumerate(row)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _plain(text: str, *, strip: bool = True) -> str:
    """Return a text in one line that ends no cell of a table."""
    line = " ".join(text.split()).replace("|", "\\|")
    return line if strip or not text.startswith(" ") else f" {line}"
