"""The stages before the last, one after the other: rows, training, record. A stage that is finished is not repeated after an interruption."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.dataset.folder import write_json
from emojit.dataset.loading import Loaded
from emojit.errors import UsageError
from emojit.recipe import StageConfig, TrainRecipe
from emojit.student.dropout import dropout
from emojit.student.fit import StageResult, train_stage
from emojit.student.ranks import Ranks
from emojit.student.record import StageRecord
from emojit.student.rows import Features
from emojit.student.stages.held_out import HeldOut, held_out
from emojit.student.stages.rows import StageRows, stage_rows

if TYPE_CHECKING:
    from emojit.student.model import NewStudent

_FOLDER = "stages"
_RECORD = "record.json"
"""Written when a stage is finished, after its weights."""
_BEGUN = "begun.json"
"""Written when a stage begins: what must be the same when it goes on."""


def train_stages(
    student: NewStudent,
    recipe: TrainRecipe,
    loaded: Mapping[str, Loaded],
    *,
    validation: Sequence[Features],
    folder: Path,
    resume: bool,
    ranks: Ranks,
    deterministic: bool,
    quiet: bool,
) -> tuple[StageRecord, ...]:
    """Train a student, in place, on every stage of a recipe but the last, which is `[train]` on the teacher's pairs.

    Args:
        student: the student before training.
        recipe: its `stages`; what a stage does not say itself is that of `[train]` and `[loss]`.
        loaded: the three splits; no stage learns from what validation and test measure on.
        validation: the validation split as token ids, which chooses the checkpoint of stages whose answers are emoji.
        folder: of the run's checkpoints; every stage has a folder of its own in it.
        resume: pass over stages that are finished, and go on with the one that was interrupted.
        ranks: the processes that train together.
        deterministic: on the CPU, by deterministic algorithms only.
        quiet: no progress bars.

    Raises:
        StudentError: a stage has nothing to learn from, or cannot be trained.
        UsageError: a stage that goes on was begun with something else.
        CorpusError, DatasetError, OfflineError, MissingExtraError: the source of a stage cannot be read.
    """
    assert recipe.data.dataset is not None
    records: list[StageRecord] = []
    barred: HeldOut | None = None
    for number, stage in enumerate(recipe.stages, start=1):
        own = folder / _FOLDER / f"{number}-{stage.name}"
        written = own / _RECORD
        vocabulary = _digest(sorted(student.tokenizer.get_vocab().items()))
        if resume and written.is_file():
            _check_begun(own, stage, {"vocabulary": vocabulary})
            train_stage(student, recipe, train=[], validation=[], folder=own, resume=True, ranks=ranks)
            table = json.loads(written.read_text(encoding="utf-8"))
            records.append(StageRecord(**table))
            continue
        barred = barred or held_out(recipe.data.dataset, loaded)
        rows = _rows(stage, student, recipe, loaded, barred, ranks, quiet=quiet)
        begun = {"vocabulary": vocabulary, "rows": _digest(rows.train)}
        if resume:
            _check_begun(own, stage, begun)
        if ranks.first:
            own.mkdir(parents=True, exist_ok=True)
            write_json(own / _BEGUN, begun)
        with dropout(student.model, stage.dropout):
            result = train_stage(
                student,
                _recipe(recipe, stage),
                train=rows.train,
                validation=rows.kept_back or validation,
                folder=own,
                reports=folder.parent,
                references=None if rows.kept_back else [row["emojis"] for row in loaded["validation"].rows],
                text=stage.fills_gaps,
                resume=resume,
                ranks=ranks,
                deterministic=deterministic,
                quiet=quiet,
            )
        record = _record(stage, rows, result)
        ranks.from_first(lambda path=written, record=record: write_json(path, dataclasses.asdict(record)))  # type: ignore[misc]
        records.append(record)
    return tuple(records)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()


def _check_begun(folder: Path, stage: StageConfig, now: Mapping[str, str]) -> None:
    """Make sure that a stage goes on with what it was begun with: a corpus or a file of pairs may have changed in between.

    Raises:
        UsageError: it has.
    """
    if not (folder / _BEGUN).is_file():  # killed before it began
        return
    before = json.loads((folder / _BEGUN).read_text(encoding="utf-8"))
    if changed := next((name for name in now if before.get(name) != now[name]), None):
        raise UsageError(
            f"stages.{stage.name}: was begun with another {stage.source} (its {changed} differ)"
            if changed == "rows"
            else f"stages.{stage.name}: was begun with another vocabulary: the texts that it was made of have changed",
            hint="bring the old files back, or train in a new folder with --out",
        )


def _rows(
    stage: StageConfig,
    student: NewStudent,
    recipe: TrainRecipe,
    loaded: Mapping[str, Loaded],
    barred: HeldOut,
    ranks: Ranks,
    *,
    quiet: bool,
) -> StageRows:
    def make() -> StageRows:
        return stage_rows(
            stage,
            student.tokenizer,
            student.vocabulary,
            train=loaded["train"],
            held_out=barred,
            max_tokens=recipe.data.max_input_tokens,
            seed=recipe.train.seed,
            soft=recipe.loss.name == "set",
            quiet=quiet or not ranks.first,
        )

    return ranks.first_then_all(make)  # the first one fills the cache of downloads


def _recipe(recipe: TrainRecipe, stage: StageConfig) -> TrainRecipe:
    """Return the recipe of one stage."""
    train = dataclasses.replace(
        recipe.train,
        epochs=stage.epochs,
        learning_rate=stage.learning_rate,
        batch_size=stage.batch_size,
        gradient_accumulation=1,
        best_by=stage.chosen_by,
        early_stopping=0,
        average="none",
        token_dropout=0.0,
    )
    return dataclasses.replace(recipe, train=train, loss=dataclasses.replace(recipe.loss, soft_votes=False))


def _record(stage: StageConfig, rows: StageRows, result: StageResult) -> StageRecord:
    return StageRecord(
        name=stage.name,
        objective=stage.objective,
        origin=rows.origin,
        licence=rows.licence,
        rows=len(rows.train),
        kept_back=len(rows.kept_back),
        left_out=rows.left_out,
        cut=rows.cut,
        steps=result.steps,
        epochs=result.epochs,
        chosen_by=stage.chosen_by,
        best_step=result.best_step,
        best_score=result.best_score,
        train_loss=result.train_loss,
    )
