"""From the recipe's `[teacher]` section to a teacher and its store."""

from __future__ import annotations

from pathlib import Path

from emojit.errors import ConfigError, EmojitError, OfflineError
from emojit.recipe import TeacherConfig
from emojit.teacher.batch import BatchTeacher
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.engine import Teacher
from emojit.teacher.recorded import RecordedTeacher
from emojit.teacher.records import Question, Reply
from emojit.teacher.store import ReplyStore


def make_teacher(config: TeacherConfig, store: ReplyStore | None = None, *, quiet: bool = True) -> Teacher:
    """Return the teacher that the recipe names. No call is made.

    Args:
        config: the `[teacher]` section.
        store: the reply store of the run; a teacher with `mode = "batch"` keeps its jobs in it.
        quiet: no progress bar of the batch jobs.

    Where the store holds answers already, whoever cannot be asked is an error only once something is asked: a version whose replies are all there is
    built again without a key and without a network.

    Raises:
        ConfigError: an endpoint off this machine, and no API key in the environment; or batch mode without a store.
        OfflineError: the same with `EMOJIT_OFFLINE` set.
        TeacherError: the file of recorded replies cannot be read, or the store cannot be written.
    """
    if config.kind != "openai":
        return RecordedTeacher(config.recorded)
    try:
        if config.mode == "live":
            return OpenAITeacher(config)
        if store is None:
            raise ConfigError('teacher.mode = "batch" needs a reply store, where its jobs are kept')
        return BatchTeacher(config, store, quiet=quiet)
    except (ConfigError, OfflineError) as exc:
        if store is None or next(store.answers(), None) is None:
            raise
        return _AbsentTeacher(exc)


class _AbsentTeacher:
    """A teacher that cannot be asked, which matters only when it is."""

    live = True

    def __init__(self, reason: EmojitError) -> None:
        self._reason = reason

    async def ask(self, question: Question) -> Reply:
        """Say why nobody can be asked.

        Raises:
            ConfigError: no API key.
            OfflineError: `EMOJIT_OFFLINE` is set.
        """
        raise self._reason

    async def close(self) -> None:
        """Nothing is open."""


def open_store(config: TeacherConfig, path: str | Path | None) -> ReplyStore:
    """Return the store for this teacher: the file, or one in memory for the recorded teacher.

    Recorded replies cost nothing and change with the sample; a file that remembers them would answer for the sample of last year.
    """
    return ReplyStore(path if config.kind == "openai" else None)
