"""Changing who is who in a store while no Hub serves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from emojit.errors import HubServerError
from emojit.localhub.accounts import Accounts
from emojit.localhub.database import Database
from emojit.localhub.permissions import Role, read_scope
from emojit.localhub.store import Store


@contextmanager
def open_accounts(root: Path, *, create: bool = True, looks: bool = False) -> Iterator[Accounts]:
    """The users and organisations of the store in `root`.

    Args:
        root: folder of the store.
        create: whether a store that is missing is created; what only looks or takes away must not leave one behind.
        looks: nothing will be changed, so that the folder may be one that cannot be written.

    Raises:
        HubServerError: a Hub is serving the folder, it cannot be written, or there is no store and none is created.
    """
    store = Store(root)
    if not create and not store.database.is_file():
        raise HubServerError(f"there is no store of a Hub in {store.root}", hint="name its folder with --root")
    fixed = looks and store.fixed
    if not fixed:
        store.prepare()
    database = Database(store.database, fixed=fixed)
    try:
        yield Accounts(database)
    finally:
        database.close()


def create_token(root: Path, user: str, *, role: str, name: str | None, scopes: Sequence[str]) -> str:
    """Make a token for a user, who is created if missing, and return its plain text.

    Args:
        root: folder of the store; created if it is missing.
        user: whose token it is.
        role: "read", "write" or "fineGrained".
        name: what its owner calls it; None takes one that is free.
        scopes: of a fine-grained token, for instance "me/model:write".

    Raises:
        UsageError: the user name, role, name or a scope is not allowed.
        HubServerError: a Hub is serving the folder, or it cannot be written.
    """
    read = [read_scope(scope) for scope in scopes]
    with open_accounts(root) as accounts:
        if not accounts.has_user(user):
            accounts.create_user(user)
        return accounts.create_token(user, cast("Role", role), name=name, scopes=read)
