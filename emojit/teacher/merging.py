"""Taking replies of other people into a reply store: an answer that is there stands, an error gives way, and nothing is taken on trust."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emojit.teacher.records import Reply
from emojit.teacher.store import ReplyStore

_FILES = "CREATE TABLE IF NOT EXISTS merged_files (name TEXT PRIMARY KEY) WITHOUT ROWID"
_LOOK = "SELECT text, finish_reason, error FROM replies WHERE key = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of some replies.

    Attributes:
        added: answers that the store did not have (count).
        known: answers that the store had already, word for word (count).
        conflicts: answers that the store had otherwise; its own stand (count).
    """

    added: int = 0
    known: int = 0
    conflicts: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            added=self.added + other.added,
            known=self.known + other.known,
            conflicts=self.conflicts + other.conflicts,
        )


class Merging:
    """Replies on their way into a store, file by file.

    A file is named by its content, so one that was merged once need not be read again; which ones those are is kept beside the replies.
    """

    def __init__(self, store: ReplyStore) -> None:
        """Take the store.

        Raises:
            TeacherError: the file cannot be written.
        """
        self._store = store
        with store.transaction() as db:
            db.execute(_FILES)

    def merged_files(self) -> set[str]:
        """Return the names of the files that were merged to their end."""
        with self._store.transaction() as db:
            return {name for (name,) in db.execute("SELECT name FROM merged_files")}

    def finish(self, name: str) -> None:
        """Note that a file was merged to its end."""
        with self._store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO merged_files (name) VALUES (?)", (name,))

    def merge(self, replies: Sequence[Reply], *, dry_run: bool = False) -> Merged:
        """Take answers in, all in one transaction.

        Args:
            replies: answers without errors, of `checked_reply`.
            dry_run: count and store nothing.
        """
        new, known, conflicts = [], 0, 0
        with self._store.transaction() as db:
            for reply in replies:
                row = db.execute(_LOOK, (reply.key,)).fetchone()
                if row is None or row[2] is not None:
                    new.append(reply)
                elif (row[0], row[1]) == (reply.text, reply.finish_reason):
                    known += 1
                else:
                    conflicts += 1
            if not dry_run:
                self._store.put_in(db, new)
        return Merged(added=len(new), known=known, conflicts=conflicts)


def checked_reply(row: Mapping[str, object]) -> Reply | None:
    """Make a reply of a row that somebody else wrote.

    Returns:
        The reply, or None for a damaged row: its key is not the hash of its request, something has the wrong type, or it is no answer.
    """
    key, request, text, cost = row.get("key"), row.get("request"), row.get("text"), row.get("cost")
    finish, usage, provider = row.get("finish_reason"), row.get("usage"), row.get("provider")
    if not isinstance(key, str) or not isinstance(request, str) or not isinstance(text, str):
        return None
    if hashlib.sha256(request.encode()).hexdigest() != key or row.get("error") is not None:
        return None
    if cost is not None and not (isinstance(cost, float) and math.isfinite(cost) and cost >= 0):
        return None
    if not isinstance(finish, str | None) or not isinstance(provider, str | None) or not isinstance(usage, str | None):
        return None
    if usage is not None and not _is_object(usage):
        return None
    return Reply(key=key, request=request, text=text, finish_reason=finish, usage=usage, cost=cost, provider=provider)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
