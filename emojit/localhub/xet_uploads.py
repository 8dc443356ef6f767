"""Xet uploads under way: a folder of xorbs each, dropped as soon as a commit shows that the upload is over.

Every upload gets an address of its own. Clients remember per address which chunks they have sent and never send them again; with a common address they
would count on xorbs that were dropped after the files had been rebuilt, and every file would have to be kept twice, as xorbs and whole.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emojit.localhub.refusal import RefusalError
from emojit.localhub.store import Store

IDLE_S = 15 * 60.0
"""An upload that sent nothing for this long is given up; between two requests of a living one lie seconds."""


@dataclass(slots=True)
class _Upload:
    key: str
    files: set[str] = field(default_factory=set)
    """The sha256 of what was rebuilt so far."""
    last_used: float = field(default_factory=time.monotonic)
    """When the client last sent something (seconds)."""


class XetUploads:
    """The uploads of the running server. They are forgotten at its end; the folders are removed at the next start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._uploads: dict[str, _Upload] = {}
        self._given_up: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, key: str) -> str:
        """Start an upload to the repository `key` and return its id.

        Uploads that were given up end here, and those that needed no commit because the repository had every file already.
        """
        idle_since = time.monotonic() - IDLE_S
        self._drop(lambda upload: upload.last_used < idle_since)
        upload_id = secrets.token_hex(8)
        with self._lock:
            self._uploads[upload_id] = _Upload(key)
        return upload_id

    def folder(self, key: str, upload_id: str) -> Path:
        """Where the xorbs of an upload lie. It is created with the first of them.

        Raises:
            RefusalError: 404, there is no such upload to this repository, or it is over; 413, the disk was full.
        """
        with self._lock:
            upload = self._uploads.get(upload_id)
            if upload:
                upload.last_used = time.monotonic()
        if upload_id in self._given_up:
            # hf_xet shows its user the status alone, and this one comes nearest among those that end it.
            raise RefusalError(413, "This upload is over: the disk of the Hub was full")
        if upload is None or upload.key != key:
            raise RefusalError(404, "This upload is over; ask for a new Xet token")
        return self._store.xet(upload_id)

    def note(self, upload_id: str, sha256: str) -> None:
        """Remember that an upload brought this file."""
        with self._lock:
            if upload_id in self._uploads:
                self._uploads[upload_id].files.add(sha256)

    def give_up(self, upload_id: str) -> None:
        """End an upload for which the disk has no room, and make room.

        The client would try for minutes to send what failed, so the next thing that it sends is refused for good.
        """
        with self._lock:
            self._given_up.add(upload_id)
            self._uploads.pop(upload_id, None)
        self._store.discard_folder(self._store.xet(upload_id))

    def finish(self, key: str, committed: Iterable[str]) -> None:
        """Drop the uploads to `key` that brought any of these files: clients commit a file only after its whole upload ended."""
        files = set(committed)
        self._drop(lambda upload: upload.key == key and bool(upload.files & files))

    def _drop(self, is_over: Callable[[_Upload], bool]) -> None:
        with self._lock:
            over = [upload_id for upload_id, upload in self._uploads.items() if is_over(upload)]
            for upload_id in over:
                del self._uploads[upload_id]
        for upload_id in over:
            self._store.discard_folder(self._store.xet(upload_id))
