"""Reaching the box: a Hub that runs, or a store that is served for the time of a copy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emojit.errors import UsageError

if TYPE_CHECKING:
    from emojit.localhub.accounts import Accounts

VARIABLE = "EMOJIT_BOX_TOKEN"
"""Holds the token of a box that runs: HF_TOKEN is for the Hub on the other side."""

_TOKEN_NAME = "one copy by emojit hub import or export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """How to reach the box."""

    endpoint: str
    token: str | None


@contextmanager
def running_box(url: str) -> Iterator[Box]:
    """A box that somebody serves.

    Args:
        url: its address, as `emojit hub serve` prints it.

    Raises:
        UsageError: it is no http(s) URL, or the token cannot be sent.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise UsageError(f"{url!r} is no address of a Hub", hint="for example http://127.0.0.1:8765")
    token = os.environ.get(VARIABLE, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"{VARIABLE} holds characters that no HTTP header can carry", hint="export it again")
    yield Box(endpoint=url.rstrip("/"), token=token or None)


@contextmanager
def stored_box(root: Path, namespace: str, *, user: str, changes: bool) -> Iterator[Box]:
    """Serve a store on a free port of this machine until the block ends, with a token that ends with it.

    Args:
        root: folder of the store.
        namespace: user or organisation whose repository is meant.
        user: becomes the first member when the namespace has to be created.
        changes: whether the repository will change; then a missing store and namespace are created.

    Raises:
        HubServerError: there is no store, or it is being served.
        UsageError: nobody may write to the namespace.
    """
    from emojit.localhub import LocalHub
    from emojit.localhub.manage import open_accounts

    with open_accounts(root) as accounts:
        actor = _actor(accounts, namespace, user, changes=changes)
        token = _new_token(accounts, actor) if actor else None
    try:
        with LocalHub(root) as hub:
            yield Box(endpoint=hub.endpoint, token=token)
    finally:
        if actor is not None:
            with open_accounts(root) as accounts:
                accounts.revoke_token(actor, _TOKEN_NAME)


@contextmanager
def planned_box(root: Path, namespace: str) -> Iterator[Box]:
    """The same for a plan: nothing is created, and where there is no store an empty one elsewhere stands for it."""
    with ExitStack() as stack:
        if not has_store(root):
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emojit-box-")))
        yield stack.enter_context(stored_box(root, namespace, user="", changes=False))


def has_store(root: Path) -> bool:
    """Whether the folder holds the store of a Hub."""
    return (root / "hub.sqlite3").is_file()


def _new_token(accounts: Accounts, user: str) -> str:
    """A token for one copy; that of a copy that was killed ends now."""
    if any(token.name == _TOKEN_NAME for token in accounts.tokens(user)):
        accounts.revoke_token(user, _TOKEN_NAME)
    return accounts.create_token(user, "write", name=_TOKEN_NAME)


def _actor(accounts: Accounts, namespace: str, user: str, *, changes: bool) -> str | None:
    """In whose name the copy works; whoever has the folder may act for everybody in it."""
    if accounts.has_user(namespace):
        return namespace
    if accounts.namespace(namespace) is None:
        if not changes:
            return None
        if not accounts.has_user(user):
            accounts.create_user(user)
        if user.lower() != namespace.lower():
            accounts.create_organization(namespace, admin=user)
        return user
    writers = [member for member, role in accounts.members(namespace).items() if role in {"write", "admin"}]
    if changes and not writers:
        raise UsageError(
            f"nobody may write for the organization {namespace!r}",
            hint=f"emojit hub organization member {namespace} {user} --role write",
        )
    return next(iter(writers or accounts.members(namespace)), None)
