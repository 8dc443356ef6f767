"""Tokens: making, finding, listing and revoking them.

A token is shown once and stored only as a hash. It holds 200 random bits, so a plain SHA-256 cannot be reversed by guessing and needs no salt. Its first
characters are kept, so that a list says which is which; 176 bits remain unknown.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from emojit.errors import UsageError
from emojit.localhub.database import Database, now
from emojit.localhub.permissions import EntityType, Level, Role, Scope

_ALPHABET = string.ascii_letters + string.digits
_TOKEN_LENGTH = 34
"""Characters after `hf_`, as in the tokens of the public Hub."""
PREFIX_LENGTH = 7
"""`hf_` and four characters."""
_USE_NOTED_EVERY_S = 3600
"""A write per request would cost more than most requests."""
_MAX_NAME = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """What is known of a token."""

    hash: str
    user: str
    role: Role
    created: str
    """ISO 8601, UTC."""
    name: str
    """What its owner calls it."""
    prefix: str | None
    """Its first characters; None for tokens of stores that an older emojit wrote."""
    last_used: str | None
    """ISO 8601, UTC, to the hour; None before the first use."""
    scopes: tuple[Scope, ...] = ()


class Tokens:
    """The tokens of one Hub."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, float] = {}
        """When the use of a token was last written down, by hash (seconds, monotonic)."""

    def create(self, user: str, role: Role, *, name: str, scopes: Sequence[Scope] = ()) -> str:
        """Make a token and return its plain text, which is not stored.

        Args:
            user: an existing user, in its own spelling.
            role: what it may do.
            name: what its owner calls it; each user has a name once.
            scopes: of a fine-grained token, at least one.

        Raises:
            UsageError: there is no such role, the scopes do not go with it, or the name is taken.
        """
        if role not in get_args(Role):
            raise UsageError(f"unknown token role {role!r}", hint="use 'read', 'write' or 'fineGrained'")
        if (role == "fineGrained") != bool(scopes):
            raise UsageError(
                "a fine-grained token needs scopes, and no other token has them",
                hint="for instance --role fine-grained --repo me/model:write",
            )
        if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
            raise UsageError(f"the token name {name!r} is not 1 to {_MAX_NAME} printable characters")
        token = "hf_" + "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))
        with self._database.transaction():
            if any(record.name == name for record in self.all(user)):
                raise UsageError(f"{user!r} has a token called {name!r} already", hint="choose another --name")
            statement = "INSERT INTO token (hash, user, role, created, name, prefix) VALUES (?, ?, ?, ?, ?, ?)"
            self._database.rows(statement, (_hash(token), user, role, now(), name, token[:PREFIX_LENGTH]))
            for scope in scopes:
                values = (_hash(token), scope.type, scope.name, scope.level)
                self._database.rows("INSERT OR REPLACE INTO token_scope VALUES (?, ?, ?, ?)", values)
        return token

    def free_name(self, user: str, wanted: str) -> str:
        """`wanted`, or with a number where the user has a token of that name."""
        taken = {record.name for record in self.all(user)}
        numbers = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbers) if name not in taken)

    def find(self, token: str) -> TokenRecord | None:
        """Whom a plain token belongs to, or None when it is unknown. Its use is written down."""
        found = self._select("WHERE hash = ?", _hash(token))
        if not found:
            return None
        self._note_use(found[0].hash)
        return found[0]

    def all(self, user: str | None = None) -> list[TokenRecord]:
        """Every token, or those of one user, oldest first."""
        return self._select("ORDER BY rowid") if user is None else self._select("WHERE user = ? ORDER BY rowid", user)

    def revoke(self, user: str, which: str) -> TokenRecord:
        """Forget a token; the next request that carries it is refused.

        Args:
            user: whose it is.
            which: its name or its first characters.

        Returns:
            What it was.

        Raises:
            UsageError: no token, or several, are meant.
        """
        with self._database.transaction():
            tokens = self.all(user)
            found = [token for token in tokens if which == token.name] or [
                token for token in tokens if which and token.prefix == which
            ]
            if len(found) != 1:
                problem = "several tokens" if found else "no token"
                raise UsageError(
                    f"{user!r} has {problem} called {which!r}", hint="emojit hub token list shows their names"
                )
            self._database.rows("DELETE FROM token WHERE hash = ?", (found[0].hash,))
        return found[0]

    def drop(self, token: str) -> None:
        """Forget a token, given as its plain text; an unknown one is forgotten already."""
        self._database.rows("DELETE FROM token WHERE hash = ?", (_hash(token),))

    def _note_use(self, hash_: str) -> None:
        present = time.monotonic()
        if present - self._noted.get(hash_, -_USE_NOTED_EVERY_S) < _USE_NOTED_EVERY_S:
            return
        self._noted[hash_] = present
        # A full disk must not keep readers out.
        with contextlib.suppress(sqlite3.OperationalError):
            self._database.rows("UPDATE token SET last_used = ? WHERE hash = ?", (now(), hash_))

    def _select(self, where: str, *values: object) -> list[TokenRecord]:
        columns = "hash, user, role, created, name, prefix, last_used"
        return [
            TokenRecord(
                hash=str(hash_),
                user=str(user),
                role=cast("Role", role),
                created=str(created),
                name=str(name),
                prefix=str(prefix) if prefix else None,
                last_used=str(last_used) if last_used else None,
                scopes=self._scopes(str(hash_)) if role == "fineGrained" else (),
            )
            for hash_, user, role, created, name, prefix, last_used in self._database.rows(
                f"SELECT {columns} FROM token {where}", values
            )
        ]

    def _scopes(self, hash_: str) -> tuple[Scope, ...]:
        rows = self._database.rows("SELECT type, name, level FROM token_scope WHERE hash = ? ORDER BY rowid", (hash_,))
        return tuple(
            Scope(type=cast("EntityType", type_), name=str(name), level=cast("Level", level))
            for type_, name, level in rows
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()
