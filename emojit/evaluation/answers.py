"""What a system answered, before it is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.evaluation.report import Kind

if TYPE_CHECKING:
    from emojit.dataset.loading import Loaded
    from emojit.evaluation.certainty import Certainty


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
    references: list[list[str] | None] | None = None
    """What the answers are scored against, None where `rows` has None; None altogether for the rows' `emojis`."""
    certainty: Certainty | None = None
    """What its scores promise; None where it gives none."""
    written: Sequence[str | Sequence[str]] | None = None
    """The answers as they stood in a file, before emoji were read out of them; None where `rows` is all there is."""


def second_votes(rows: Loaded) -> Answers | None:
    """Return the teacher's second opinion as a system, scored against its first, or None where no row has one.

    How far two independent opinions of the teacher agree is the ceiling for anything that imitates it. The rows' `emojis` are no reference for it:
    where they are a consensus, the second vote has a part in them and would be compared with itself.
    """
    votes = [row["votes"] if row["votes"] and len(row["votes"]) > 1 else None for row in rows.rows]
    if all(vote is None for vote in votes):
        return None
    return Answers(
        name="teacher-second-vote",
        kind="teacher",
        label="the teacher's second vote against its first",
        rows=[list(vote[1]) if vote else None for vote in votes],
        seconds=None,
        references=[list(vote[0]) if vote else None for vote in votes],
    )
