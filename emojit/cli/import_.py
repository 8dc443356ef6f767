"""`emojit import`: a data set of the older column set becomes a build folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption

if TYPE_CHECKING:
    from emojit.dataset.importing import ImportResult


def import_(
    source: Annotated[
        str, typer.Argument(metavar="DIR|FILE|REPO[@REV]", help="Where the JSONL files are.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", file_okay=False, show_default=False)],
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="NAME", help="Which of several files, such as v3.", show_default=False),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence", help="Licence of the texts; by default what the data set's card names.", show_default=False
        ),
    ] = None,
    source_name: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Source of the texts; splits hang on it, so one for all versions.",
            show_default=False,
        ),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="NAME", help="Model that chose the emoji.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the build.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a build folder of a data set with the columns original_text, sns_text, emojis, emoji_string.

    Each JSONL file is a version and becomes a build of its own. What the columns do not say is stated as unknown.

    Example: emojit import you/old-emoji-pairs --file v3 --out builds/old-v3 --licence cc-by-sa-4.0
    """
    from emojit.dataset.importing import Stated, import_dataset
    from emojit.dataset.older_files import find_origin
    from emojit.dataset.older_rows import UNKNOWN
    from emojit.release.imported_facts import render_imported_card

    origin = find_origin(source, file)
    stated = Stated(
        name=name or origin.name, source=source_name or UNKNOWN, licence=licence or origin.licence, teacher=teacher
    )
    result = import_dataset(origin, out, stated, render_card=render_imported_card, quiet=as_json)
    of_card = origin.licence if licence is None else None
    output.show({**result.as_dict(), "licence": stated.licence}, as_json=as_json, text=_text(result, of_card))


def _text(result: ImportResult, of_card: str | None) -> str:
    rows = ", ".join(f"{split} {n:,}" for split, n in result.rows.items())
    if result.already_complete:
        return f"{result.folder} is already complete with the same content ({rows}); nothing was done"
    rejected = [(stage, reason, n) for stage, reasons in result.rejected.items() for reason, n in reasons.items()]
    return "\n".join(
        [
            f"imported {result.folder}",
            f"rows: {sum(result.rows.values()):,} of {result.lines:,} lines ({rows})",
            *(["rejected:", *(f"  {n:>9,}  {stage}: {reason}" for stage, reason, n in rejected)] if rejected else []),
            *([f"licence: {of_card}, as the card of the data set says"] if of_card is not None else []),
            f"not known: {', '.join(result.unknown)}",
        ]
    )
