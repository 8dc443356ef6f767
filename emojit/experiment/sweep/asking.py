"""The student of a run with the weights of another of its checkpoints, asked the validation rows. What was asked once is kept beside the run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import write_json
from emojit.errors import StudentError
from emojit.experiment.sweep.validation import ValidationRows, validation_loss
from emojit.student.calibrate import calibrated
from emojit.student.kept import load_kept

if TYPE_CHECKING:
    from torch import Tensor

    from emojit.student.predict import Student

logger = logging.getLogger(__name__)

FOLDER = "sweep"
_CACHE = ".scores"
"""Hidden, so it is not published with the run."""
_VERSION = 1
"""Of what stands in the files there and of how a checkpoint is asked; another number asks anew."""
_MODEL_FILES = ("config.json", "tokenizer.json", "emojit_decoding.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a checkpoint said."""

    answers: list[list[str]]
    """One answer per validation row."""
    loss: float | None
    """Validation loss (nats per position); None where nobody asked for it."""


class Asker:
    """Asks checkpoints of one run. The model is loaded with the first checkpoint that was not asked before.

    Args:
        folder: the run folder.
        rows: its validation rows.
    """

    def __init__(self, folder: Path, rows: ValidationRows) -> None:
        self._folder = folder
        self._rows = rows
        self._student: Student | None = None
        self._settings = {
            "version": _VERSION,
            "rows": rows.digest(),
            "model": {name: _sha256(folder / "model" / name) for name in _MODEL_FILES},
        }
        self._digests: dict[Path, str] = {}
        self.asked = 0
        """Checkpoints that had to be asked (count)."""

    def outcome(self, files: Sequence[Path], *, loss: bool) -> Outcome:
        """Return what a checkpoint says, or the mean of several.

        Args:
            files: kept weights.
            loss: whether the loss is wanted.

        Raises:
            StudentError: a file cannot be loaded, or its weights are no numbers.
        """
        cached = self._cached(files)
        known = _read(cached)
        if known is not None and (known.loss is not None or not loss):
            return known
        student = self.student(files)
        self.asked += 1
        found = Outcome(
            answers=student.answer(self._rows.texts).emojis if known is None else known.answers,
            loss=validation_loss(student, self._rows) if loss else None,
        )
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
            write_json(cached, {"weights": [file.name for file in files], **dataclasses.asdict(found)})
        except OSError as exc:  # a run folder that is only read: the next sweep asks again
            logger.warning("the scores are not kept folder=%s reason=%s", cached.parent, exc.strerror or exc)
        return found

    def student(self, files: Sequence[Path]) -> Student:
        """Return the student with other weights, its number of emoji fitted to validation anew, as `emojit train` does with the weights that it chooses."""
        student = self._loaded()
        if len(files) == 1:
            load_kept(student.model, files[0])
        else:
            self._load_mean(student, files)
        if not _finite(student.model.state_dict()):
            raise StudentError(f"{files[0]}: the weights are no numbers", hint="take an earlier checkpoint")
        return calibrated(student, self._rows.texts, self._rows.gold)

    def _loaded(self) -> Student:
        from emojit.student import load_student
        from emojit.student.library import library_quiet

        if self._student is None:
            with library_quiet():
                self._student = load_student(self._folder)
        return self._student

    def _load_mean(self, student: Student, files: Sequence[Path]) -> None:
        from safetensors import SafetensorError

        from emojit.student.averaging import mean_weights

        load_kept(student.model, files[0])  # says what is wrong with a file, and a mean has the same tensors
        try:
            student.model.load_state_dict(mean_weights(files), strict=False)
        except (OSError, SafetensorError, KeyError, RuntimeError) as exc:
            names = ", ".join(file.name for file in files)
            raise StudentError(f"{names}: have no mean ({exc})", hint="train again") from exc
        student.model.tie_weights()

    def _cached(self, files: Sequence[Path]) -> Path:
        for file in files:
            if file not in self._digests:
                self._digests[file] = _sha256(file) or ""
        key = json.dumps({**self._settings, "weights": [self._digests[file] for file in files]}, sort_keys=True)
        return self._folder / FOLDER / _CACHE / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def _read(path: Path) -> Outcome | None:
    try:
        table: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Outcome(answers=table["answers"], loss=table["loss"])
    except (OSError, ValueError, KeyError):  # not there, or damaged: it is asked again
        return None


def _finite(weights: Mapping[str, Tensor]) -> bool:
    import torch

    return all(bool(torch.isfinite(tensor).all()) for tensor in weights.values())


def _sha256(path: Path) -> str | None:
    """Return the digest of a file, or None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StudentError(f"{path}: cannot be read ({exc.strerror or exc})", hint="check the disk") from exc
