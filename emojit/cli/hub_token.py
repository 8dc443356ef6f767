"""`emojit hub token`: the tokens by which clients are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.hub_root import default_root
from emojit.cli.options import JsonOption
from emojit.errors import UsageError

if TYPE_CHECKING:
    from emojit.localhub.tokens import TokenRecord

app = typer.Typer(no_args_is_help=True, help="Tokens of the Hub. Stop the Hub first: a store is open once.")

_ROLES = {"read": "read", "write": "write", "fine-grained": "fineGrained"}

RootOption = Annotated[Path | None, typer.Option("--root", help="Folder of the store.", file_okay=False)]
UserOption = Annotated[str, typer.Option("--user", help="Whose token it is.")]


@app.command()
def create(
    root: RootOption = None,
    user: Annotated[str, typer.Option("--user", help="Whose token it is; created when missing.")] = "me",
    role: Annotated[str, typer.Option("--role", help="read, write or fine-grained.")] = "write",
    repo: Annotated[
        list[str] | None,
        typer.Option(
            "--repo", metavar="REPO:LEVEL", help="What a fine-grained token gives: read, discussion or write."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What you call it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and show it, this once.

    A REPO is me/model, datasets/me/x, spaces/me/demo, or me for all that a user or organization owns.

    Example: emojit hub token create --user me --role fine-grained --repo me/model:write --repo datasets/me/x:read
    """
    from emojit.localhub.manage import create_token

    if role not in _ROLES:
        raise UsageError(f"unknown token role {role!r}", hint=f"use {', '.join(_ROLES)}")
    token = create_token(root or default_root(), user, role=_ROLES[role], name=name, scopes=repo or [])
    text = f"{token}\n\nThe token is shown only now. export HF_TOKEN={token}"
    output.show({"user": user, "role": role, "token": token}, as_json=as_json, text=text)


@app.command(name="list")
def list_tokens(
    root: RootOption = None,
    user: Annotated[str | None, typer.Option("--user", help="Only the tokens of this user.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List tokens by their names and first characters; the tokens themselves are not stored.

    Example: emojit hub token list --root hub
    """
    from emojit.localhub.manage import open_accounts

    with open_accounts(root or default_root(), create=False, looks=True) as accounts:
        tokens = accounts.tokens(user)
    text = "\n".join(_line(token) for token in tokens) or "There are no tokens."
    output.show({"tokens": [_facts(token) for token in tokens]}, as_json=as_json, text=text)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its name or first characters, as the list shows them.")],
    root: RootOption = None,
    user: UserOption = "me",
    as_json: JsonOption = False,
) -> None:
    """Revoke a token: whoever sends it is refused from now on.

    Example: emojit hub token revoke laptop --user me --root hub
    """
    from emojit.localhub.manage import open_accounts

    with open_accounts(root or default_root(), create=False) as accounts:
        revoked = accounts.revoke_token(user, token)
    text = f"The token {revoked.name!r} of {revoked.user!r} is revoked."
    output.show({"revoked": _facts(revoked)}, as_json=as_json, text=text)


def _facts(token: TokenRecord) -> dict[str, object]:
    return {
        "user": token.user,
        "name": token.name,
        "prefix": token.prefix,
        "role": _role(token),
        "scopes": [_scope(token, position) for position in range(len(token.scopes))],
        "created": token.created,
        "last_used": token.last_used,
    }


def _line(token: TokenRecord) -> str:
    scopes = ", ".join(_scope(token, position) for position in range(len(token.scopes)))
    used = f"last used {token.last_used}" if token.last_used else "never used"
    what = f"{_role(token)} ({scopes})" if scopes else _role(token)
    return f"{token.user}  {token.name}  {token.prefix or 'hf_'}…  {what}  made {token.created}, {used}"


def _role(token: TokenRecord) -> str:
    return next(shown for shown, role in _ROLES.items() if role == token.role)


def _scope(token: TokenRecord, position: int) -> str:
    scope = token.scopes[position]
    prefix = "" if scope.type in {"namespace", "model"} else f"{scope.type}s/"
    return f"{prefix}{scope.name}:{scope.level}"
