"""`emojit reproduce`: make a release again from what it holds, and say whether the same comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption

if TYPE_CHECKING:
    from emojit.release.reproduce.dataset import ReproducedDataset
    from emojit.release.reproduce.folders import FileResult
    from emojit.release.reproduce.model import ReproducedModel as Model


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
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            metavar="DIR|REPO",
            help="What a model was trained on, where it was a folder.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a release again from what it holds and compare: a data set file by file, a model bit by bit.

    A data set is built again from its recipe, sentences and replies; nobody is asked. A model is trained again from its record, on the CPU. Exit code 0
    where all is identical, where a data set says the same in other bytes because the versions of the software are others, and where a model scores within
    the released intervals; 1 where something differs, with the first row, column or key.

    Example: emojit reproduce you/emoji-pairs@v1
    """
    from emojit.release.reproduce.model import ReproducedModel
    from emojit.release.reproduce.run import reproduce as run

    result = run(release, out=out, corpus=corpus, dataset=dataset, quiet=as_json)
    text = _of_model(result) if isinstance(result, ReproducedModel) else _text(result)
    output.show(result.as_dict(), as_json=as_json, text=text)
    if result.verdict == "different":
        raise typer.Exit(1)


def _where(result: ReproducedDataset | Model) -> str:
    name = f"{result.what}@{result.revision}" if result.revision else result.what
    return f"{name} (commit {result.commit[:12]})" if result.commit else name


def _of_model(result: Model) -> str:
    lines = [f"{state:<12}  {name}" for name, state in result.files.items()]
    if result.first_tensor is not None:
        lines.append(f"first weights that differ: {result.first_tensor}")
    lines += [
        f"{score.split:<12}  Jaccard {score.released:.3f} [{score.low:.3f}, {score.high:.3f}] released, {score.retrained:.3f} retrained ({score.rows:,} rows)"
        for score in result.scores
    ]
    lines += [f"why: {reason}" for reason in result.why]
    if result.out is not None:
        lines.append(f"the new run stands in {result.out}")
    return "\n".join([*lines, f"{_where(result)}: {result.verdict} (emojit {result.emojit})"])


def _text(result: ReproducedDataset) -> str:
    where = _where(result)
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
