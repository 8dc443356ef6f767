"""Users and their tokens.

A token is shown once and stored only as a hash. It holds 200 random bits, so a plain SHA-256 cannot be reversed by guessing and needs no salt.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from emojit.errors import UsageError
from emojit.localhub.database import Database
from emojit.localhub.names import RESERVED, check_name
from emojit.localhub.refusal import RefusalError

Role = Literal["read", "write"]

_ALPHABET = string.ascii_letters + string.digits
_TOKEN_LENGTH = 34
"""Characters after `hf_`, as in the tokens of the public Hub."""


def now() -> str:
    """The present time in the form that the clients parse, e.g. "2026-01-31T12:00:00.000Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request, read from its token."""

    user: str
    role: Role


class Accounts:
    """The users of one Hub. Each user is also the one namespace that this user may write to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_user(self, name: str) -> None:
        """Add a user.

        Raises:
            UsageError: the name is not allowed, reserved or taken.
        """
        try:
            check_name(name, what="user")
        except RefusalError as exc:
            raise UsageError(exc.message) from exc
        if name.lower() in RESERVED:
            raise UsageError(f"the user name {name!r} is a route of the Hub", hint="choose another name")
        with self._database.transaction():
            if self.has_user(name):
                raise UsageError(f"the user {name!r} exists already")
            self._database.rows("INSERT INTO user VALUES (?, ?)", (name, now()))

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name; case does not count."""
        return bool(self._database.rows("SELECT 1 FROM user WHERE name = ?", (name,)))

    def create_token(self, user: str, role: Role) -> str:
        """Make a token and return its plain text, which is not stored.

        Raises:
            UsageError: there is no such user or role.
        """
        if role not in {"read", "write"}:
            raise UsageError(f"unknown token role {role!r}", hint="use 'read' or 'write'")
        token = "hf_" + "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))
        with self._database.transaction():
            names = self._database.rows("SELECT name FROM user WHERE name = ?", (user,))
            if not names:
                raise UsageError(f"there is no user {user!r} on this Hub")
            self._database.rows("INSERT INTO token VALUES (?, ?, ?, ?)", (_hash(token), names[0][0], role, now()))
        return token

    def caller(self, token: str) -> Caller | None:
        """Whom a plain token belongs to, or None when it is unknown."""
        rows = self._database.rows("SELECT user, role FROM token WHERE hash = ?", (_hash(token),))
        if not rows:
            return None
        user, role = rows[0]
        return Caller(user=str(user), role=cast("Role", role))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()
