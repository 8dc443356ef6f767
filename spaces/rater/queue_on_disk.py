"""Answers on the disk: durable before anybody is told that they are kept, and there until the data set holds them.

    pending/<record>.json    to be sent
    sent/<record>.json       in the data set

One file for each record: it is written under another name, synchronised and renamed, so that a power cut leaves the whole record or none of it. What was being
sent when the process died is sent again, which does no harm: a record has a name of its own, and whoever collects reads it once.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters of a rater's code: none that is easily taken for another one."""
_GROUPS, _LETTERS = 3, 4
_TICK = timedelta(microseconds=1)
MOST_RECORDS = 20
"""Records that one rater may make for each item, corrections included: bounds what a stranger can fill the disk with (count)."""


class Refused(Exception):
    """A record that is not taken."""


def new_code() -> str:
    """Return a rater's code: 12 random letters, of which there are 31^12."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))


def plain_code(text: str) -> str:
    """Return a code as it is kept, however it was typed (capitals, blanks, full-width letters)."""
    import unicodedata

    letters = [one for one in unicodedata.normalize("NFKC", text).lower() if one in ALPHABET]
    groups = ["".join(letters[start : start + _LETTERS]) for start in range(0, len(letters), _LETTERS)]
    return "-".join(groups)


class Queue:
    """Every record that this server knows, and the files of those that it took itself. Safe for several threads."""

    def __init__(self, folder: Path, task: str, *, items: int, raters: int) -> None:
        """Open the folder, made where it is missing, and read what it holds.

        Args:
            folder: where the records are.
            task: records of another task are left alone.
            items: of the task (count).
            raters: codes at most (count).
        """
        self._pending, self._sent = folder / "pending", folder / "sent"
        for one in (self._pending, self._sent):
            one.mkdir(parents=True, exist_ok=True)
        self._task = task
        self._room = MOST_RECORDS * (items + 2)
        self._raters = raters
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._counts: dict[str, int] = {}
        self._trained: set[str] = set()
        self._last: dict[str, str] = {}
        self._answers: dict[str, dict[str, dict[str, Any]]] = {}
        self.remember(filter(None, map(_read, [*self._sent.glob("*.json"), *self._pending.glob("*.json")])))

    def remember(self, records: Iterable[dict[str, Any]]) -> None:
        """Take note of records that are durable, here or in the data set; one that is known already changes nothing."""
        with self._lock:
            for record in sorted(records, key=lambda one: (str(one.get("time")), str(one.get("record")))):
                if record.get("task") == self._task and record.get("record") not in self._known:
                    self._note(record)

    def start(self) -> str:
        """Make a rater, who has agreed to take part, and return the code.

        Raises:
            Refused: there are as many as were asked for.
            OSError: the disk did not take it.
        """
        with self._lock:
            if len(self._counts) >= self._raters:
                raise Refused
            code = new_code()
            self._keep(code, {"kind": "start"})
        return code

    def train(self, rater: str) -> None:
        """Keep that a rater has done the training item; raises as `answer`."""
        with self._lock:
            self._check(rater)
            self._keep(rater, {"kind": "training"})

    def answer(self, rater: str, item: str, ratings: list[dict[str, Any]], preference: int | None) -> None:
        """Keep one answer; when this returns, it is on the disk.

        Args:
            rater: the code.
            item: name of the item.
            ratings: one for each answer shown: `option` (from 1), `semantic`, `naturalness` (0–4), `misleading`.
            preference: the option that is best, or None.

        Raises:
            Refused: nobody has that code, or it has been used too often.
            OSError: the disk did not take it.
        """
        with self._lock:
            self._check(rater)
            self._keep(rater, {"kind": "answer", "item": item, "ratings": ratings, "preference": preference})

    def knows(self, rater: str) -> bool:
        """Whether somebody has that code."""
        return rater in self._counts

    def has_trained(self, rater: str) -> bool:
        """Whether a rater need not see the training item again."""
        return rater in self._trained or bool(self._answers.get(rater))

    def answers(self, rater: str) -> dict[str, dict[str, Any]]:
        """Return the last answer of a rater to each item."""
        with self._lock:
            return dict(self._answers.get(rater, {}))

    def waiting(self, most: int) -> list[Path]:
        """Return the files that are to be sent, at most so many, in a fixed order."""
        return sorted(self._pending.glob("*.json"))[:most]

    def has_sent(self, paths: Iterable[Path]) -> None:
        """Put the files away that the data set holds now."""
        for path in paths:
            try:
                path.replace(self._sent / path.name)
            except FileNotFoundError:  # another server on the same folder was as quick
                continue
        _synchronise(self._pending)
        _synchronise(self._sent)

    def _check(self, rater: str) -> None:
        if not 0 < self._counts.get(rater, 0) < self._room:
            raise Refused

    def _keep(self, rater: str, what: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        if last := self._last.get(rater):  # a clock that was set back must not make a later answer the earlier one
            now = max(now, datetime.fromisoformat(last) + _TICK)
        record = {
            "record": secrets.token_hex(16),
            "task": self._task,
            "rater": rater,
            "time": now.isoformat(timespec="microseconds"),
            **what,
        }
        path = self._pending / f"{record['record']}.json"
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _synchronise(self._pending)
        self._note(record)

    def _note(self, record: dict[str, Any]) -> None:
        rater, kind = record["rater"], record["kind"]
        self._known.add(record["record"])
        self._counts[rater] = self._counts.get(rater, 0) + 1
        self._last[rater] = max(self._last.get(rater, ""), record["time"])
        if kind == "training":
            self._trained.add(rater)
        if kind == "answer":
            self._answers.setdefault(rater, {})[record["item"]] = record


def _synchronise(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        logger.warning("%s: no record; left where it is", path)
        return None
    return record if isinstance(record, dict) else None
