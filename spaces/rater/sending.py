"""Records from the disk into the private data set, by commits that lose none.

Not `huggingface_hub.CommitScheduler`: what it has sent it remembers in the process alone, so that after a restart on an empty disk a file of the same name
replaces the one in the data set, as does a second server's; and a commit that fails is only logged until the next turn. Here a commit adds one file that is
named by the checksum of what it holds, and nothing is ever changed or taken out: two servers cannot touch each other's, a commit that is repeated adds nothing,
and a record leaves the queue only after its commit.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from queue_on_disk import Queue

logger = logging.getLogger(__name__)

FOLDER = "answers"
"""Folder of the data set that holds the records."""
MOST_RECORDS = 1000
"""Records of one commit (count)."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0  # s from one failed try to the next
_FEWEST = 10.0  # s between two looks for raters that another server took


class Sender:
    """Sends what waits in the queue, in a thread of its own, for as long as the process lives."""

    def __init__(self, queue: Queue, repo_id: str, token: str, *, every: float) -> None:
        """Prepare to send.

        Args:
            queue: where the records wait.
            repo_id: the private data set, which must exist.
            token: may write to it.
            every: at least so long from one commit to the next (s); the Hub bounds commits by the hour.
        """
        from huggingface_hub import HfApi

        self._queue = queue
        self._repo_id = repo_id
        self._api: Any = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, token=token)
        self._every = every
        self._woken = threading.Event()
        self._sending = threading.Lock()
        self._looked = float("-inf")

    def begin(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def wake(self) -> None:
        """Say that something waits."""
        self._woken.set()

    def look(self) -> None:
        """Read the records of the data set, as far as it can be reached: raters who began on another server, or before this one's disk was emptied."""
        if time.monotonic() - self._looked < _FEWEST:
            return
        self._looked = time.monotonic()
        try:
            self._queue.remember(self._records())
        except Exception as exc:  # noqa: BLE001  # whatever the client raises: the page goes on without
            logger.warning("%s cannot be read (%s)", self._repo_id, type(exc).__name__)

    def send(self) -> int:
        """Send what waits, in one commit, and return how many records those were.

        Raises:
            Exception: whatever the client raises; everything is still in the queue.
        """
        from huggingface_hub import CommitOperationAdd

        with self._sending:
            paths = self._queue.waiting(MOST_RECORDS)
            if not paths:
                return 0
            content = b"".join(path.read_bytes() for path in paths)
            name = f"{FOLDER}/{hashlib.sha256(content).hexdigest()[:32]}.jsonl"
            self._api.create_commit(
                self._repo_id,
                [CommitOperationAdd(path_in_repo=name, path_or_fileobj=content)],
                commit_message=f"{len(paths)} records",
                repo_type="dataset",
            )
            self._queue.has_sent(paths)
            logger.info("sent records=%d file=%s", len(paths), name)
            return len(paths)

    def finish(self) -> None:
        """Send what waits, as far as the Hub takes it; the rest stays in the queue for the next start."""
        try:
            while self.send():
                continue
        except Exception as exc:  # noqa: BLE001  # whatever the client raises: this is the end
            logger.warning("not sent: %s; what waits is sent when the page starts again", type(exc).__name__)

    def _run(self) -> None:
        wait = _FIRST_WAIT
        self.look()
        self.wake()  # what an earlier process left
        while True:
            self._woken.wait()
            self._woken.clear()
            try:
                while self.send():
                    wait = _FIRST_WAIT
                    time.sleep(self._every)
            except Exception as exc:  # noqa: BLE001  # no failure may end this thread
                reason = (str(exc).splitlines() or [""])[0]
                logger.warning("not sent, again in %.0f s: %s: %s", wait, type(exc).__name__, reason)
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
                self.wake()

    def _records(self) -> Iterator[dict[str, Any]]:
        from huggingface_hub import snapshot_download

        folder = snapshot_download(
            self._repo_id,
            repo_type="dataset",
            allow_patterns=f"{FOLDER}/*.jsonl",
            endpoint=self._api.endpoint,
            token=self._api.token,
        )
        for path in sorted((Path(folder) / FOLDER).glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                if isinstance(record, dict):
                    yield record
