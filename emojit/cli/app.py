"""The command line's front door: registers the commands and turns an error into one line and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

import emojit
from emojit import logs
from emojit.cli import (
    baseline,
    build_dataset,
    corpus,
    demo,
    doctor,
    evaluate,
    experiment,
    export,
    hub,
    import_,
    judge,
    predict,
    push,
    rate,
    releases,
    replies,
    reproduce,
    space,
    sweep,
    train,
    verify,
)
from emojit.cli.stopping import INTERRUPTED
from emojit.errors import EmojitError
from emojit.network import check_environment, mask_secrets

_COLLECTED_AFTER = (10_000, 10, 10)
"""Objects after which Python looks for cycles (count; it is 700 by default): the imports of torch and transformers make millions that all stay."""

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
    check_environment()


app.command()(build_dataset.build_dataset)
app.add_typer(corpus.app, name="corpus")
app.add_typer(push.app, name="push")
app.command()(releases.releases)
app.command()(verify.verify)
app.command()(reproduce.reproduce)
app.command("import")(import_.import_)
app.add_typer(replies.app, name="replies")
app.add_typer(baseline.app, name="baseline")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.add_typer(experiment.app, name="experiment")
app.command()(sweep.sweep)
app.add_typer(judge.app, name="judge")
app.add_typer(rate.app, name="rate")
app.command()(predict.predict)
app.command()(export.export)
app.add_typer(space.app, name="space")
app.add_typer(hub.app, name="hub")
app.command()(demo.demo)
app.command()(doctor.doctor)


def main() -> None:
    """Run the command line.

    The only place where an error becomes one `error:` line (`stopped:` at a limit that was asked for), one `hint:` line and an exit code. Typer ends quietly when a reader went away
    (`emojit … | head`).
    """
    gc.set_threshold(*_COLLECTED_AFTER)
    atexit.register(gc.freeze)  # what the libraries hold goes with the process; to collect it first takes a second
    try:
        code = app(standalone_mode=False)  # Typer would print its own mistakes in another form
    except EmojitError as exc:
        code = _fail(str(exc), exc.hint, exc.exit_code, label=exc.label)
    except TyperException as exc:
        code = _misused(exc)
    except OSError as exc:  # a full disk or a missing permission that no room foresaw
        code = _disk(exc)
    try:
        sys.stdout.flush()
    except OSError as exc:  # what is still in the buffer would fail once more, with a traceback, when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _disk(exc)
    if code == INTERRUPTED:
        typer.echo("stopped; the same command goes on where it was (emojit train: with --resume)", err=True)
    sys.exit(code or 0)


def _fail(message: str, hint: str | None, code: int, *, label: str = "error") -> int:
    typer.echo(f"{label}: {mask_secrets(' '.join(message.split()))}", err=True)
    if hint:
        typer.echo(f"hint: {hint}", err=True)
    return code


def _disk(exc: OSError) -> int:
    where = f"{exc.filename}: " if exc.filename else ""
    return _fail(f"{where}{exc.strerror or exc}", "check the disk, the path and its permissions", 1)


def _misused(exc: TyperException) -> int:
    """Print an unknown command, a missing option or a value of the wrong kind as what it is: wrong usage."""
    context = getattr(exc, "ctx", None)
    message = exc.format_message()
    if context is not None and message == context.get_help():  # a command group without a command
        typer.echo(message, err=True)
        return exc.exit_code
    return _fail(message, f"see `{context.command_path if context else 'emojit'} --help`", exc.exit_code)
