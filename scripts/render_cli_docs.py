"""Write docs/cli.md from the `--help` of every command, so that the page cannot drift.

`python scripts/render_cli_docs.py` writes the page; with `--check` it exits 1 when the page is not current.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
HEAD = """\
# The commands

Written by `scripts/render_cli_docs.py` from the commands' own help; do not edit.

Every command takes `--json` and then prints exactly one JSON object on stdout; progress and messages go to stderr. Exit codes: 0 done, 1 failed, 2 wrong
usage or recipe.
"""


def _commands(command: Any, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (full name, help text) of a command and all below it."""
    from typer._click import Context

    context = Context(command, info_name=" ".join(names), max_content_width=100, terminal_width=100)
    yield " ".join(names), command.get_help(context)
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(child, (*names, name))


def render() -> str:
    """Return the whole page."""
    import typer

    from emojit.cli.app import app

    parts = [HEAD]
    for name, text in _commands(typer.main.get_command(app), ("emojit",)):
        body = "\n".join(line.rstrip() for line in text.strip().splitlines())
        parts.append(f"## {name}\n\n```text\n{body}\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Write or check the page."""
    os.environ.update({"COLUMNS": "100", "NO_COLOR": "1"})
    page = render()
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if current != page:
            print("docs/cli.md is not current: run `make docs`", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
