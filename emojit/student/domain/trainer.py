"""The Trainer of a domain run: masked words of texts, measured by masked words of other articles.

Imported only by functions: it needs torch and transformers at the top, for its classes derive from theirs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  (see the docstring above)
from torch.nn.functional import cross_entropy  # noqa: TID253
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback  # noqa: TID253
from transformers.trainer_utils import IntervalStrategy, SaveStrategy  # noqa: TID253

from emojit.recipe import DomainRecipe, TrainRecipe
from emojit.student.arguments import training_arguments, updates, updates_per_epoch
from emojit.student.callbacks import KeepWeights, ProgressBar
from emojit.student.domain.cloze import reading_at, score_batch, summed
from emojit.student.domain.collator import MaskedCollator
from emojit.student.domain.encoder import Encoder
from emojit.student.domain.masking import IGNORED, MaskedTexts
from emojit.student.kept import KEPT, KeptWeights, due_steps
from emojit.student.reports import report_callbacks
from emojit.student.resumable import ResumableTrainer
from emojit.student.rows import Features

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments
    from transformers.trainer_utils import EvalPrediction

_NEVER = 2**40
"""Steps between what the library does by itself (count): the callback below says when."""


class MaskedTrainer(ResumableTrainer):
    """A Trainer whose model computes logits of masked tokens only."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, object]:
        """Return the loss of one batch (scalar)."""
        with reading_at(self.model, inputs["labels"] != IGNORED):
            loss: torch.Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        return loss

    def prediction_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[None, torch.Tensor, torch.Tensor]:
        """Return no loss, the scores (B, 4) of each item, and its number of masked tokens (B,)."""
        inputs = self._prepare_inputs(inputs)
        with self.compute_loss_context_manager():
            rows = score_batch(self.model, inputs)
        return None, rows, rows[:, 1]

    def _lengths(self, rows: Sequence[Features]) -> list[int]:
        return rows.lengths() if isinstance(rows, MaskedTexts) else super()._lengths(rows)


class AtSteps(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Logs, measures and writes a checkpoint after some steps, and tells the texts which epoch begins."""

    def __init__(self, due: frozenset[int], texts: MaskedTexts) -> None:
        """Take the updates after which it is time to (counts), and the texts that are learned."""
        self._due = due
        self._texts = texts

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Draw new masks; the epoch of a run that was resumed in the middle of one has a fraction."""
        self._texts.start_epoch(int(state.epoch or 0))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Say what is due."""
        now = state.global_step in self._due or state.global_step >= state.max_steps
        control.should_log = control.should_evaluate = control.should_save = now


def make_masked_trainer(
    encoder: Encoder,
    recipe: DomainRecipe,
    *,
    train: MaskedTexts,
    items: Sequence[Features],
    checkpoints: Path,
    reports: Path,
    callbacks: Sequence[TrainerCallback] = (),
    processes: int = 1,
    deterministic: bool = False,
    quiet: bool,
) -> MaskedTrainer:
    """Put an encoder, its texts and its recipe together.

    Args:
        encoder: the encoder.
        recipe: the recipe.
        train: texts to learn.
        items: masked words to measure by.
        checkpoints: folder for the checkpoints.
        reports: the run folder, for curves and for the weights that are kept.
        callbacks: more of them.
        processes: processes that train together (count).
        deterministic: on the CPU, by deterministic algorithms only.
        quiet: no progress bar.
    """
    config = recipe.train
    plain = config.as_train()
    arguments = training_arguments(
        TrainRecipe(train=plain), checkpoints, rows=len(train), processes=processes, deterministic=deterministic
    )
    arguments._n_gpu = min(
        1, arguments.n_gpu
    )  # several GPUs are for torchrun: DataParallel would cut a batch behind the head's back
    arguments.log_level_replica = "error"  # the library raises the other processes to warnings
    arguments.per_device_eval_batch_size = recipe.evaluation.batch_size
    arguments.metric_for_best_model = config.best_by
    arguments.greater_is_better = config.best_by != "loss"
    arguments.eval_strategy = arguments.logging_strategy = IntervalStrategy.STEPS
    arguments.save_strategy = SaveStrategy.STEPS
    arguments.eval_steps = arguments.save_steps = arguments.logging_steps = _NEVER
    epoch, last = updates_per_epoch(plain, len(train), processes), updates(plain, len(train), processes)
    due = due_steps(config.evaluate_every, epoch, last) | {last}
    kept = KeptWeights(folder=reports / KEPT, due=due, per_epoch=epoch)
    mine: list[TrainerCallback] = [
        ProgressBar(quiet=quiet),
        *callbacks,
        AtSteps(due, train),
        KeepWeights(kept, encoder.model),
    ]
    if config.early_stopping:
        mine.append(EarlyStoppingCallback(early_stopping_patience=config.early_stopping))
    if not deterministic:  # a run that is made again for its weights needs no curves
        mine += report_callbacks(config.report_to, reports, recipe.name)
    trainer = MaskedTrainer(
        model=encoder.model,
        args=arguments,
        train_dataset=train,
        eval_dataset=items,
        processing_class=encoder.tokenizer,
        data_collator=MaskedCollator(int(encoder.tokenizer.pad_token_id)),
        compute_loss_func=_loss,
        compute_metrics=_scores,
        callbacks=mine,
    )
    trainer.remove_callback(PrinterCallback)  # what replaces the bar where bars are off; it prints to stdout
    return trainer


def _loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | int | None = None) -> torch.Tensor:
    """Return the cross entropy of the masked tokens, divided by their number in all batches that are accumulated."""
    gold = labels[labels != IGNORED]
    loss: torch.Tensor = cross_entropy(outputs.logits[0].float(), gold, reduction="sum")
    return loss / (len(gold) if num_items_in_batch is None else num_items_in_batch)


def _scores(evaluation: EvalPrediction) -> dict[str, float]:
    return dataclasses.asdict(summed(torch.from_numpy(evaluation.predictions)))
