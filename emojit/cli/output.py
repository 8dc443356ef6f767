"""The only place that writes results to stdout, and what a person reads before them to stderr."""

from __future__ import annotations

import json
from collections.abc import Mapping

import typer


def show(result: Mapping[str, object], *, as_json: bool, text: str) -> None:
    """Print a command's result.

    Args:
        result: what `--json` prints as exactly one JSON object; values must be plain JSON types or have a useful `str`.
        as_json: whether `--json` was given.
        text: what a person reads otherwise; nothing is printed when empty.
    """
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
    elif text:
        typer.echo(text)


def note(text: str) -> None:
    """Print what a person shall read before the result, such as the plan of a push, to stderr: stdout holds results alone."""
    typer.echo(text, err=True)
