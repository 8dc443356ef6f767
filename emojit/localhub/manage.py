"""Changing who is who in a store while no Hub serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojit.localhub.accounts import Accounts
from emojit.localhub.database import Database
from emojit.localhub.store import Store


@contextmanager
def open_accounts(root: Path) -> Iterator[Accounts]:
    """The users and organisations of the store in `root`; it is created if it is missing.

    Raises:
        HubServerError: a Hub is serving the folder, or it cannot be written.
    """
    store = Store(root)
    store.prepare()
    database = Database(store.database)
    try:
        yield Accounts(database)
    finally:
        database.close()
