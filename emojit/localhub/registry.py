"""Which repositories exist, who may see them, and what was uploaded to them."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from emojit.localhub.database import Database, now
from emojit.localhub.permissions import Caller
from emojit.localhub.refusal import RefusalError, repo_not_found

RepoType = Literal["model", "dataset", "space"]

_COLUMNS = "key, type, namespace, name, private, gated, sdk, created"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoRecord:
    """One repository, without its content."""

    key: str
    """Random name of its folders on disk; never changes."""
    type: RepoType
    namespace: str
    """The user or organisation that owns it."""
    name: str
    private: bool
    gated: str | None
    """None, "auto" or "manual"."""
    sdk: str | None
    """For Spaces: gradio, docker, static, streamlit."""
    created: str
    """ISO 8601, UTC."""

    @property
    def id(self) -> str:
        """The id that clients use."""
        return f"{self.namespace}/{self.name}"

    @property
    def url_path(self) -> str:
        """The id behind the prefix of its type, as in web URLs."""
        return self.id if self.type == "model" else f"{self.type}s/{self.id}"

    def visible_to(self, caller: Caller | None) -> bool:
        """Whether this caller may know that the repository exists."""
        return not self.private or (caller is not None and caller.may_read(self))

    def files_open_to(self, caller: Caller | None) -> bool:
        """Whether this caller, who sees the repository, may also read its files."""
        if self.gated is None or caller is None:
            return self.gated is None
        return caller.may_read(self) or caller.passes_gate(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeFileRecord:
    """A large file that was uploaded to a repository."""

    sha256: str
    path: str | None
    """Where it was last committed; None before, and in stores of the first release."""
    reference: str | None
    pushed: str | None
    """ISO 8601, UTC."""


class Registry:
    """The repositories of one Hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, type_: RepoType, namespace: str, name: str) -> RepoRecord | None:
        """The repository of this id; case does not count."""
        where = "type = ? AND namespace = ? AND name = ?"
        found = self._select(where, (type_, namespace, name))
        return found[0] if found else None

    def find_former(self, type_: RepoType, namespace: str, name: str) -> RepoRecord | None:
        """The repository that once had this id and was moved."""
        where = "key = (SELECT key FROM former_id WHERE type = ? AND namespace = ? AND name = ?)"
        found = self._select(where, (type_, namespace, name))
        return found[0] if found else None

    def by_key(self, key: str) -> RepoRecord | None:
        """The repository with this storage key."""
        found = self._select("key = ?", (key,))
        return found[0] if found else None

    def all(self, type_: RepoType) -> list[RepoRecord]:
        """Every repository of one type, newest first."""
        return self._select("type = ? ORDER BY created DESC, rowid DESC", (type_,))

    def keys(self) -> set[str]:
        """The storage keys in use."""
        return {str(key) for (key,) in self._database.rows("SELECT key FROM repo")}

    def add(self, record: RepoRecord) -> None:
        """Register a repository whose git folder is in place.

        Raises:
            RefusalError: 409, another request was faster.
        """
        values = (record.key, record.type, record.namespace, record.name, record.private, record.gated, record.sdk)
        with self._database.transaction():
            if self.find(record.type, record.namespace, record.name):
                raise already_exists(record.id)
            # A new repository takes over the id from one that was moved away.
            self._forget_former(record.type, record.namespace, record.name)
            statement = f"INSERT INTO repo ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            self._database.rows(statement, (*values, record.created))

    def remove(self, key: str) -> None:
        """Forget a repository, its former ids and its large files."""
        with self._database.transaction():
            self._database.rows("DELETE FROM repo WHERE key = ?", (key,))

    def move(self, record: RepoRecord, namespace: str, name: str) -> None:
        """Give a repository another id; the old one redirects from now on.

        Raises:
            RefusalError: 409, the new id is taken.
        """
        with self._database.transaction():
            other = self.find(record.type, namespace, name)
            if other and other.key != record.key:
                raise RefusalError(409, f"A {record.type} repository called {other.id} already exists")
            self._forget_former(record.type, namespace, name)
            self._database.rows("UPDATE repo SET namespace = ?, name = ? WHERE key = ?", (namespace, name, record.key))
            if (namespace, name) != (record.namespace, record.name) and other is None:
                values = (record.type, record.namespace, record.name, record.key)
                self._database.rows("INSERT OR REPLACE INTO former_id VALUES (?, ?, ?, ?)", values)

    def set_private(self, key: str, private: bool) -> None:
        """Hide a repository or show it."""
        with self._database.transaction():
            self._database.rows("UPDATE repo SET private = ? WHERE key = ?", (private, key))

    def set_gated(self, key: str, gated: str | None) -> None:
        """Gate the files of a repository or open them."""
        with self._database.transaction():
            self._database.rows("UPDATE repo SET gated = ? WHERE key = ?", (gated, key))

    def grant(self, key: str, sha256: str) -> None:
        """Note that this content was uploaded to this repository."""
        try:
            with self._database.transaction():
                self._database.rows("INSERT OR IGNORE INTO large_file (key, sha256) VALUES (?, ?)", (key, sha256))
        except sqlite3.IntegrityError:  # the repository was deleted since its address was given
            raise repo_not_found() from None

    def granted(self, key: str, sha256: str) -> bool:
        """Whether this content was uploaded to this repository."""
        return bool(self._database.rows("SELECT 1 FROM large_file WHERE key = ? AND sha256 = ?", (key, sha256)))

    def note_committed(self, key: str, paths: Mapping[str, str], reference: str) -> None:
        """Remember where large files were committed, so that they can be listed by name.

        Args:
            key: the repository.
            paths: path by sha256.
            reference: where the commit is, e.g. "refs/heads/main".
        """
        statement = "UPDATE large_file SET path = ?, reference = ?, pushed = ? WHERE key = ? AND sha256 = ?"
        with self._database.transaction():
            for sha256, path in paths.items():
                self._database.rows(statement, (path, reference, now(), key, sha256))

    def large_files(self, key: str) -> list[LargeFileRecord]:
        """What was uploaded to a repository, in the order of the uploads."""
        statement = "SELECT sha256, path, reference, pushed FROM large_file WHERE key = ? ORDER BY rowid"
        return [
            LargeFileRecord(
                sha256=str(sha256),
                path=cast("str | None", path),
                reference=cast("str | None", reference),
                pushed=cast("str | None", pushed),
            )
            for sha256, path, reference, pushed in self._database.rows(statement, (key,))
        ]

    def revoke(self, key: str, sha256s: Iterable[str]) -> None:
        """Forget that content was uploaded to a repository: it can no longer be read there."""
        with self._database.transaction():
            for sha256 in sha256s:
                self._database.rows("DELETE FROM large_file WHERE key = ? AND sha256 = ?", (key, sha256))

    def _select(self, where: str, values: Sequence[object]) -> list[RepoRecord]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM repo WHERE {where}", values)
        return [
            RepoRecord(
                key=str(key),
                type=cast("RepoType", type_),
                namespace=str(namespace),
                name=str(name),
                private=bool(private),
                gated=str(gated) if gated else None,
                sdk=str(sdk) if sdk else None,
                created=str(created),
            )
            for key, type_, namespace, name, private, gated, sdk, created in rows
        ]

    def _forget_former(self, type_: str, namespace: str, name: str) -> None:
        statement = "DELETE FROM former_id WHERE type = ? AND namespace = ? AND name = ?"
        self._database.rows(statement, (type_, namespace, name))


def new_record(type_: RepoType, namespace: str, name: str, *, private: bool, sdk: str | None) -> RepoRecord:
    """A record for a repository that is about to be created."""
    return RepoRecord(
        key=secrets.token_hex(16),
        type=type_,
        namespace=namespace,
        name=name,
        private=private,
        gated=None,
        sdk=sdk,
        created=now(),
    )


def already_exists(repo_id: str) -> RefusalError:
    """409: the id is taken."""
    return RefusalError(409, f"You already created this repo: {repo_id}")


def visible_or_refuse(record: RepoRecord | None, caller: Caller | None) -> RepoRecord:
    """Return `record` if the caller may know of it.

    Raises:
        RefusalError: 404, the same for a missing and for a hidden repository.
    """
    if record is None or not record.visible_to(caller):
        raise repo_not_found()
    return record
