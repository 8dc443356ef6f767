"""Users, and the organisations they are members of. Their tokens are in `tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from emojit.errors import UsageError
from emojit.localhub.database import Database, now
from emojit.localhub.names import RESERVED, check_name
from emojit.localhub.permissions import Caller, MemberRole, Role, Scope
from emojit.localhub.refusal import RefusalError
from emojit.localhub.tokens import TokenRecord, Tokens


class Accounts:
    """The users of one Hub. Each user is also a namespace that this user may write to; organisations are further ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens = Tokens(database)

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

    def create_token(self, user: str, role: Role, *, name: str | None = None, scopes: Sequence[Scope] = ()) -> str:
        """Make a token and return its plain text, which is not stored.

        Args:
            user: an existing user.
            role: what the token may do.
            name: what its owner calls it; None takes one that is free.
            scopes: what a token of the role `fineGrained` gives.

        Raises:
            UsageError: there is no such user or role, the scopes do not go with it, or the name is taken.
        """
        user = self._user(user)
        return self._tokens.create(user, role, name=name or self._tokens.free_name(user, "token"), scopes=scopes)

    def tokens(self, user: str | None = None) -> list[TokenRecord]:
        """What is known of all tokens, or of those of one user, oldest first.

        Raises:
            UsageError: there is no such user.
        """
        return self._tokens.all(user and self._user(user))

    def revoke_token(self, user: str, which: str) -> TokenRecord:
        """Forget the token of this name or these first characters.

        Raises:
            UsageError: there is no such user or token.
        """
        return self._tokens.revoke(self._user(user), which)

    def caller(self, token: str) -> Caller | None:
        """Whom a plain token belongs to, or None when it is unknown."""
        found = self._tokens.find(token)
        if found is None:
            return None
        return Caller(
            user=found.user,
            role=found.role,
            memberships=self.memberships(found.user),
            scopes=found.scopes,
            token_name=found.name,
            token_created=found.created,
            let_in=self._let_in(found.user),
        )

    def _let_in(self, user: str) -> frozenset[str]:
        statement = "SELECT key FROM access_request WHERE user = ? AND status = 'accepted'"
        return frozenset(str(key) for (key,) in self._database.rows(statement, (user,)))

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
            raise UsageError(
                f"there is no user {name!r} on this Hub", hint=f"`emojit hub token create --user {name}` makes one"
            )
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
