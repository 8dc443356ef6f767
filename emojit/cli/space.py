"""`emojit space`: run a Space on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption
from emojit.cli.stopping import INTERRUPTED

app = typer.Typer(no_args_is_help=True, help="Run the demo or a metric's page on this machine.")

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="PATH|NAME|REPO[@TAG]",
        help="A Space's folder, `demo`, a metric's name, or a repository.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="DIR|REPO@vN", help="For the demo: the model that answers.", show_default=False),
]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Run code of a repository; it can do whatever you can. Read it first.")
]


@app.callback()
def spaces() -> None:
    """Keep the name of the only command: a group of one would lose it."""


@app.command()
def run(
    source: SourceArgument,
    port: Annotated[int, typer.Option("--port", help="TCP port; 0 takes a free one.", min=0, max=65535)] = 7860,
    model: ModelOption = None,
    trust: TrustOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a Gradio Space on 127.0.0.1 until Ctrl-C, without a share link and without calls home.

    A repository is code of somebody else: it runs with --trust alone.

    Example: emojit space run demo --model you/emoji-student@v1
    """
    from emojit.space import opened_space, run_space

    def announce(url: str) -> None:
        output.show({"url": url, "space": source}, as_json=as_json, text=f"{source} at {url}\nStop with Ctrl-C.")

    try:
        with opened_space(source, model=model, trust=trust) as (folder, settings):
            run_space(folder, port=port, settings=settings, announce=announce)
    except KeyboardInterrupt:  # once the page is there, Ctrl-C is how it ends
        output.note("stopped before the page was there; the same command starts it again")
        raise SystemExit(INTERRUPTED) from None
