"""What a verification found: things that are wrong, things worth knowing, and what was and was not checked."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Check = Literal[
    "files", "facts", "card", "rows", "articles", "duplicates", "statistics", "sentences", "replies", "licence", "tag", "scores", "provenance", "metric", "report"
]  # fmt: skip
"""Which check found something; the order is that of a report."""

ODD_CONTENT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What code that was made for files of ours raises on files that look like them and are none: wrong, and no accident of the program."""

_SHOWN_CHARS = 300  # of a value: a row of a data set may be as long as it likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        check: the check that found it.
        what: what is wrong, in the same words for everything of its kind.
        where: file, row, key or tag.
        expected: what should be there, shortened.
        found: what is there, shortened.
    """

    check: Check
    what: str
    where: str
    expected: str
    found: str


@dataclass(slots=True)
class Findings:
    """Collects what the checks say.

    A damaged data set of millions of rows may have millions of findings, so every kind is counted and only the first ones are kept.

    Attributes:
        keep: findings of one kind that are kept (count).
        kept: those findings, in the order in which they were found.
        counts: all findings by (check, what).
        checked: what was checked, in words, with counts.
        unchecked: what could not be checked, and why.
        notes: what is not wrong but worth knowing.
    """

    keep: int = 100_000
    kept: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[Check, str]] = field(default_factory=Counter)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, check: Check, what: str, where: str, *, expected: object = "", found: object = "") -> None:
        """Report one thing that is wrong."""
        self.counts[check, what] += 1
        if self.counts[check, what] <= self.keep:
            self.kept.append(
                Finding(check=check, what=what, where=where, expected=_shown(expected), found=_shown(found))
            )

    @property
    def total(self) -> int:
        """Everything that is wrong (count)."""
        return self.counts.total()

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return {
            "ok": not self.total,
            "wrong": self.total,
            "kinds": [{"check": check, "what": what, "count": n} for (check, what), n in self.counts.items()],
            "findings": [dataclasses.asdict(finding) for finding in self.kept],
            "checked": self.checked,
            "unchecked": self.unchecked,
            "notes": self.notes,
        }


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
