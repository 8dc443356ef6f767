"""`emojit hub`: the embedded Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import hub_mirror, hub_organization, hub_store, hub_token, output
from emojit.cli.hub_root import default_root
from emojit.cli.options import JsonOption

if TYPE_CHECKING:
    from emojit.localhub import LocalHub

app = typer.Typer(no_args_is_help=True, help="Run a Hugging Face Hub on this machine, without a network.")
app.add_typer(hub_organization.app, name="organization")
app.add_typer(hub_token.app, name="token")
app.command()(hub_store.check)
app.command()(hub_store.gc)
app.command("import")(hub_mirror.import_)
app.command()(hub_mirror.export)


def _text(hub: LocalHub, user: str, token: str | None) -> str:
    lines = [
        f"Hub of {user!r} at {hub.endpoint}, stored in {hub.root}",
        "Open the address in a browser to look around.",
        "",
        f"export HF_ENDPOINT={hub.endpoint}",
    ]
    if token:
        lines += [f"export HF_TOKEN={token}", "", "The token is shown only now; --new-token makes another."]
    else:
        lines += ["export HF_TOKEN=…", "", "The token was shown when it was made; --new-token makes another."]
    return "\n".join([*lines, "Stop with Ctrl-C."])


@app.command()
def serve(
    root: Annotated[Path | None, typer.Option("--root", help="Folder of the store.", file_okay=False)] = None,
    port: Annotated[int, typer.Option("--port", help="TCP port; 0 takes a free one.", min=0, max=65535)] = 8765,
    user: Annotated[str, typer.Option("--user", help="Owner of the repositories; created when missing.")] = "me",
    new_token: Annotated[bool, typer.Option("--new-token", help="Make another write token for the user.")] = False,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; others need --expose.")] = "127.0.0.1",
    expose: Annotated[
        bool, typer.Option("--expose", help="Let other machines reach it, in plain HTTP. Needs a token in the store.")
    ] = False,
    public_url: Annotated[
        str | None, typer.Option("--public-url", help="What clients call it behind a proxy with TLS; needs --expose.")
    ] = None,
    xet_downloads: Annotated[
        bool, typer.Option("--xet-downloads/--no-xet-downloads", help="Offer downloads by Xet beside plain HTTP.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Serve a Hub until Ctrl-C, on 127.0.0.1 unless told otherwise; the clients need only HF_ENDPOINT and HF_TOKEN.

    Example: emojit hub serve --root hub --port 8765
    """
    from emojit import localhub

    def announce(hub: LocalHub, token: str | None) -> None:
        result = {"endpoint": hub.endpoint, "root": str(hub.root), "user": user, "token": token}
        output.show(result, as_json=as_json, text=_text(hub, user, token))

    localhub.serve(
        root or default_root(),
        port,
        user=user,
        new_token=new_token,
        host=host,
        expose=expose,
        public_url=public_url,
        xet_downloads=xet_downloads,
        announce=announce,
    )
