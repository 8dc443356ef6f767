"""The report on several runs, as `emojit experiment table` writes it: facts, Markdown and page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojit.experiment.comparison.choosing import choose_members
from emojit.experiment.comparison.compare import compare
from emojit.experiment.comparison.facts import Comparison
from emojit.experiment.comparison.files import write_comparison
from emojit.experiment.page.write import write_page


def write_table(
    targets: Sequence[str], *, base: str | None = None, out: Path | None = None
) -> tuple[Comparison, Path]:
    """Compare runs and write the report.

    Args:
        targets: a plan, its folder, or run folders; see `choose_members`.
        base: variant to compare with, for run folders.
        out: folder to write; None takes the plan's own, or `outputs/experiments/comparison` for run folders.

    Returns:
        The facts, and the folder that holds the files.

    Raises:
        EmojitError: there are no such runs, or two were scored on different test rows.
    """
    members = choose_members(targets, base=base)
    comparison = compare(members)
    folder = members.out if out is None else out
    write_comparison(comparison, folder)
    write_page(comparison, folder)
    return comparison, folder
