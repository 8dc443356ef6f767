"""Users, their tokens, and the organisations they are members of.

A token is shown once and stored only as a hash. It holds 200 random bits, so a plain SHA-256 cannot be reversed by guessing and needs no salt.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from emojit.errors import UsageError
from emojit.localhub.database import Database
from emojit.localhub.names import RESERVED, check_name
from emojit.localhub.refusal import RefusalError

Role = Literal["read", "write"]
"""What a token may do."""
MemberRole = Literal["read", "write", "admin"]
"""What a member may do with the repositories of an organisation; "admin" may also say who is a member."""

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
    memberships: Mapping[str, MemberRole] = field(default_factory=dict)
    """Role by organisation, in the organisation's own spelling."""

    def may_read(self, namespace: str) -> bool:
        """Whether the private repositories of a user or organisation can be seen."""
        return self._role_in(namespace) is not None

    def may_write(self, namespace: str) -> bool:
        """Whether this user, given a token that writes, may change the repositories of a user or organisation."""
        return self._role_in(namespace) in {"write", "admin"}

    def _role_in(self, namespace: str) -> MemberRole | None:
        if namespace.lower() == self.user.lower():
            return "admin"
        return next((role for name, role in self.memberships.items() if name.lower() == namespace.lower()), None)


class Accounts:
    """The users of one Hub. Each user is also a namespace that this user may write to; organisations are further ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_user(self, name: str) -> None:
        """Add a user.

        Raises:
            UsageError: the name is not allowed, reserved or taken.
        """
        check_namespace(name, what="user")
        with self._database.transaction():
            self._check_free(name, what="user")
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
            self._database.rows("INSERT INTO token VALUES (?, ?, ?, ?)", (_hash(token), self._user(user), role, now()))
        return token

    def caller(self, token: str) -> Caller | None:
        """Whom a plain token belongs to, or None when it is unknown."""
        rows = self._database.rows("SELECT user, role FROM token WHERE hash = ?", (_hash(token),))
        if not rows:
            return None
        user, role = rows[0]
        return Caller(user=str(user), role=cast("Role", role), memberships=self.memberships(str(user)))

    def create_organization(self, name: str, *, admin: str | None = None) -> None:
        """Add an organisation. It owns repositories like a user, but nobody logs in as it.

        Args:
            name: shares its namespace with the users.
            admin: an existing user who becomes its first member.

        Raises:
            UsageError: the name is not allowed, reserved or taken, or there is no such user.
        """
        check_namespace(name, what="organization")
        with self._database.transaction():
            self._check_free(name, what="organization")
            self._database.rows("INSERT INTO organization VALUES (?, ?)", (name, now()))
            if admin is not None:
                self._database.rows("INSERT INTO member VALUES (?, ?, 'admin')", (name, self._user(admin)))

    def add_member(self, organization: str, user: str, role: MemberRole) -> None:
        """Let a user into an organisation, or change the role of a member.

        Raises:
            UsageError: there is no such organisation, user or role.
        """
        if role not in get_args(MemberRole):
            raise UsageError(f"unknown member role {role!r}", hint="use 'read', 'write' or 'admin'")
        with self._database.transaction():
            names = (self._organization(organization), self._user(user))
            self._database.rows("INSERT OR REPLACE INTO member VALUES (?, ?, ?)", (*names, role))

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation; its private repositories vanish for that user at once.

        Raises:
            UsageError: there is no such organisation, or the user is no member.
        """
        with self._database.transaction():
            names = (self._organization(organization), user)
            statement = "DELETE FROM member WHERE organization = ? AND user = ? RETURNING user"
            if not self._database.rows(statement, names):
                raise UsageError(f"{user!r} is no member of {names[0]!r}")

    def members(self, organization: str) -> dict[str, MemberRole]:
        """Role by member of an organisation.

        Raises:
            UsageError: there is no such organisation.
        """
        name = self._organization(organization)
        rows = self._database.rows("SELECT user, role FROM member WHERE organization = ? ORDER BY user", (name,))
        return {str(user): cast("MemberRole", role) for user, role in rows}

    def memberships(self, user: str) -> dict[str, MemberRole]:
        """Role by organisation of a user."""
        rows = self._database.rows(
            "SELECT organization, role FROM member WHERE user = ? ORDER BY organization", (user,)
        )
        return {str(name): cast("MemberRole", role) for name, role in rows}

    def namespace(self, name: str) -> str | None:
        """The user or organisation of this name in its own spelling; case does not count."""
        statement = "SELECT name FROM user WHERE name = ? UNION SELECT name FROM organization WHERE name = ?"
        rows = self._database.rows(statement, (name, name))
        return str(rows[0][0]) if rows else None

    def _check_free(self, name: str, *, what: str) -> None:
        if self.namespace(name) is not None:
            raise UsageError(f"the {what} {name!r} exists already", hint="users and organizations share their names")

    def _user(self, name: str) -> str:
        rows = self._database.rows("SELECT name FROM user WHERE name = ?", (name,))
        if not rows:
            raise UsageError(f"there is no user {name!r} on this Hub")
        return str(rows[0][0])

    def _organization(self, name: str) -> str:
        rows = self._database.rows("SELECT name FROM organization WHERE name = ?", (name,))
        if not rows:
            raise UsageError(f"there is no organization {name!r} on this Hub")
        return str(rows[0][0])


def check_namespace(name: str, *, what: str) -> None:
    """Check the name of a new user or organisation.

    Args:
        name: the candidate.
        what: "user" or "organization", for the message.

    Raises:
        UsageError: the name is not allowed, or is a route of the Hub.
    """
    try:
        check_name(name, what=what)
    except RefusalError as exc:
        raise UsageError(exc.message) from exc
    if name.lower() in RESERVED:
        raise UsageError(f"the {what} name {name!r} is a route of the Hub", hint="choose another name")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()
