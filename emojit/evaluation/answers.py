"""What a system answered, before it is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.evaluation.report import Kind

if TYPE_CHECKING:
    from emojit.dataset.loading import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one system answered to the rows of the split."""

    name: str
    """See `SystemReport.name`."""
    kind: Kind
    """What the system is."""
    label: str
    """The name for people."""
    rows: list[list[str] | None]
    """One answer per row; None where the system has none, which takes the row out of its scores."""
    seconds: float | None
    """Time to answer (s); None for answers that were not computed here."""


def second_votes(rows: Loaded) -> Answers | None:
    """Return the teacher's second opinion as a system, or None where no row has one.

    It is the ceiling for anything that imitates the first.
    """
    votes = [list(row["votes"][1]) if row["votes"] and len(row["votes"]) > 1 else None for row in rows.rows]
    if all(vote is None for vote in votes):
        return None
    return Answers(
        name="teacher-second-vote", kind="teacher", label="the teacher's second vote", rows=votes, seconds=None
    )
