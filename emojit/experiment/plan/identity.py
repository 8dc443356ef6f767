"""When a run is the same as one that was made before: by what is in its recipe, its data and the code, not by names and dates."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import emojit
from emojit.dataset.folder import write_json
from emojit.experiment.plan.resolve import PlanData, PlannedRun
from emojit.recipe import TrainRecipe

ROOMS = ("corpus", "dataset", "emoji", "lexicon", "metrics", "recipe", "student")
"""Rooms of the code that a training run goes through."""
_WEIGHTS = ("*.safetensors", "*.bin", "*.json", "*.model", "*.txt")

Identity = dict[str, Any]
"""`recipe` (dotted key to value), `data` (split to fingerprint), `inputs` (file to digest) and `code` (digest): plain JSON."""


def identity_of(run: PlannedRun, data: PlanData) -> Identity:
    """Return what decides the result of a run.

    The name of the recipe does not, nor do settings that only say where curves go and how many checkpoints lie on the disk on the way.
    """
    table = dataclasses.asdict(run.recipe)
    for key in ("dataset", "revision"):
        del table["data"][key]
    del table["name"], table["train"]["report_to"], table["train"]["save_total_limit"]
    return {
        "recipe": _plain(table),
        "data": data.fingerprints,
        "inputs": _inputs(run),
        "code": {"emojit": emojit.__version__, "sha256": code_digest()},
    }


def write_identity(path: Path, identity: Identity) -> None:
    """Write down with what a run is begun."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, identity)


def read_identity(path: Path) -> Identity | None:
    """Return with what a run was begun; None where nobody wrote it, or it cannot be read."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) else None


def difference(known: Identity | None, wanted: Identity, *, any_code: bool = False) -> str | None:
    """Return in what a run that is there differs from the one that is wanted, or None where it is the same.

    Args:
        known: what it was begun with.
        wanted: what it would be begun with now.
        any_code: take a run of other code for the same.
    """
    if known is None:
        return "nothing says with what it was made"
    if any_code and isinstance(known.get("recipe"), Mapping):
        # A key that came later than the run: at its default it changes nothing.
        later = {key: value for key, value in _defaults().items() if key not in known["recipe"]}
        known = {
            **known,
            "recipe": {**known["recipe"], **{key: later[key] for key in later if key in wanted["recipe"]}},
        }
    parts = {"recipe": "", "data": "the data: ", "inputs": "the file "}
    for part, words in parts.items():
        if (found := _first_difference(known.get(part), wanted[part])) is not None:
            return f"{words}{found}"
    return None if any_code or known.get("code") == wanted["code"] else "the code of emojit has changed"


@cache
def code_digest(rooms: tuple[str, ...] = ROOMS) -> str:
    """Return sha256 over the code of some rooms of emojit, as it is on the disk; without arguments of those that decide what a training run gives."""
    root = Path(emojit.__file__).resolve().parent
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".py", ".tsv", ".txt"}:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _inputs(run: PlannedRun) -> dict[str, str]:
    """Return the digests of the files that the recipe names: a base model in a folder, the pairs of a stage."""
    found = {}
    base = run.recipe.model.base
    if base is not None and Path(base).is_dir():
        files = sorted({path for pattern in _WEIGHTS for path in Path(base).glob(pattern)})
        found["model.base"] = _digest(tuple(files))
    for stage in run.recipe.stages:
        if Path(stage.source).is_file():
            found[f"stages.{stage.name}.source"] = _digest((Path(stage.source),))
    return found


@cache
def _digest(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _defaults() -> dict[str, Any]:
    return _plain(dataclasses.asdict(TrainRecipe()))


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(_flat(table)))
    return plain


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def _first_difference(known: object, wanted: Mapping[str, Any]) -> str | None:
    if not isinstance(known, Mapping):
        return "is not known"
    for key in [*wanted, *(key for key in known if key not in wanted)]:
        if known.get(key) != wanted.get(key):
            return f"{key} was {known.get(key)!r} and is {wanted.get(key)!r}"
    return None
