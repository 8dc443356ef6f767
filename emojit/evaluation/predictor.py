"""Whatever can be asked for emoji under one name: a student or a saved baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emojit.baselines.saved import SavedBaseline, find_baseline
from emojit.errors import UsageError

if TYPE_CHECKING:
    from emojit.student.predict import Student

Backend = Literal["transformers", "onnx", "ctranslate2"]


def load_predictor(
    model: str | Path, revision: str | None = None, *, overrides: Sequence[str] = (), backend: Backend = "transformers"
) -> Student | SavedBaseline:
    """Load a model, whichever kind it is; both have `answer`, `predict`, `source` and `commit`.

    Args:
        model: a folder of a run, a model or a saved baseline, or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.
        overrides: `decoding.key=value` strings, which only a student understands.
        backend: what runs a student: its weights in transformers, or an export of it.

    Raises:
        UsageError: overrides for a baseline.
        StudentError: no such model, or it cannot be used.
        MissingExtraError: an extra that it needs is not installed.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    if backend != "transformers":
        from emojit.student.export import load_exported

        return load_exported(model, backend, revision, overrides=overrides)
    baseline = find_baseline(model, revision)
    if baseline is not None:
        if overrides:
            raise UsageError(
                f"--set {overrides[0]}: {model} is a baseline, which decodes nothing", hint="leave it out"
            )
        return baseline
    from emojit.student.predict import load_student

    return load_student(model, revision, overrides=overrides)
