"""The command line's front door: registers the commands and turns an error into one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

import emojit
from emojit import logs
from emojit.cli import build_dataset, demo, doctor, evaluate, hub, predict, push, train
from emojit.errors import EmojitError

app = typer.Typer(
    name="emojit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"emojit {emojit.__version__}")
        raise typer.Exit


@app.callback()
def options(
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for debug.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only errors.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Distil a large language model's choice of emoji for Japanese text into a small, reproducible student.

    Start with `emojit demo`, which runs the whole chain on this machine.
    """
    logs.configure(verbosity=-1 if quiet else verbose)


app.command()(build_dataset.build_dataset)
app.add_typer(push.app, name="push")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(predict.predict)
app.add_typer(hub.app, name="hub")
app.command()(demo.demo)
app.command()(doctor.doctor)


def main() -> None:
    """Run the command line.

    The only place where an `EmojitError` becomes an exit code, and where a reader that went away (`emojit … | head`) or Ctrl-C ends quietly.
    """
    try:
        app()
    except EmojitError as exc:
        typer.echo(f"error: {exc}", err=True)
        if exc.hint:
            typer.echo(f"hint: {exc.hint}", err=True)
        sys.exit(exc.exit_code)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on where it was", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
