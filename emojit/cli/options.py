"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Override one value of the recipe; may be repeated."),
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder to write.", file_okay=False)]
DatasetOption = Annotated[str, typer.Option("--dataset", metavar="DIR|REPO", help="Build folder or Hub data set.")]
ModelOption = Annotated[str, typer.Option("--model", metavar="DIR|REPO", help="Model folder or Hub repository.")]
RevisionOption = Annotated[
    str | None, typer.Option("--revision", metavar="vN", help="Tag, branch or commit of a Hub repository.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the plan and do nothing.")]
TypeOption = Annotated[
    Literal["dataset", "model", "space"] | None,
    typer.Option("--type", help="Kind of repository; found out without it.", show_default=False),
]
