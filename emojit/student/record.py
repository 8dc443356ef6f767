"""`run.json`: the typed record of one training run. Cards, tables and comparisons read this and nothing of the Trainer.

Fields may be added; one that is renamed or changes its meaning raises `SCHEMA_VERSION`. It is published: no paths of this machine.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emojit.errors import StudentError
from emojit.provenance import Code, Hardware

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA_VERSION = 1
FILE_NAME = "run.json"
"""Written last: a run folder that has it is finished."""

F = TypeVar("F", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecord:
    """What was learned from."""

    name: str
    """Repository id, or the name of the build folder."""
    repo_id: str | None
    """Repository id; None for a folder."""
    revision: str | None
    """Revision as asked for."""
    commit: str | None
    """Commit that the revision stood for; None for a folder."""
    manifest_sha256: str | None
    """sha256 of the build folder's `manifest.json`; None for a repository, which the commit names."""
    fingerprints: dict[str, str]
    """Split to digest of its data files."""
    rows: dict[str, int]
    """Split to rows used (count)."""
    extra_rows: dict[str, int]
    """Training rows besides one per row of the split, by where they come from (count): further text columns, emoji names."""
    cut: dict[str, int]
    """Split to texts longer than `data.max_input_tokens`, whose end was not read (count)."""
    licence: str
    """Licence of the training rows together, `emojit.dataset.licences.combined_licence(row["licence"] …).id`; "unknown" where the data set has no
    such column. The model's card inherits it."""
    unanswerable: int = 0
    """Training rows, those of emoji names included, that were left out because the student can write none of their emoji (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """What was trained."""

    base: str | None
    """Repository id or folder name of the pretrained model; None for one from nothing."""
    base_commit: str | None
    """Commit of its repository."""
    base_licence: str | None
    """Licence that its card states, as the Hub writes it; None for a model from nothing, or where none is stated. The model's card inherits it."""
    parameters: int
    """Trained parameters, shared ones once (count)."""
    vocabulary: int
    """Tokens, and embedding rows (count)."""
    new_emoji: int
    """Emoji that were no token before (count)."""
    emojis: int | None = None
    """Emoji that it can write (count): all 1,906, or the so many most frequent. None where an older emojit did not record it."""
    vectors: str | None = None
    """Name, licence and version of the word vectors that its pieces were started from; None where they were not."""
    words: str | None = None
    """Name, licence and version of the dictionary whose words its pieces are; None where they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """One stage before the last."""

    name: str
    """As the recipe calls it."""
    objective: str
    """"span_corruption", "keyword_pairs", "both" or "pairs"."""
    origin: dict[str, Any]
    """What was read: kind, name, and commit or sha256."""
    licence: str | None
    """Licence of the texts together, as the Hub writes it; None for pairs of a file without a record."""
    rows: int
    """Rows learned from (count)."""
    kept_back: int
    """Rows that the loss was measured on (count); 0 where the validation split chose."""
    left_out: dict[str, int]
    """Sentences or pairs that were met and not learned from, by reason (count)."""
    cut: int
    """Texts that lost their end (count)."""
    steps: int
    """Updates made (count)."""
    epochs: float
    """Passes over the rows."""
    chosen_by: str
    """"jaccard" on the validation split, or "loss" on the rows kept back."""
    best_step: int
    """Update whose weights went on to the next stage."""
    best_score: float | None
    """Its score by `chosen_by`."""
    train_loss: float | None
    """Loss of the last epoch (nats per label position)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecord:
    """How it went."""

    steps: int
    """Updates made (count)."""
    epochs: float
    """Passes over the training rows."""
    best_step: int
    """Update whose weights are in `model/` (count)."""
    best_epoch: float
    """The same in passes."""
    stopped_early: bool
    """Whether validation stopped getting better before the recipe's epochs were over."""
    train_loss: float
    """Loss of the last epoch (nats per emoji or end token)."""
    resumed_from: int | None
    """Update from which `--resume` last went on; None for a run in one piece."""
    bf16: bool
    """Whether bfloat16 was used; a recipe asks for it, the device decides."""
    threads: int | None = None
    """Threads that torch computed with (count): with another number sums are added in another order, and the last bits differ. None where an older
    emojit did not record it."""
    averaged: list[int] | None = None
    """Updates whose weights were averaged for the student; None where those of `best_step` alone were taken."""
    average_score: float | None = None
    """Score of the average on validation, by `train.best_by`; None where none was tried."""
    processes: int | None = None
    """Processes that trained together (count). None where an older emojit did not record it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One training run."""

    schema_version: int
    """Version of this layout."""
    name: str
    """Name of the recipe."""
    started: str
    """Start in UTC, ISO 8601 to the second."""
    seed: int
    """Seed of initialisation, order and dropout."""
    recipe: dict[str, Any]
    """The resolved recipe."""
    data: DataRecord
    """What was learned from."""
    model: ModelRecord
    """What was trained."""
    training: TrainingRecord
    """How it went."""
    stages: tuple[StageRecord, ...] = ()
    """What was learned before, in order."""
    validation: dict[str, float]
    """Scores of the best weights on the validation split, as in `eval_metrics.json` after training."""
    seconds: dict[str, float]
    """Wall time by step (s): "prepare", "stages" where there are any, "train", "predict", "total". After `--resume` only of the last piece."""
    code: Code
    """The code that ran."""
    versions: dict[str, str]
    """Versions of Python and of the packages that decide the result."""
    hardware: Hardware
    """The machine that ran it."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)


def read_run(folder: Path) -> RunRecord:
    """Read the record of a finished run.

    Raises:
        StudentError: there is none, or it is of another schema version.
    """
    path = folder / FILE_NAME
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise StudentError(
            f"{folder}: no {FILE_NAME}, so no finished training run", hint="go on with `emojit train … --resume`"
        ) from exc
    except (OSError, ValueError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint="train again") from exc
    if isinstance(table, dict) and table.get("objective") == "mlm":
        raise StudentError(
            f"{folder}: an encoder that learned masked words, no student",
            hint=f"fine-tune it with `emojit baseline fit bert --set base={folder}`",
        )
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise StudentError(
            f"{path}: schema version {version!r}, this emojit knows {SCHEMA_VERSION}", hint="train again"
        )
    try:
        return _take(
            RunRecord,
            table,
            data=_take(DataRecord, table["data"]),
            model=_take(ModelRecord, table["model"]),
            training=_take(TrainingRecord, table["training"]),
            stages=tuple(_take(StageRecord, stage) for stage in table.get("stages", ())),
            code=_take(Code, table["code"]),
            hardware=_take(Hardware, table["hardware"], gpus=tuple(table["hardware"]["gpus"])),
        )
    except (KeyError, TypeError) as exc:
        raise StudentError(f"{path}: not the record of a run ({exc})", hint="train again") from exc


def _take(kind: type[F], table: Mapping[str, Any], **given: object) -> F:
    """Make a dataclass from the keys that it knows; keys of a later version are passed over, and those that came later than the file keep their default."""
    values = {**table, **given}
    fields = [
        field for field in dataclasses.fields(kind) if field.name in values or field.default is dataclasses.MISSING
    ]
    return kind(**{field.name: values[field.name] for field in fields})
