"""Discussions and pull requests: titles, comments and states, in the database. What a pull request changes lies in git, below `refs/pr/`."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from emojit.localhub.database import Database, now

Status = Literal["open", "draft", "closed", "merged"]
EventType = Literal["comment", "status-change", "title-change"]

HIDDEN_TEXT = "This comment has been hidden"
"""What the public Hub shows in place of a hidden comment."""

_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_COLUMNS = "key, number, title, author, created, status, base, start, merge_commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """One discussion or pull request of a repository."""

    key: str
    """Of the repository."""
    number: int
    """Counted from 1 in each repository, discussions and pull requests together."""
    title: str
    author: str
    created: str
    """ISO 8601, UTC."""
    status: Status
    base: str | None = None
    """The branch that a pull request is for; None for a discussion."""
    start: str | None = None
    """The commit of that branch where the pull request began."""
    merge_commit: str | None = None
    """The commit on `base` that brought the changes, once merged."""

    @property
    def is_pull_request(self) -> bool:
        """Whether it carries changes."""
        return self.base is not None

    @property
    def is_active(self) -> bool:
        """Whether commits can still be added."""
        return self.status in {"open", "draft"}

    @property
    def reference(self) -> str:
        """The git reference of a pull request."""
        return f"refs/pr/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a discussion."""

    id: str
    type: EventType
    author: str
    created: str
    data: Mapping[str, object]
    """A comment has `versions` (texts with `raw`, `author`, `at`; the newest last) and `hidden`; a status change `status`; a new title `from` and `to`."""


class Discussions:
    """The discussions of one Hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, key: str) -> list[Discussion]:
        """All discussions of a repository, newest first."""
        return self._select("key = ? ORDER BY number DESC", key)

    def get(self, key: str, number: int) -> Discussion | None:
        """One discussion of a repository."""
        found = self._select("key = ? AND number = ?", key, number)
        return found[0] if found else None

    def merges_under_way(self) -> list[Discussion]:
        """Pull requests whose merge was begun and not ended: after a crash, or while another thread merges."""
        return self._select("merge_commit IS NOT NULL AND status != 'merged'")

    def next_number(self, key: str) -> int:
        """The number of the next discussion. Hold the repository's lock until it is added."""
        return len(self._database.rows("SELECT 1 FROM discussion WHERE key = ?", (key,))) + 1

    def add(self, discussion: Discussion, comment: str) -> None:
        """Add a discussion with its first comment."""
        values = [getattr(discussion, column) for column in _COLUMNS.split(", ")]
        with self._database.transaction():
            self._database.rows(f"INSERT INTO discussion ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            self._note(discussion, "comment", discussion.author, _text(comment, discussion.author))

    def events(self, discussion: Discussion) -> list[Event]:
        """What happened, oldest first."""
        return self._events("key = ? AND number = ?", discussion.key, discussion.number)

    def comment_of(self, discussion: Discussion, event_id: str) -> Event | None:
        """The comment of this id."""
        found = self._events(
            "key = ? AND number = ? AND id = ? AND type = 'comment'", discussion.key, discussion.number, event_id
        )
        return found[0] if found else None

    def comment(self, discussion: Discussion, author: str, text: str) -> Event:
        """Add a comment."""
        with self._database.transaction():
            return self._note(discussion, "comment", author, _text(text, author))

    def edit(self, comment: Event, author: str, text: str) -> Event:
        """Replace the text of a comment; the former texts are kept."""
        versions = cast("list[object]", comment.data["versions"])
        version = {"raw": text, "author": author, "at": now()}
        return self._change(comment, {**comment.data, "versions": [*versions, version]})

    def hide(self, comment: Event, author: str) -> Event:
        """Delete the texts of a comment for good; that there was one stays."""
        return self._change(comment, {**_text(HIDDEN_TEXT, author), "hidden": True})

    def rename(self, discussion: Discussion, author: str, title: str) -> Event:
        """Give a discussion another title."""
        with self._database.transaction():
            self._set(discussion, "title", title)
            return self._note(discussion, "title-change", author, {"from": discussion.title, "to": title})

    def set_status(self, discussion: Discussion, author: str, status: Status, comment: str | None = None) -> Event:
        """Open or close a discussion, with a comment on the way."""
        with self._database.transaction():
            if comment:
                self._note(discussion, "comment", author, _text(comment, author))
            self._set(discussion, "status", status)
            return self._note(discussion, "status-change", author, {"status": status})

    def begin_merge(self, discussion: Discussion, commit: str | None) -> None:
        """Note which commit is about to be put on the branch; None takes it back."""
        with self._database.transaction():
            self._set(discussion, "merge_commit", commit)

    def replace_commits(self, key: str, commits: Mapping[str, str]) -> None:
        """Follow a history that was rewritten.

        Args:
            key: the repository.
            commits: new commit by old one.
        """
        with self._database.transaction():
            for column in ("start", "merge_commit"):
                for old, new in commits.items():
                    statement = f"UPDATE discussion SET {column} = ? WHERE key = ? AND {column} = ?"
                    self._database.rows(statement, (new, key, old))

    def _set(self, discussion: Discussion, column: Literal["title", "status", "merge_commit"], value: object) -> None:
        statement = f"UPDATE discussion SET {column} = ? WHERE key = ? AND number = ?"
        self._database.rows(statement, (value, discussion.key, discussion.number))

    def _note(self, discussion: Discussion, type_: EventType, author: str, data: Mapping[str, object]) -> Event:
        event = Event(id=secrets.token_hex(12), type=type_, author=author, created=now(), data=data)
        values = (event.id, discussion.key, discussion.number, type_, author, event.created, _json(data))
        self._database.rows("INSERT INTO discussion_event VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return event

    def _change(self, event: Event, data: Mapping[str, object]) -> Event:
        with self._database.transaction():
            self._database.rows("UPDATE discussion_event SET data = ? WHERE id = ?", (_json(data), event.id))
        return Event(id=event.id, type=event.type, author=event.author, created=event.created, data=data)

    def _select(self, where: str, *values: object) -> list[Discussion]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM discussion WHERE {where}", values)
        return [
            Discussion(
                key=str(key),
                number=cast("int", number),
                title=str(title),
                author=str(author),
                created=str(created),
                status=cast("Status", status),
                base=cast("str | None", base),
                start=cast("str | None", start),
                merge_commit=cast("str | None", merge_commit),
            )
            for key, number, title, author, created, status, base, start, merge_commit in rows
        ]

    def _events(self, where: str, *values: object) -> list[Event]:
        columns = "id, type, author, created, data"
        rows = self._database.rows(f"SELECT {columns} FROM discussion_event WHERE {where} ORDER BY rowid", values)
        return [
            Event(
                id=str(id_),
                type=cast("EventType", type_),
                author=str(author),
                created=str(created),
                data=cast("Mapping[str, object]", json.loads(str(data))),
            )
            for id_, type_, author, created, data in rows
        ]


def read_number(text: str) -> int | None:
    """The number of a discussion as a path segment holds it; None for any other text, so that each discussion has one address."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _text(raw: str, author: str) -> dict[str, object]:
    return {"versions": [{"raw": raw, "author": author, "at": now()}], "hidden": False}


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False)
