"""The weights that a run keeps at fractions of an epoch, so that it can be looked back at: one file each, with step and epoch inside.

They are light: no optimiser, nothing to go on from. Configuration and tokenizer are the same for all, and stand in the run's `model/`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import StudentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

KEPT = "checkpoints-kept"
"""Folder in a run folder. What begins with "checkpoint" there is not published with the model."""

_PREFIX = "checkpoint-"
_SUFFIX = ".safetensors"
_HINT = "the other checkpoints can be used; train again to have this one, too"


def due_steps(every: float, per_epoch: int, last: int) -> frozenset[int]:
    """Return the updates after which weights are kept.

    Args:
        every: epochs from one to the next, such as 0.5; above 0.
        per_epoch: updates in an epoch (count).
        last: updates in the whole run (count); not in the answer unless it is due, for early stopping may end the run before.
    """
    count = math.floor(last / (every * per_epoch) + 1e-9)
    # An epoch of 131 updates has its half after 65; the 1e-9 is for shares such as 0.1, which binary fractions miss by a hair.
    return frozenset(max(1, math.floor(place * every * per_epoch + 1e-9)) for place in range(1, count + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWeights:
    """Where a run keeps its weights, and when."""

    folder: Path
    due: frozenset[int]
    """Updates after which they are kept."""
    per_epoch: int
    """Updates in an epoch (count)."""

    def path(self, step: int) -> Path:
        """Return the file of a step, whether it is there or not."""
        return self.folder / f"{_PREFIX}{step}{_SUFFIX}"

    def save(self, model: PreTrainedModel, step: int) -> None:
        """Write the weights of a step, whole or not at all; weights that are there already are those of the same step."""
        from safetensors.torch import save_model

        path = self.path(step)
        if path.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        save_model(model, str(partial), metadata={"step": str(step), "epoch": repr(step / self.per_epoch)})
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)

    def forget_after(self, step: int) -> None:
        """Delete the weights of later steps: a resumed run makes them again."""
        for known, path in kept_files(self.folder).items():
            if known > step:
                path.unlink()


def kept_files(folder: Path) -> dict[int, Path]:
    """Return the files of a folder by their step, in rising order; what was only half written is none of them."""
    found = {
        path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX): path for path in folder.glob(f"{_PREFIX}*{_SUFFIX}")
    }
    return {int(step): found[step] for step in sorted((step for step in found if step.isdigit()), key=int)}


def kept_epoch(path: Path) -> float:
    """Return after how many epochs weights were kept.

    Raises:
        StudentError: the file is damaged, or another one.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            metadata: Mapping[str, str] = file.metadata() or {}
            return float(metadata["epoch"])
    except (OSError, SafetensorError, KeyError, ValueError) as exc:
        raise StudentError(f"{path}: no kept checkpoint ({_reason(exc)})", hint=_HINT) from exc


def load_kept(model: PreTrainedModel, path: Path) -> None:
    """Put kept weights into the model of their run, in place.

    Raises:
        StudentError: the file is damaged, or of a model with another vocabulary or size.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    try:
        load_model(model, str(path))
    except (
        OSError,
        SafetensorError,
        RuntimeError,
    ) as exc:  # torch and safetensors say a wrong shape or name by the last
        raise StudentError(f"{path}: cannot be loaded ({_reason(exc)})", hint=_HINT) from exc


def _reason(exc: BaseException) -> str:
    if isinstance(exc, KeyError):
        return "it states no epoch"
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return " ".join(lines[:2]) if lines else type(exc).__name__
