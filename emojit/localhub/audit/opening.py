"""Opening a store while no Hub serves it: whoever audits it holds the lock that a Hub would hold."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import HubServerError, MissingExtraError
from emojit.localhub.database import Database
from emojit.localhub.discussions import Discussions
from emojit.localhub.registry import Registry, RepoRecord
from emojit.localhub.repositories import Repositories
from emojit.localhub.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStore:
    """A store that belongs to this process alone."""

    store: Store
    database: Database
    registry: Registry
    repositories: Repositories
    discussions: Discussions

    def records(self) -> list[RepoRecord]:
        """Every repository."""
        return [record for type_ in ("model", "dataset", "space") for record in self.registry.all(type_)]


@contextmanager
def open_store(root: Path, *, looks: bool = False) -> Iterator[OpenStore]:
    """The store in `root`, which must exist.

    Args:
        root: its folder.
        looks: nothing will be changed, so that the folder may be one that cannot be written.

    Raises:
        HubServerError: there is no store, a Hub is serving it, or its database cannot be read.
        MissingExtraError: the packages of the extra `hub` are not installed.
    """
    if importlib.util.find_spec("dulwich") is None:
        raise MissingExtraError(
            "the embedded Hub needs the package dulwich", hint="install it with: pip install 'emojit[hub]'"
        )
    store = Store(root)
    if not store.database.is_file():
        raise HubServerError(f"there is no store of a Hub in {store.root}", hint="name its folder with --root")
    fixed = looks and store.fixed
    if not fixed:
        store.prepare()
    database = Database(store.database, fixed=fixed)
    try:
        registry = Registry(database)
        yield OpenStore(
            store=store,
            database=database,
            registry=registry,
            repositories=Repositories(store, registry),
            discussions=Discussions(database),
        )
    except sqlite3.DatabaseError as exc:
        raise HubServerError(f"{store.database} is damaged: {exc}", hint="bring it back from a backup") from exc
    finally:
        database.close()
