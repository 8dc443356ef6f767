"""Who was let through the gate of a gated repository, who waits before it and who was refused."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal, cast

from emojit.localhub.database import Database, now
from emojit.localhub.refusal import RefusalError

Status = Literal["pending", "accepted", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """One user before the gate of one repository."""

    id: str
    user: str
    status: Status
    time: str
    """When it got this status, ISO 8601, UTC."""
    reason: str | None
    """Why it was rejected, if somebody said so."""


class AccessRequests:
    """The access requests of one Hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, key: str, status: Status) -> list[AccessRequest]:
        """Those of a repository that have a status, newest first."""
        statement = (
            "SELECT id, user, status, time, reason FROM access_request WHERE key = ? AND status = ? "
            "ORDER BY time DESC, rowid DESC"
        )
        return [_request(row) for row in self._database.rows(statement, (key, status))]

    def grant(self, key: str, user: str) -> None:
        """Let a user in who did not ask, or whose request has another status.

        Raises:
            RefusalError: 400, the user is in; 404, there is no such user.
        """
        with self._database.transaction():
            names = self._database.rows("SELECT name FROM user WHERE name = ?", (user,))
            if not names:
                raise RefusalError(404, f"There is no user {user!r}")
            found = self._find(key, user=user)
            if found and found.status == "accepted":
                raise RefusalError(400, f"{user!r} has access already")
            values = (secrets.token_hex(12), key, names[0][0], "accepted", now())
            statement = "INSERT OR REPLACE INTO access_request (id, key, user, status, time) VALUES (?, ?, ?, ?, ?)"
            self._database.rows(statement, values)

    def handle(
        self, key: str, status: Status, *, user: str | None = None, request_id: str | None = None, reason: str | None
    ) -> None:
        """Give a request another status.

        Args:
            key: the repository.
            status: the new one; "pending" takes back a decision.
            user: whose request, or
            request_id: which one.
            reason: why it is rejected.

        Raises:
            RefusalError: 404, there is no such request, or it has this status.
        """
        with self._database.transaction():
            found = self._find(key, user=user, request_id=request_id)
            if found is None:
                raise RefusalError(404, "There is no such access request")
            if found.status == status:
                raise RefusalError(404, f"The access request is {status} already")
            statement = "UPDATE access_request SET status = ?, time = ?, reason = ? WHERE id = ?"
            self._database.rows(statement, (status, now(), reason, found.id))

    def _find(self, key: str, *, user: str | None = None, request_id: str | None = None) -> AccessRequest | None:
        statement = "SELECT id, user, status, time, reason FROM access_request WHERE key = ? AND (user = ? OR id = ?)"
        rows = self._database.rows(statement, (key, user, request_id))
        return _request(rows[0]) if rows else None


def _request(row: tuple[object, ...]) -> AccessRequest:
    id_, user, status, time, reason = row
    return AccessRequest(
        id=str(id_), user=str(user), status=cast("Status", status), time=str(time), reason=cast("str | None", reason)
    )
