"""`emojit reproduce`: make a release again from what it holds, and say whether the same comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption

if TYPE_CHECKING:
    from emojit.release.reproduce.dataset import ReproducedDataset
    from emojit.release.reproduce.folders import FileResult


def reproduce(
    release: Annotated[
        str,
        typer.Argument(metavar="REPO[@TAG]|DIR", help="Release on the Hub, or a folder of one.", show_default=False),
    ],
    out: OutOption = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            "--corpus",
            metavar="FILE|REPO",
            help="Draw the sentences from this corpus again, too; or the file that was imported.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a release again from its recipe, sentences and replies, asking nobody, and compare file by file.

    Exit code 0 where every file is identical, or says the same in other bytes because the versions of the software are others; 1 where a row or value
    differs, with the first one.

    Example: emojit reproduce you/emoji-pairs@v1
    """
    from emojit.release.reproduce.run import reproduce as run

    result = run(release, out=out, corpus=corpus, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_text(result))
    if result.verdict == "different":
        raise typer.Exit(1)


def _text(result: ReproducedDataset) -> str:
    name = f"{result.what}@{result.revision}" if result.revision else result.what
    where = f"{name} (commit {result.commit[:12]})" if result.commit else name
    lines = [line for file in result.files for line in _file(file)]
    if result.refusal is not None:
        lines.append(f"nothing was built: {result.refusal}")
    if result.unanswered:
        lines.append(
            f"{result.unanswered:,} questions have no reply in the release; the first: {result.first_unanswered}"
        )
    if result.why is not None:
        lines.append(f"why: {result.why}")
    if result.out is not None and result.rows is not None:
        lines.append(f"the rebuild stands in {result.out}")
    rows = f", {result.rows:,} rows" if result.rows is not None else ""
    return "\n".join([*lines, f"{where}: {result.verdict} ({len(result.files)} files{rows}, emojit {result.emojit})"])


def _file(file: FileResult) -> list[str]:
    found = file.difference
    if found is None:
        return [f"{file.state:<12}  {file.path}"]
    lines = [
        f"{file.state:<12}  {file.path}: {found.place}",
        f"    released  {found.released}",
        f"    rebuilt   {found.rebuilt}",
    ]
    return lines if found.why is None else [*lines, f"    why       {found.why}"]
