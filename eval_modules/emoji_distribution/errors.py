# Generated from emojit/errors.py by scripts/build_eval_modules.py; do not edit.
"""What the metric raises; a MetricInputError is a ValueError too."""

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


class MetricInputError(EmojitError, ValueError):
    """Predictions and references that cannot be scored: different lengths, wrong types, nothing to score."""
