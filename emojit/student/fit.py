"""One stage of training: rows in, and the student at its chosen checkpoint. Several stages run one after the other, each in a folder of its own.

A stage that was killed goes on from its last checkpoint; one that is finished is not repeated, its weights are read back.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import write_json
from emojit.errors import StudentError
from emojit.recipe import TrainConfig, TrainRecipe
from emojit.student.averaging import Candidates
from emojit.student.failures import training_failures
from emojit.student.kept import KeptWeights, due_steps
from emojit.student.ranks import Ranks
from emojit.student.rows import Features
from emojit.student.run_folder import last_checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainerCallback

    from emojit.student.model import NewStudent
    from emojit.student.resumable import ResumableTrainer

logger = logging.getLogger(__name__)

_RESULT = "stage.json"
"""Written last: a stage that has it is finished."""
_CHOSEN = "chosen"
_CANDIDATES = "average"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """How a stage went."""

    steps: int
    """Updates made (count)."""
    epochs: float
    """Passes over its rows."""
    best_step: int
    """Update with the best score on validation."""
    best_epoch: float
    """The same in passes."""
    best_score: float | None
    """The score, by what the recipe's `train.best_by` names; None where nothing was measured."""
    averaged: list[int] | None
    """Updates whose weights were averaged for the student; None where the best one's alone were taken."""
    average_score: float | None
    """Score of the average on validation; None where none was tried."""
    stopped_early: bool
    """Whether validation stopped getting better before the epochs were over."""
    train_loss: float | None
    """Loss of the last epoch (nats per label position)."""
    resumed_from: int | None
    """Update from which the stage went on; None for one in one piece."""
    bf16: bool
    """Whether bfloat16 was used."""
    history: list[dict[str, Any]]
    """The Trainer's log entries."""


def train_stage(
    student: NewStudent,
    recipe: TrainRecipe,
    *,
    train: Sequence[Features],
    validation: Sequence[Features],
    folder: Path,
    reports: Path | None = None,
    references: Sequence[Sequence[str]] | None = None,
    text: bool = False,
    kept: Path | None = None,
    resume: bool = False,
    ranks: Ranks | None = None,
    deterministic: bool = False,
    quiet: bool = False,
) -> StageResult:
    """Train a student on rows, in place, and leave it with the weights that validation chose.

    Args:
        student: the student to begin from; `model.generation_config` must be the one to publish.
        recipe: of it `[train]`, `[loss]` and `[decoding]` count; a stage with other epochs or another learning rate gives another `[train]`.
        train: rows with `input_ids` and `labels`.
        validation: the same.
        folder: of this stage alone; checkpoints, and afterwards the chosen weights and the result.
        reports: the run folder, for the curves of `train.report_to`; None takes the one that `folder` lies in.
        references: the emoji of the validation rows, where the student cannot write all of them; None takes those of their labels.
        text: the labels are text and not emoji; validation is by loss alone, so `train.best_by` must be "loss".
        kept: folder for the weights that `train.keep_checkpoints` asks for; None keeps none, whatever it says.
        resume: go on where the stage was, or begin it where it never began.
        ranks: the processes that train together; None for this one alone.
        deterministic: on the CPU, by deterministic algorithms only.
        quiet: no progress bar.

    Raises:
        StudentError: the disk or the memory is too small, or the loss is no number.
    """
    ranks = ranks or Ranks(1, 0)
    reports = reports or folder.parent

    def make(callbacks: Sequence[TrainerCallback]) -> ResumableTrainer:
        from emojit.student.trainer import make_trainer

        return make_trainer(
            student,
            recipe,
            train=train,
            validation=validation,
            checkpoints=folder,
            reports=reports,
            references=references,
            text=text,
            callbacks=callbacks,
            processes=ranks.count,
            deterministic=deterministic,
            quiet=quiet or not ranks.first,
        )

    return train_model(
        student.model, recipe.train, make, folder=folder, reports=reports, kept=kept, resume=resume, ranks=ranks
    )


def train_model(
    model: PreTrainedModel,
    config: TrainConfig,
    make: Callable[[Sequence[TrainerCallback]], ResumableTrainer],
    *,
    folder: Path,
    reports: Path,
    kept: Path | None = None,
    resume: bool,
    ranks: Ranks,
) -> StageResult:
    """Train a model of any kind, in place, and leave it with the weights that validation chose; see `train_stage`.

    Args:
        model: the model to begin from.
        config: how.
        make: makes the Trainer of the model from further callbacks.
        folder: of this training alone; checkpoints, and afterwards the chosen weights and the result.
        reports: the run folder.
        kept: folder for the weights that `train.keep_checkpoints` asks for; None keeps none.
        resume: go on where the training was, or begin it where it never began.
        ranks: the processes that train together.

    Raises:
        StudentError: the disk or the memory is too small, or the loss is no number.
    """
    if resume and (folder / _RESULT).is_file():
        return _finished_before(model, folder)
    if ranks.first:
        _check_space(model, config, folder, keeps=kept is not None)
    candidates = (
        None
        if config.average == "none"
        else Candidates(
            folder=folder / _CANDIDATES,
            which=config.average,
            count=config.average_count,
            greater_is_better=config.best_by == "jaccard",
        )
    )
    checkpoint = last_checkpoint(folder, ranks.count) if resume else None
    with training_failures(reports, config):
        trainer = make(_keeping(candidates, config))
        keeper = _keeper(trainer, model, config, kept, ranks)
        if config.gradient_checkpointing:
            _checkpoint_gradients(model, on=True)
        if checkpoint is not None and _is_over(checkpoint, config):
            _restore(trainer, checkpoint)
        else:
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        if keeper is not None and ranks.first:
            _keep_last(trainer, keeper)
        averaged, score = _average(trainer, candidates, config, ranks) if candidates else (None, None)
        _unprepared(model)
        if config.gradient_checkpointing:
            _checkpoint_gradients(model, on=False)
        result = _result(trainer, checkpoint, averaged, score)
        ranks.from_first(lambda: _finish(model, folder, result))
    return result


def _unprepared(model: PreTrainedModel) -> None:
    """Take from a model what accelerate gave it for its training: what is measured is what somebody else loads, and the next stage's Trainer prepares it itself.

    accelerate 1.x puts a forward pass that computes in bfloat16 into the instance; its `unwrap_model(keep_fp32_wrapper=False)` leaves one there that is bound to this very model,
    also in a copy of it, such as the one that decoding makes. And a model that it has prepared once it does not prepare again.
    """
    if vars(model).pop("_original_forward", None) is not None:
        vars(model).pop("forward")
    vars(model).pop("_is_accelerate_prepared", None)


def _check_space(model: PreTrainedModel, config: TrainConfig, folder: Path, *, keeps: bool) -> None:
    """Refuse to begin what the disk cannot hold: a full disk in the middle shows as many kinds of errors as there are libraries."""
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    checkpoints = config.save_total_limit + 1  # the oldest goes after the newest is written
    candidates = config.average_count + 1 if config.average != "none" else 0
    kept = math.ceil(config.epochs / config.keep_checkpoints) + 1 if keeps and config.keep_checkpoints else 0
    needed = weights * (
        3 * checkpoints + candidates + kept + 2
    )  # weights and AdamW's two moments in each; the chosen ones; the finished model
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StudentError(
            f"{folder}: the run needs {needed / 2**30:.1f} GiB for its checkpoints, {free / 2**30:.1f} GiB are free",
            hint=f"free some space, lower train.save_total_limit, {'raise train.keep_checkpoints, ' if kept else ''}"
            "or give another --out",
        )


def _keeping(candidates: Candidates | None, config: TrainConfig) -> list[TrainerCallback]:
    from emojit.student.callbacks import KeepForAverage

    return [] if candidates is None else [KeepForAverage(candidates, config.best_by)]


def _keeper(
    trainer: ResumableTrainer, model: PreTrainedModel, config: TrainConfig, kept: Path | None, ranks: Ranks
) -> KeptWeights | None:
    """Let a Trainer keep the weights that the recipe asks for; return where they are, or None where it asks for none."""
    from emojit.student.arguments import updates, updates_per_epoch
    from emojit.student.callbacks import KeepWeights

    if kept is None or not config.keep_checkpoints:
        return None
    rows = len(trainer.train_dataset)
    per_epoch = updates_per_epoch(config, rows, ranks.count)
    due = due_steps(config.keep_checkpoints, per_epoch, updates(config, rows, ranks.count))
    keeper = KeptWeights(folder=kept, due=due, per_epoch=per_epoch)
    trainer.add_callback(KeepWeights(keeper, model))
    return keeper


def _keep_last(trainer: ResumableTrainer, keeper: KeptWeights) -> None:
    """Keep the weights that the run ended with, whatever the share of an epoch: what is lost after the peak is measured there."""
    step = trainer.state.global_step
    if keeper.path(step).exists():
        return
    chosen = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    _load_weights(trainer.model, Path(trainer.args.output_dir) / f"checkpoint-{step}" / "model.safetensors")
    keeper.save(trainer.model, step)
    trainer.model.load_state_dict(chosen)


def _checkpoint_gradients(model: Any, *, on: bool) -> None:
    """Switch it at the model: since transformers 5.23 method and argument have another name, and the old ones warn."""
    kind = (
        "activation_checkpointing" if hasattr(model, "activation_checkpointing_enable") else "gradient_checkpointing"
    )
    if on:
        getattr(model, f"{kind}_enable")(**{f"{kind}_kwargs": {"use_reentrant": False}})
    else:
        getattr(model, f"{kind}_disable")()


def _is_over(checkpoint: Path, config: TrainConfig) -> bool:
    """Whether the run had stopped early at this checkpoint. The Trainer of transformers 5.23 forgets that it should stop, and trains another epoch."""
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    saved = state["stateful_callbacks"].get("EarlyStoppingCallback")
    patience = config.early_stopping
    return bool(saved and patience and saved["attributes"]["early_stopping_patience_counter"] >= patience)


def _restore(trainer: ResumableTrainer, checkpoint: Path) -> None:
    """Give a Trainer that shall not train the state and the best weights of its run."""
    from transformers import TrainerState

    trainer.state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
    best = Path(trainer.args.output_dir) / f"checkpoint-{trainer.state.best_global_step}"
    _load_weights(trainer.model, best / "model.safetensors")


def _load_weights(model: Any, file: Path) -> None:
    from safetensors.torch import load_file

    _set_weights(model, load_file(file))


def _set_weights(model: Any, weights: dict[str, Any]) -> None:
    model.load_state_dict(weights, strict=False)  # a matrix that is tied to another stands in the file once
    model.tie_weights()


def _average(
    trainer: ResumableTrainer, candidates: Candidates, config: TrainConfig, ranks: Ranks
) -> tuple[list[int] | None, float | None]:
    """Score the average of the candidates, and leave it in the model where it is better; return (its steps or None, its score or None)."""
    steps = ranks.from_first(candidates.steps)
    best = trainer.state.best_metric
    if len(steps) < 2 or best is None:
        return None, None
    single = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    _set_weights(trainer.model, candidates.average())
    metric = config.best_by
    # Not `evaluate`, which would write into the log of the run and ask the callbacks.
    measured = trainer.evaluation_loop(
        trainer.get_eval_dataloader(), "average", prediction_loss_only=None, metric_key_prefix="average"
    )
    score = float(measured.metrics[f"average_{metric}"])
    better = score > best if metric == "jaccard" else score < best
    logger.info("average of steps %s: %s %.4f, the best alone %.4f", steps, metric, score, best)
    if not better:
        trainer.model.load_state_dict(single)
    return (steps if better else None), score


def _result(
    trainer: ResumableTrainer, checkpoint: Path | None, averaged: list[int] | None, score: float | None
) -> StageResult:
    state = trainer.state
    history: list[dict[str, Any]] = state.log_history
    best = state.best_global_step or state.global_step
    losses = [entry["loss"] for entry in history if "loss" in entry]
    return StageResult(
        steps=state.global_step,
        epochs=round(state.epoch or 0.0, 4),
        best_step=best,
        best_epoch=next((round(entry["epoch"], 4) for entry in history if entry["step"] == best), 0.0),
        best_score=state.best_metric,
        averaged=averaged,
        average_score=score,
        stopped_early=state.global_step < state.max_steps,
        train_loss=losses[-1] if losses and math.isfinite(losses[-1]) else None,
        resumed_from=None if checkpoint is None else int(checkpoint.name.removeprefix("checkpoint-")),
        bf16=trainer.args.bf16,
        history=history,
    )


def _finish(model: PreTrainedModel, folder: Path, result: StageResult) -> None:
    """Keep the chosen weights and the result, and let the checkpoints go."""
    from safetensors.torch import save_model

    partial = folder / f"{_CHOSEN}.partial"
    save_model(model, str(partial))
    partial.replace(folder / f"{_CHOSEN}.safetensors")
    write_json(folder / _RESULT, dataclasses.asdict(result))
    for path in (*folder.glob("checkpoint-*"), folder / _CANDIDATES):
        shutil.rmtree(path, ignore_errors=True)


def _finished_before(model: PreTrainedModel, folder: Path) -> StageResult:
    table = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    _load_weights(model, folder / f"{_CHOSEN}.safetensors")
    return StageResult(**{**table, "resumed_from": table["steps"]})
