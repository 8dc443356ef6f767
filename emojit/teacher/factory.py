"""From the recipe's `[teacher]` section to a teacher and its store."""

from __future__ import annotations

from pathlib import Path

from emojit.recipe import TeacherConfig
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.engine import Teacher
from emojit.teacher.recorded import RecordedTeacher
from emojit.teacher.store import ReplyStore


def make_teacher(config: TeacherConfig) -> Teacher:
    """Return the teacher that the recipe names. No call is made.

    Raises:
        ConfigError: an endpoint off this machine, and no API key in the environment.
        OfflineError: the same with `EMOJIT_OFFLINE` set.
        TeacherError: the file of recorded replies cannot be read.
    """
    return OpenAITeacher(config) if config.kind == "openai" else RecordedTeacher(config.recorded)


def open_store(config: TeacherConfig, path: str | Path | None) -> ReplyStore:
    """Return the store for this teacher: the file, or one in memory for the recorded teacher.

    Recorded replies cost nothing and change with the sample; a file that remembers them would answer for the sample of last year.
    """
    return ReplyStore(path if config.kind == "openai" else None)
