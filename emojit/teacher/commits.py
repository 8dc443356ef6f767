"""Group commits: many replies per transaction, and nobody waits for much more than the disk.

A commit costs the disk a flush whatever is in it, and the program two changes of threads. So replies wait a moment for each other, and those that come
while a commit is written go together into the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from emojit.errors import TeacherError
from emojit.teacher.records import Reply
from emojit.teacher.store import ReplyStore

_COMPANY_S = 0.005  # how long a reply waits for others; little beside the time in which an endpoint answers


class Commits:
    """Puts replies into the store, as many per transaction as have come while the last one was written."""

    def __init__(self, store: ReplyStore) -> None:
        """Take the store; used in one event loop."""
        self._store = store
        self._waiting: list[tuple[Sequence[Reply], asyncio.Future[list[Reply]]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def put(self, replies: Sequence[Reply]) -> list[Reply]:
        """Return what the store holds for the questions once it is on the disk; these replies are stored together or not at all.

        Raises:
            TeacherError: the store cannot be written.
        """
        if self._store.path is None:
            return self._store.put_many(replies)
        future: asyncio.Future[list[Reply]] = asyncio.get_running_loop().create_future()
        self._waiting.append((replies, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """Write what is left, also for those who were cancelled while they waited."""
        if self._flushing is not None:
            await self._flushing

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(_COMPANY_S)
            batch, self._waiting = self._waiting, []
            rows = [reply for replies, _ in batch for reply in replies]
            try:
                stored = await asyncio.to_thread(self._store.put_many, rows)
            # ValueError and OverflowError are what SQLite cannot hold: a bug, but nobody shall wait for ever for it.
            except (TeacherError, ValueError, OverflowError) as exc:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(exc)
                continue
            start = 0
            for replies, future in batch:
                if not future.done():
                    future.set_result(stored[start : start + len(replies)])
                start += len(replies)
