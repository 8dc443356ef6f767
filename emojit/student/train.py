"""One training run from beginning to end: rows, student, Trainer, files."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import math
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import MANIFEST
from emojit.dataset.licences import UNKNOWN, combined_licence
from emojit.dataset.loading import Loaded, load_rows
from emojit.errors import DatasetError, StudentError, UsageError
from emojit.recipe import TrainRecipe
from emojit.student.extra import require_train_extra
from emojit.student.record import DataRecord, ModelRecord, RunRecord, TrainingRecord
from emojit.student.rows import TrainingRows, training_rows
from emojit.student.run_folder import CHECKPOINTS, MODEL, begin, choose_folder, last_checkpoint

if TYPE_CHECKING:
    from emojit.student.model import NewStudent
    from emojit.student.predict import Student
    from emojit.student.trainer import EmojiTrainer

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
    from emojit.student.artefacts import published, write_run

    clock = _Clock()
    recipe = _with_data(recipe, dataset, revision)
    folder = choose_folder(recipe.name, out, resume=resume)
    loaded = _load(recipe)
    licence = _licence(recipe, loaded["train"])
    config = {**published(recipe, _name(loaded["train"])), "resolved_data": _facts(loaded)}
    if resume:
        begin(folder, config, resume=True)

    from safetensors import SafetensorError

    from emojit.student.library import library_quiet

    with library_quiet():
        student = _prepare(recipe, loaded)
        if not resume:  # only now: a base model that cannot be used leaves no folder behind
            begin(folder, config, resume=False)
        rows = {
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
        clock.lap("prepare")
        try:
            trainer, resumed = _fit(
                student, recipe, rows, folder, resume=resume, deterministic=deterministic, quiet=quiet
            )
            clock.lap("train")
            record = write_run(
                folder,
                student=_finished(trainer, student, recipe, folder),
                recipe=recipe,
                loaded=loaded,
                data=_data_record(recipe, loaded, rows, licence),
                model=_model_record(student, recipe),
                training=_training_record(trainer, resumed),
                history=trainer.state.log_history,
                started=clock.started,
                seconds=clock.seconds,
                quiet=quiet,
            )
        except (OSError, SafetensorError) as exc:
            raise StudentError(
                f"{folder}: cannot be written ({exc})",
                hint="free some space, then give the same command with --resume",
            ) from exc
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    logger.info(
        "trained rows=%d steps=%d best=%d",
        record.data.rows["train"],
        trainer.state.global_step,
        record.training.best_step,
    )
    return RunResult(folder=folder, model_folder=folder / MODEL, record=record)


class _Clock:
    """Wall time by step."""

    def __init__(self) -> None:
        self.started = datetime.now(tz=UTC)
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Give the time since the last call a name."""
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 1)
        self._last = now


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
    rest = {split: load_rows(config.dataset, split, revision, columns=columns) for split in ("validation", "test")}
    return {"train": train, **rest}


def _name(loaded: Loaded) -> str:
    return loaded.repo_id or (loaded.folder.name if loaded.folder else "rows")


def _facts(loaded: dict[str, Loaded]) -> dict[str, Any]:
    """Return what must not change between a run and its `--resume`."""
    return {
        "commit": loaded["train"].commit,
        "fingerprints": {split: rows.fingerprint for split, rows in loaded.items()},
    }


def _prepare(recipe: TrainRecipe, loaded: dict[str, Loaded]) -> NewStudent:
    from transformers import set_seed

    from emojit.student.decoding import generation_config
    from emojit.student.model import new_student

    set_seed(recipe.train.seed)
    columns = dict.fromkeys((recipe.data.input_column, "original_text", *recipe.data.also_columns))
    student = new_student(recipe.model, (row[column] for row in loaded["train"].rows for column in columns))
    student.tokenizer.model_max_length = recipe.data.max_input_tokens
    student.model.generation_config = generation_config(
        student.vocabulary, vocabulary_size=len(student.tokenizer), decoding=recipe.decoding
    )
    return student


def _fit(
    student: NewStudent,
    recipe: TrainRecipe,
    rows: dict[str, TrainingRows],
    folder: Path,
    *,
    resume: bool,
    deterministic: bool,
    quiet: bool,
) -> tuple[EmojiTrainer, int | None]:
    """Train; return the Trainer with the best weights loaded, and the step that `resume` went on from."""
    import torch

    from emojit.student.trainer import make_trainer

    _check_space(student, recipe, folder)
    checkpoint = last_checkpoint(folder / CHECKPOINTS) if resume else None
    trainer = make_trainer(
        student,
        recipe,
        train=rows["train"].features,
        validation=rows["validation"].features,
        checkpoints=folder / CHECKPOINTS,
        deterministic=deterministic,
        quiet=quiet,
    )
    try:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    except torch.OutOfMemoryError as exc:
        raise StudentError(
            f"the GPU's memory is too small for {recipe.train.batch_size} rows a step",
            hint="halve train.batch_size and double train.gradient_accumulation in a new run: the result is the same",
        ) from exc
    return trainer, None if checkpoint is None else int(checkpoint.name.removeprefix("checkpoint-"))


def _check_space(student: NewStudent, recipe: TrainRecipe, folder: Path) -> None:
    """Refuse to begin what the disk cannot hold: a full disk in the middle shows as many kinds of errors as there are libraries."""
    weights = sum(parameter.numel() * parameter.element_size() for parameter in student.model.parameters())
    checkpoints = recipe.train.save_total_limit + 1  # the oldest goes after the newest is written
    needed = weights * (3 * checkpoints + 1)  # weights and AdamW's two moments in each; the finished model
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StudentError(
            f"{folder}: the run needs {needed / 2**30:.1f} GiB for its checkpoints, {free / 2**30:.1f} GiB are free",
            hint="free some space, lower train.save_total_limit, or give another --out",
        )


def _finished(trainer: EmojiTrainer, student: NewStudent, recipe: TrainRecipe, folder: Path) -> Student:
    """Save the model, and return it as one that can be asked."""
    from emojit.student.predict import make_student

    # Without the wrapper that trains in bfloat16: what is measured is what somebody else loads.
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    finished = make_student(
        model, student.tokenizer, student.vocabulary, recipe.decoding, source=str(folder), commit=None
    )
    finished.model.save_pretrained(folder / MODEL)
    finished.tokenizer.save_pretrained(folder / MODEL)
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
    )


def _training_record(trainer: EmojiTrainer, resumed: int | None) -> TrainingRecord:
    import torch

    state = trainer.state
    history = state.log_history
    best = state.best_global_step or state.global_step
    losses = [entry["loss"] for entry in history if "loss" in entry]
    return TrainingRecord(
        steps=state.global_step,
        epochs=round(state.epoch or 0.0, 4),
        best_step=best,
        best_epoch=next((round(entry["epoch"], 4) for entry in history if entry["step"] == best), 0.0),
        stopped_early=state.global_step < state.max_steps,
        train_loss=losses[-1] if losses else math.nan,
        resumed_from=resumed,
        bf16=trainer.args.bf16,
        threads=torch.get_num_threads(),
    )
