"""Where a run lies, whether it may be written, and where it goes on after an interruption."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from emojit.dataset.folder import write_text
from emojit.errors import UsageError
from emojit.student.record import FILE_NAME

EXPERIMENTS = Path("outputs") / "experiments"
CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"
MODEL = "model"

_STATE = "trainer_state.json"
"""The file of a checkpoint that the Trainer writes last, in the first process."""


def choose_folder(name: str, out: Path | None, *, resume: bool) -> Path:
    """Return the run folder, and make sure that this run may write there.

    Without `out` it is `outputs/experiments/<name>_<YYYYMMDD>`; with `resume` the newest unfinished folder of that name, whatever its date.

    Raises:
        UsageError: the folder holds a finished run, an unfinished one without `resume`, or something else; or there is nothing to resume.
    """
    folder = out
    if folder is None and resume:
        started = [path for path in EXPERIMENTS.glob(f"{name}_????????") if (path / CONFIG).is_file()]
        unfinished = sorted(path for path in started if not (path / FILE_NAME).exists())
        folder = unfinished[-1] if unfinished else max(started, default=None)
    if folder is None:
        if resume:
            raise UsageError(
                f"nothing to resume: no run {EXPERIMENTS}/{name}_*",
                hint="leave --resume out, or give its folder as --out",
            )
        folder = EXPERIMENTS / f"{name}_{datetime.now(tz=UTC):%Y%m%d}"
    if (folder / FILE_NAME).exists():
        raise UsageError(f"{folder} holds a finished run", hint="give a new folder as --out")
    if resume and not (folder / CONFIG).is_file():
        raise UsageError(f"{folder}: no run to resume", hint="leave --resume out")
    if not resume and folder.is_dir() and any(folder.iterdir()):
        what = "an unfinished run" if (folder / CONFIG).is_file() else "other files"
        raise UsageError(
            f"{folder} holds {what}",
            hint="go on with --resume, or give a new folder as --out"
            if what.startswith("an")
            else "give a new folder as --out",
        )
    return folder


def begin(folder: Path, config: Mapping[str, Any], *, resume: bool) -> None:
    """Write `config.yaml`, or make sure that it says the same as when the run was begun.

    Raises:
        UsageError: the run to resume was begun with another recipe or other data, or the folder cannot be made.
    """
    path = folder / CONFIG
    if resume:
        known = yaml.safe_load(path.read_text(encoding="utf-8"))
        if (changed := _first_difference(known, json.loads(json.dumps(config)), "")) is not None:
            raise UsageError(
                f"{folder}: the run was begun with another {changed}",
                hint="resume with the same recipe, data and --set, or give a new folder as --out",
            )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, yaml.safe_dump(json.loads(json.dumps(config)), allow_unicode=True, sort_keys=False))
    except OSError as exc:
        raise UsageError(
            f"{folder}: cannot be written ({exc.strerror or exc})", hint="give another folder as --out"
        ) from exc


def last_checkpoint(checkpoints: Path, processes: int = 1) -> Path | None:
    """Return the newest complete checkpoint, or None. One that was being written when the run was killed is passed over.

    Args:
        checkpoints: the folder that holds them.
        processes: processes that trained together (count).
    """
    found = [path for path in checkpoints.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    complete = [path for path in found if _complete(path, processes)]
    return max(complete, key=lambda path: int(path.name.removeprefix("checkpoint-")), default=None)


def _complete(checkpoint: Path, processes: int) -> bool:
    """Whether a run can go on from there. Another process than the first may still have been writing when the first one was done."""
    numbers = [f"_{index}" for index in range(processes)] if processes > 1 else [""]
    archives = ["optimizer.pt", "scheduler.pt", *(f"rng_state{number}.pth" for number in numbers)]
    archives += [f"place_{index}.pt" for index in range(processes)]
    if not (checkpoint / "model.safetensors").is_file():
        return False
    if not all(zipfile.is_zipfile(checkpoint / name) for name in archives):  # looks for what torch writes last
        return False
    try:
        json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _first_difference(known: object, wanted: object, key: str) -> str | None:
    """Return "key (old, now new)" of the first value that differs, or None."""
    if isinstance(known, dict) and isinstance(wanted, dict):
        for name in [*known, *(name for name in wanted if name not in known)]:
            path = f"{key}.{name}" if key else str(name)
            if (found := _first_difference(known.get(name), wanted.get(name), path)) is not None:
                return found
        return None
    return None if known == wanted else f"{key} ({known!r}, now {wanted!r})"
