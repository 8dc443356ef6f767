"""`emojit corpus`: a corpus split and filtered once, for as many builds as one likes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption, SetOption
from emojit.cli.stopping import stopped_by_sigterm

if TYPE_CHECKING:
    from emojit.dataset.corpus_folder import CorpusResult

app = typer.Typer(no_args_is_help=True, help="Split and filter a corpus ahead of a build.")


@app.callback()
def _group() -> None:
    """Keeps `build` a sub-command while it is the only one."""


@app.command()
def build(
    recipe: Annotated[str, typer.Argument(metavar="[RECIPE]", help="TOML file or packaged recipe.")] = "sample",
    corpus: Annotated[str | None, typer.Option("--corpus", metavar="FILE|REPO", help="Articles to read.")] = None,
    out: OutOption = None,
    processes: Annotated[
        int | None, typer.Option("--processes", help="Processes, or tasks at the same time on a cluster.")
    ] = None,
    engine: Annotated[
        Literal["process", "datatrove-local", "datatrove-slurm", "datatrove-ray"],
        typer.Option("--engine", help="Who runs the scan."),
    ] = "process",
    tasks: Annotated[
        int | None, typer.Option("--tasks", min=1, help="Tasks that datatrove cuts the scan into; 4 per process.")
    ] = None,
    partition: Annotated[str | None, typer.Option("--partition", help="Partition of the Slurm cluster.")] = None,
    time_limit: Annotated[str, typer.Option("--time", help="Time limit of a Slurm task.")] = "24:00:00",
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Split and filter a corpus into a folder that `build-dataset --corpus` reads.

    The bytes are the same for every engine and every number of processes. On datatrove, a command that was stopped goes on with the tasks that are left.

    Example: emojit corpus build wikipedia-ja --out corpora/wikipedia --engine datatrove-local --processes 16
    """
    from emojit.corpus.cluster import Job
    from emojit.dataset.corpus_folder import build_corpus
    from emojit.recipe import BuildRecipe, load

    given = {"corpus.source": corpus, "corpus.processes": processes}
    options = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in given.items() if value is not None]
    resolved = load(BuildRecipe, recipe, overrides=[*options, *(overrides or ())])
    workers = processes or (resolved.corpus.processes if engine == "process" else os.cpu_count() or 1)
    job = None
    if engine != "process":
        job = Job(
            engine=engine, tasks=tasks or 4 * workers, workers=workers, partition=partition, time_limit=time_limit
        )
    with stopped_by_sigterm():
        result = build_corpus(resolved, out or Path("corpora") / resolved.name, job=job, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_text(result))


def _text(result: CorpusResult) -> str:
    if result.state == "submitted":
        return f"submitted; {result.folder} appears when the last job is done (squeue shows them)"
    if result.state == "already_complete":
        return f"{result.folder} is already complete with the same content ({result.kept:,} sentences kept); nothing was done"
    return "\n".join(
        [
            f"built {result.folder} in {result.seconds:.1f} s",
            f"articles    {result.articles:,}",
            *(f"            {count:,} lines cannot be read: {reason}" for reason, count in result.unreadable.items()),
            f"sentences   {result.candidates:,} offered, {result.kept:,} kept",
            *(f"            {count:>9,}  {reason}" for reason, count in result.dropped.items()),
        ]
    )
