"""One run folder, read for a comparison: the record, the answers to the test rows, the log, and what the student can write."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from emojit.emoji import INVENTORY
from emojit.errors import DatasetError, StudentError
from emojit.experiment.articles import COLUMN, numbered
from emojit.experiment.comparison.facts import CurvePoint
from emojit.experiment.comparison.split_rows import read_split
from emojit.student.record import RunRecord, read_run

PREDICTIONS = "predictions.parquet"
LOG = "train_log.csv"
_COLUMNS = ("id", "text", "emojis", "student")
_MODEL_FILES = ("model/tokenizer.json", "model/generation_config.json")

_CURVE = {
    "loss": "loss", "eval_loss": "eval_loss", "jaccard": "eval_jaccard", "exact_match": "eval_exact_match",
    "outside_top": "eval_outside_top", "distinct": "eval_distinct",
}  # fmt: skip
"""Field of `CurvePoint` to column of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Test rows with the answers of one system, by rising id."""

    ids: tuple[str, ...]
    """Of the rows."""
    texts: tuple[str, ...]
    """What was read."""
    gold: tuple[tuple[str, ...], ...]
    """The gold."""
    answers: tuple[tuple[str, ...], ...]
    """What was answered."""
    articles: tuple[int, ...] | None = None
    """Number of the article that each row is of; None where the file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFiles:
    """What a run folder holds."""

    record: RunRecord
    """`run.json`."""
    test: Answered
    """The test rows of `predictions.parquet`."""
    curve: tuple[CurvePoint, ...]
    """`train_log.csv`."""
    inventory: frozenset[str] | None
    """Emoji that the student can write; None where neither record nor model tell."""
    notes: tuple[str, ...]
    """What is missing."""


def read_run_files(folder: Path) -> RunFiles:
    """Read a finished run.

    A missing log or model is a note; without record or answers nothing can be said about the run.

    Raises:
        EmojitError: there is no folder, or `run.json` or `predictions.parquet` is missing or damaged.
    """
    if not folder.is_dir():
        raise StudentError(f"{folder.name}: no such folder", hint="run the plan, or give another folder")
    record = read_run(folder)
    test = _test_rows(folder)
    notes = []
    curve: tuple[CurvePoint, ...] = ()
    try:
        curve = _curve(folder / LOG)
    except FileNotFoundError:
        notes.append(f"{LOG} is missing: no curves")
    except (OSError, ValueError, csv.Error) as exc:
        notes.append(f"{LOG} cannot be read ({exc}): no curves")
    inventory = _inventory(folder, record)
    if inventory is None:
        notes.append("neither run.json nor model/ tells which emoji it can write")
    return RunFiles(record=record, test=test, curve=curve, inventory=inventory, notes=tuple(notes))


def _test_rows(folder: Path) -> Answered:
    hint = "train the run again: remove its folder and give the same command"
    columns = read_split(folder / PREDICTIONS, _COLUMNS, optional=(COLUMN,), hint=hint)
    try:
        order = sorted(range(len(columns["id"])), key=columns["id"].__getitem__)
        articles = columns.get(COLUMN)
        return Answered(
            ids=tuple(columns["id"][place] for place in order),
            texts=tuple(columns["text"][place] for place in order),
            gold=tuple(tuple(columns["emojis"][place]) for place in order),
            answers=tuple(tuple(columns["student"][place]) for place in order),
            articles=None if articles is None else numbered([articles[place] for place in order]),
        )
    except TypeError as exc:
        raise DatasetError(f"{PREDICTIONS} has a row without id, emojis or student", hint=hint) from exc


def _curve(path: Path) -> tuple[CurvePoint, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def number(row: dict[str, str], column: str) -> float | None:
        return float(row[column]) if row.get(column) else None

    points = []
    for row in rows:
        epoch, step = number(row, "epoch"), number(row, "step")
        if epoch is not None and step is not None:
            values = {field: number(row, column) for field, column in _CURVE.items()}
            points.append(CurvePoint(epoch=epoch, step=int(step), **values))
    return tuple(points)


def _inventory(folder: Path, record: RunRecord) -> frozenset[str] | None:
    """Return the emoji that the student can write: all, or those that its tokenizer has and its generation config allows."""
    recipe = record.recipe.get("model") or {}
    if record.model.emojis == len(INVENTORY) or (record.model.emojis is None and not recipe.get("emojis")):
        return frozenset(INVENTORY)
    try:
        tokenizer, generation = (json.loads((folder / name).read_text(encoding="utf-8")) for name in _MODEL_FILES)
        suppressed = frozenset(generation.get("suppress_tokens") or ())
        tokens = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return frozenset(emoji for emoji in INVENTORY if emoji in tokens and tokens[emoji] not in suppressed)
