"""One training run from beginning to end: rows, student, Trainer, files."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import math
import shutil
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import MANIFEST
from emojit.dataset.licences import UNKNOWN, combined_licence
from emojit.dataset.loading import Loaded, load_rows
from emojit.errors import DatasetError, UsageError
from emojit.recipe import TrainRecipe
from emojit.student.clock import Clock
from emojit.student.extra import require_train_extra
from emojit.student.failures import training_failures
from emojit.student.fit import StageResult, train_stage
from emojit.student.kept import KEPT
from emojit.student.ranks import Ranks, joined
from emojit.student.record import DataRecord, ModelRecord, RunRecord, TrainingRecord
from emojit.student.rows import TrainingRows, training_rows
from emojit.student.run_folder import CHECKPOINTS, MODEL, begin, choose_folder
from emojit.student.stages import stage_texts, train_stages

if TYPE_CHECKING:
    from emojit.student.model import NewStudent
    from emojit.student.predict import Student

logger = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What `train` made."""

    folder: Path
    """The run folder."""
    model_folder: Path
    """The model inside it, as plain transformers loads it."""
    record: RunRecord
    """What `run.json` says."""


def train(
    recipe: TrainRecipe,
    *,
    dataset: str | Path | None = None,
    revision: str | None = None,
    out: Path | None = None,
    resume: bool = False,
    deterministic: bool = False,
    quiet: bool = False,
) -> RunResult:
    """Train a student and write its run folder; `run.json` is written last.

    Args:
        recipe: everything that decides the run.
        dataset: build folder or Hub repository; None takes the recipe's.
        revision: tag, branch or commit of a repository; None takes the recipe's, unless `dataset` is given.
        out: the run folder; None makes `outputs/experiments/<name>_<YYYYMMDD>`.
        resume: go on with an interrupted run from its last complete checkpoint, or from its beginning when there is none yet.
        deterministic: on the CPU, and by algorithms that add in a fixed order only; with the same number of threads the same weights to the last bit.
        quiet: no progress bars.

    Raises:
        UsageError: no data set is named, or the run folder cannot be used.
        DatasetError: the data set cannot be read, or lacks columns or rows.
        StudentError: the base model cannot be used, or the run folder cannot be written.
        MissingExtraError: the extra `train` is not installed.
    """
    require_train_extra()
    with joined() as ranks:
        return _train(
            _with_data(recipe, dataset, revision),
            ranks,
            out=out,
            resume=resume,
            deterministic=deterministic,
            quiet=quiet,
        )


def _train(
    recipe: TrainRecipe, ranks: Ranks, *, out: Path | None, resume: bool, deterministic: bool, quiet: bool
) -> RunResult:
    from emojit.student.library import library_quiet, torch_as_before

    clock = Clock()
    folder = ranks.from_first(lambda: choose_folder(recipe.name, out, resume=resume))
    loaded = ranks.first_then_all(lambda: _load(recipe))
    licence = _licence(recipe, loaded["train"])
    config = _config(recipe, loaded, ranks)
    if resume:
        ranks.from_first(lambda: begin(folder, config, resume=True))
    with library_quiet(), torch_as_before():
        student = ranks.first_then_all(lambda: _prepare(recipe, loaded))
        if not resume:  # only now: a base model that cannot be used leaves no folder behind
            ranks.from_first(lambda: begin(folder, config, resume=False))
        rows = _rows(recipe, student, loaded)
        clock.lap("prepare")
        stages = train_stages(
            student,
            recipe,
            loaded,
            validation=rows["validation"].features,
            folder=folder / CHECKPOINTS,
            resume=resume,
            ranks=ranks,
            deterministic=deterministic,
            quiet=quiet,
        )
        if stages:
            clock.lap("stages")
        result = train_stage(
            student,
            recipe,
            train=rows["train"].features,
            validation=rows["validation"].features,
            folder=folder / CHECKPOINTS,
            references=[row["emojis"] for row in loaded["validation"].rows],
            kept=folder / KEPT,
            resume=resume,
            ranks=ranks,
            deterministic=deterministic,
            quiet=quiet,
        )
        clock.lap("train")

        def write() -> RunRecord:
            from emojit.student.artefacts import write_run

            with training_failures(folder, recipe.train):
                return write_run(
                    folder,
                    student=_finished(student, recipe, folder, loaded["validation"]),
                    recipe=recipe,
                    loaded=loaded,
                    data=_data_record(recipe, loaded, rows, licence),
                    model=_model_record(student, recipe),
                    stages=stages,
                    training=_training_record(result, ranks),
                    history=result.history,
                    started=clock.started,
                    seconds=clock.seconds,
                    quiet=quiet,
                )

        record = ranks.from_first(write)
    if ranks.first:
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        logger.info("trained rows=%d steps=%d best=%d", record.data.rows["train"], result.steps, result.best_step)
    return RunResult(folder=folder, model_folder=folder / MODEL, record=record)


def _with_data(recipe: TrainRecipe, dataset: str | Path | None, revision: str | None) -> TrainRecipe:
    """Put the data set of the command line into the recipe."""
    if dataset is not None:
        data = dataclasses.replace(recipe.data, dataset=str(dataset), revision=revision)
    else:
        data = dataclasses.replace(recipe.data, revision=revision or recipe.data.revision)
    if data.dataset is None:
        raise UsageError(
            "no data set is named",
            hint="give --dataset DIR|REPO, a folder that `emojit build-dataset` wrote or a repository",
        )
    return dataclasses.replace(recipe, data=data)


def _load(recipe: TrainRecipe) -> dict[str, Loaded]:
    """Read the three splits, all of the same commit."""
    config = recipe.data
    assert config.dataset is not None
    columns = tuple(
        dict.fromkeys(("id", config.input_column, *config.also_columns, "sns_text", "original_text", "emojis"))
    )
    votes = ("votes",) if recipe.loss.soft_votes else ()
    train = load_rows(config.dataset, "train", config.revision, columns=(*columns, *votes))
    if config.max_train_rows:
        train = dataclasses.replace(train, rows=train.rows[: config.max_train_rows])
    # The commit, not the revision again: a branch may move between two reads.
    revision = train.commit or config.revision
    rest = {
        split: load_rows(config.dataset, split, revision, columns=columns, optional=("source", "doc_id"))
        for split in ("validation", "test")
    }
    return {"train": train, **rest}


def _name(loaded: Loaded) -> str:
    return loaded.repo_id or (loaded.folder.name if loaded.folder else "rows")


def _config(recipe: TrainRecipe, loaded: dict[str, Loaded], ranks: Ranks) -> dict[str, Any]:
    """Return what must not change between a run and its `--resume`."""
    from emojit.student.artefacts import published

    data = {
        "commit": loaded["train"].commit,
        "fingerprints": {split: rows.fingerprint for split, rows in loaded.items()},
    }
    config = {**published(recipe, _name(loaded["train"])), "resolved_data": data}
    return {**config, "processes": ranks.count} if ranks.count > 1 else config


def _prepare(recipe: TrainRecipe, loaded: dict[str, Loaded]) -> NewStudent:
    from transformers import set_seed

    from emojit.student.decoding import generation_config
    from emojit.student.model import new_student

    set_seed(recipe.train.seed)
    columns = dict.fromkeys((recipe.data.input_column, "original_text", *recipe.data.also_columns))
    rows = loaded["train"].rows
    student = new_student(
        recipe.model,
        chain((row[column] for row in rows for column in columns), stage_texts(recipe, loaded, quiet=True)),
        answers=(row["emojis"] for row in rows),
        gaps=any(stage.fills_gaps for stage in recipe.stages),
    )
    student.tokenizer.model_max_length = recipe.data.max_input_tokens
    student.model.generation_config = generation_config(
        student.vocabulary, vocabulary_size=len(student.tokenizer), decoding=recipe.decoding
    )
    return student


def _rows(recipe: TrainRecipe, student: NewStudent, loaded: dict[str, Loaded]) -> dict[str, TrainingRows]:
    """Return training and validation rows as token ids; training rows without any emoji that can be answered are left out."""
    made = {
        split: training_rows(
            student.tokenizer,
            student.vocabulary,
            loaded[split].rows,
            recipe.data,
            augment=split == "train",
            soft_votes=split == "train" and recipe.loss.soft_votes,
        )
        for split in ("train", "validation")
    }
    return {**made, "train": made["train"].answerable()}


def _finished(student: NewStudent, recipe: TrainRecipe, folder: Path, validation: Loaded) -> Student:
    """Save the model, and return it as one that can be asked, with the number of emoji fitted to validation where the recipe wants that."""
    from emojit.student.calibrate import calibrated
    from emojit.student.predict import make_student

    finished = make_student(
        student.model, student.tokenizer, student.vocabulary, recipe.decoding, source=str(folder), commit=None
    )
    rows = validation.rows
    texts = [row[recipe.data.input_column] for row in rows]
    finished = calibrated(finished, texts, [row["emojis"] for row in rows])
    finished.model.save_pretrained(folder / MODEL)
    finished.tokenizer.save_pretrained(folder / MODEL)
    finished.save_decoding(folder / MODEL)
    return finished


def _data_record(
    recipe: TrainRecipe, loaded: dict[str, Loaded], rows: dict[str, TrainingRows], licence: str
) -> DataRecord:
    train = loaded["train"]
    manifest = train.folder / MANIFEST if train.folder is not None else None
    return DataRecord(
        name=_name(train),
        repo_id=train.repo_id,
        revision=recipe.data.revision,
        commit=train.commit,
        manifest_sha256=None if manifest is None else hashlib.sha256(manifest.read_bytes()).hexdigest(),
        fingerprints={split: data.fingerprint for split, data in loaded.items()},
        rows={split: len(data.rows) for split, data in loaded.items()},
        extra_rows=rows["train"].extra,
        cut={split: encoded.cut for split, encoded in rows.items()},
        unanswerable=rows["train"].unanswerable,
        licence=licence,
    )


def _licence(recipe: TrainRecipe, train: Loaded) -> str:
    """Return the licence of the training rows together."""
    assert recipe.data.dataset is not None
    try:
        revision = train.commit or recipe.data.revision
        licences = load_rows(recipe.data.dataset, "train", revision, columns=("licence",)).rows
    except DatasetError:  # a data set of another making, without the column
        return UNKNOWN
    return combined_licence(row["licence"] for row in licences).id


def _model_record(student: NewStudent, recipe: TrainRecipe) -> ModelRecord:
    base = recipe.model.base
    return ModelRecord(
        base=Path(base).name if base is not None and student.base_commit is None else base,
        base_commit=student.base_commit,
        base_licence=student.base_licence,
        parameters=sum(parameter.numel() for parameter in student.model.parameters()),
        vocabulary=len(student.tokenizer),
        new_emoji=student.new_emoji,
        emojis=len(student.vocabulary.id_of),
        vectors=student.vectors,
        words=student.words,
    )


def _training_record(result: StageResult, ranks: Ranks) -> TrainingRecord:
    import torch

    return TrainingRecord(
        steps=result.steps,
        epochs=result.epochs,
        best_step=result.best_step,
        best_epoch=result.best_epoch,
        stopped_early=result.stopped_early,
        train_loss=math.nan if result.train_loss is None else result.train_loss,
        resumed_from=result.resumed_from,
        bf16=result.bf16,
        threads=torch.get_num_threads(),
        averaged=result.averaged,
        average_score=result.average_score,
        processes=ranks.count,
    )
