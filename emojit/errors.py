"""The one tree of errors that a user can act on.

A leaf module: every room raises from here, and only `emojit.cli.app` turns an error into an exit code. A message says what was wrong, with the
value and the place; `hint` is the next command to try.
"""

from __future__ import annotations


class EmojitError(Exception):
    """Base class: a problem the user can act on.

    Attributes:
        hint: the next command or change to try, or None.
        exit_code: what the command line exits with: 1 for a failure, 2 for wrong usage or a wrong recipe.
        label: the word before the message on the command line.
    """

    exit_code = 1
    label = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(EmojitError):
    """The command line itself is wrong: a missing file, options that exclude each other."""

    exit_code = 2


class ConfigError(EmojitError):
    """A value in a recipe is missing, unknown, of the wrong type or out of range."""

    exit_code = 2


class OfflineError(EmojitError):
    """A network call was about to be made while `EMOJIT_OFFLINE` is set."""


class MissingExtraError(EmojitError):
    """A package that belongs to an optional extra is not installed."""


class CorpusError(EmojitError):
    """The corpus is missing, empty or unreadable."""


class TeacherError(EmojitError):
    """The teacher could not be asked: unreachable, wrong key, wrong model, or too many failures.

    Attributes:
        attempts: calls made for the question that failed last (count).
        last_reply: the text or error body of the last answer, shortened, without secrets; None when there was none.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, attempts: int = 0, last_reply: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.attempts = attempts
        self.last_reply = last_reply


class LimitReachedError(TeacherError):
    """A run ended before it would cost more than its user allowed: nothing is wrong, and the same command goes on.

    Attributes:
        next_cost: what the next question may cost at most, as far as that is known (USD).
        mean_cost: of the questions of this run (USD); 0 where none was paid.
    """

    label = "stopped"

    def __init__(
        self, message: str, *, hint: str | None = None, next_cost: float = 0.0, mean_cost: float = 0.0
    ) -> None:
        super().__init__(message, hint=hint)
        self.next_cost = next_cost
        self.mean_cost = mean_cost


class DatasetError(EmojitError):
    """A build folder or data set repository is incomplete, damaged or lacks columns."""


class StudentError(EmojitError):
    """A model folder or repository cannot be used: no tokenizer, no encoder-decoder, another vocabulary."""


class CardError(EmojitError):
    """A card cannot be rendered: a fact it needs is missing from the files."""


class PublishError(EmojitError):
    """A push to the Hub was refused or read back differently.

    Attributes:
        repo_id: the repository as `namespace/name`, or None when the id itself is wrong.
        revision: the tag or branch concerned, or None.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, repo_id: str | None = None, revision: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.repo_id = repo_id
        self.revision = revision


class HeadMovedError(PublishError):
    """Somebody else changed the repository between the look at it and the commit; nothing was overwritten."""


class HubServerError(EmojitError):
    """The embedded Hub cannot start or its store is damaged."""


class MetricInputError(EmojitError, ValueError):
    """Predictions and references that cannot be scored: different lengths, wrong types, nothing to score."""
