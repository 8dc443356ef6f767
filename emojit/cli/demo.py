"""`emojit demo`: the main job, offline, from articles to a model that somebody else's program loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, SetOption


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _wait(endpoint: str, token: str) -> None:
    """Keep the Hub up until Ctrl-C. The token is the demo user's, made for this folder a minute ago, and opens nothing else."""
    import threading

    _say(f"\nthe Hub keeps running: export HF_ENDPOINT={endpoint} HF_TOKEN={token}\nstop it with Ctrl-C")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        _say("stopped")


def demo(
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Empty or new folder to work in; a temporary one otherwise.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the embedded Hub running at the end.")] = False,
    recipe: Annotated[str, typer.Option("--recipe", help="Training recipe.")] = "demo",
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole chain on this machine, offline: build, push, train, measure, load back.

    Example: emojit demo --keep
    """
    import tempfile

    from emojit.errors import UsageError
    from emojit.experiment.demo import run_demo, table
    from emojit.recipe import TrainRecipe, load

    load(TrainRecipe, recipe, overrides=overrides or ())  # a mistake in it is said now and not after the builds
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="emojit-demo-"))
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--folder {folder} is not an empty folder", hint="give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    result = run_demo(
        folder, say=_say, recipe=recipe, overrides=overrides or (), quiet=as_json, wait=_wait if keep else None
    )
    output.show(result.as_dict(), as_json=as_json, text=table(result))
