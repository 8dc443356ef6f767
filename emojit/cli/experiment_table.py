"""`emojit experiment table`: runs side by side, with what may be said about their differences."""

from __future__ import annotations

from typing import Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption

TargetsArgument = Annotated[
    list[str], typer.Argument(metavar="PLAN|FOLDER…", help="A plan, the folder it was run in, or run folders.")
]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", metavar="NAME", help="Run folders only: the variant to compare with; else the first."),
]


def table(
    targets: TargetsArgument, base: BaseOption = None, out: OutOption = None, as_json: JsonOption = False
) -> None:
    """Compare the runs of a plan, or any run folders, on the same test rows.

    Writes report.html, report.md and comparison.json into the plan's folder unless --out is given; for run folders
    into outputs/experiments/comparison. Folders whose recipes differ in their seed alone are one variant.

    Example: emojit experiment table v3-small

    Example: emojit experiment table runs/base runs/top100 --base base --out runs/compared
    """
    from emojit.experiment.comparison.terminal import plain
    from emojit.experiment.table import write_table

    comparison, folder = write_table(targets, base=base, out=out)
    result = {"out": str(folder), **comparison.as_dict()}
    output.show(result, as_json=as_json, text=f"{plain(comparison)}\n\nwritten to {folder}")
