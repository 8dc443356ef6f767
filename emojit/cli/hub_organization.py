"""`emojit hub organization`: who shares repositories under a common name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption

if TYPE_CHECKING:
    from emojit.localhub.permissions import MemberRole

app = typer.Typer(no_args_is_help=True, help="Organizations of the Hub: names whose repositories several users share.")

RootOption = Annotated[Path, typer.Option("--root", help="Folder of the store.", file_okay=False)]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The organization.")],
    root: RootOption,
    admin: Annotated[str | None, typer.Option("--admin", help="A user who becomes its first member.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create an organization. Stop the Hub first: a store is open once.

    Example: emojit hub organization create lab --root hub --admin me
    """
    from emojit.localhub.manage import open_accounts

    with open_accounts(root) as accounts:
        accounts.create_organization(name, admin=admin)
        members = accounts.members(name)
    output.show({"organization": name, "members": members}, as_json=as_json, text=f"The organization {name!r} exists.")


@app.command()
def member(
    name: Annotated[str, typer.Argument(help="The organization.")],
    user: Annotated[str, typer.Argument(help="An existing user.")],
    root: RootOption,
    role: Annotated[str, typer.Option("--role", help="read, write or admin.")] = "write",
    remove: Annotated[bool, typer.Option("--remove", help="Take the user out instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a user into an organization, change the role of a member, or take a member out.

    Example: emojit hub organization member lab you --role read --root hub
    """
    from emojit.localhub.manage import open_accounts

    with open_accounts(root, create=False) as accounts:
        if remove:
            accounts.remove_member(name, user)
        else:
            accounts.add_member(name, user, cast("MemberRole", role))
        members = accounts.members(name)
    text = "\n".join([f"Members of {name!r}:", *(f"  {member}  {role}" for member, role in members.items())])
    output.show({"organization": name, "members": members}, as_json=as_json, text=text)
