"""The Trainer of a student: transformers' Seq2SeqTrainer with our loss, our progress bar and evaluation by generated emoji.

Imported only by functions: it needs torch and transformers at the top, for its classes derive from theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch  # noqa: TID253  (see the docstring above)
from transformers import (  # noqa: TID253
    EarlyStoppingCallback,
    PrinterCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)

from emojit.logs import progress
from emojit.metrics import exact_match, jaccard_scores
from emojit.recipe import TrainRecipe
from emojit.student.answer_order import ShuffledAnswers
from emojit.student.collator import AnswerCollator
from emojit.student.losses import AnswerLoss, make_loss
from emojit.student.model import NewStudent
from emojit.student.rows import Features
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments
    from transformers.trainer_utils import EvalPrediction


class EmojiTrainer(Seq2SeqTrainer):  # type: ignore[misc]  # transformers is not followed by mypy
    """A Seq2SeqTrainer whose evaluation loss is the plain cross entropy of the answer, and which leaves the generation config alone.

    The original's `prediction_step` reports T5's own loss over the whole vocabulary, and writes library defaults such as `max_length=20` into
    `model.generation_config`, which is saved with the model (transformers 5.23).
    """

    compute_loss_func: AnswerLoss

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, object]:
        """Return the loss of one batch (scalar), from an output head that computes what the loss reads."""
        with self.compute_loss_func.answering(self.model, inputs):
            loss: torch.Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        return loss

    def prediction_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
        **generation: object,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the loss (scalar), the generated ids (B, L) and the labels (B, T) of one batch."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            with self.compute_loss_func.answering(self.model, inputs):
                labels = inputs.pop("labels")
                loss = self.compute_loss_func.evaluation(model(**inputs), labels)
            generated = self.model.generate(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        return loss.detach(), generated, labels


class NewOrder(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Tells the rows which epoch begins."""

    def __init__(self, rows: ShuffledAnswers) -> None:
        self._rows = rows

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Draw new orders; the epoch of a run that was resumed in the middle of one has a fraction."""
        self._rows.start_epoch(int(state.epoch or 0))


class ProgressBar(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """A bar on stderr with steps, time left, loss and the best validation Jaccard; the library's own prints to stdout."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._shown: dict[str, str] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Open the bar where the run stands, which is not zero after `--resume`."""
        self._bar = progress(total=state.max_steps, label="train", unit="step", quiet=self._quiet)
        self._bar.update(state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Move the bar."""
        self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Show what was measured."""
        for key, name in (("loss", "loss"), ("eval_jaccard", "jaccard")):
            if logs and key in logs:
                self._shown[name] = f"{logs[key]:.3f}"
        if state.best_metric is not None:
            self._shown["best"] = f"{state.best_metric:.3f}"
        self._bar.set_postfix(self._shown)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Close the bar."""
        self._bar.close()


def training_arguments(
    recipe: TrainRecipe, checkpoints: Path, *, deterministic: bool = False
) -> Seq2SeqTrainingArguments:
    """Translate the section `[train]` into the Trainer's arguments.

    What differs from `Seq2SeqTrainingArguments` beyond the recipe's own keys: evaluation and a checkpoint after every epoch with the best one
    restored at the end; linear decay after a warm-up given as a share; no reports to services; the library's bars off (they write to stdout);
    columns are ours, none is removed; the patience of early stopping survives `--resume`.

    Args:
        recipe: the recipe.
        checkpoints: folder for the checkpoints.
        deterministic: on the CPU, by deterministic algorithms only.
    """
    config = recipe.train
    cuda = torch.cuda.is_available() and not deterministic
    return Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=recipe.decoding.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        learning_rate=config.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=config.warmup_ratio,
        optim="adamw_torch",
        weight_decay=config.weight_decay,
        bf16=config.bf16 and cuda and torch.cuda.is_bf16_supported(),
        seed=config.seed,
        data_seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=config.save_total_limit,
        load_best_model_at_end=True,
        metric_for_best_model="jaccard",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        logging_strategy="epoch",
        report_to="none",
        disable_tqdm=True,
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=cuda,
        use_cpu=deterministic,
        full_determinism=deterministic,
    )


def make_trainer(
    student: NewStudent,
    recipe: TrainRecipe,
    *,
    train: Sequence[Features],
    validation: Sequence[Features],
    checkpoints: Path,
    deterministic: bool = False,
    quiet: bool,
) -> EmojiTrainer:
    """Put a student, its rows and its recipe together.

    Args:
        student: model, tokenizer and emoji ids; `model.generation_config` must be the one to publish.
        recipe: the recipe.
        train: rows with `input_ids` and `labels`.
        validation: the same.
        checkpoints: folder for the checkpoints.
        deterministic: on the CPU, by deterministic algorithms only.
        quiet: no progress bar.
    """
    callbacks: list[TrainerCallback] = [ProgressBar(quiet=quiet)]
    if recipe.train.early_stopping:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=recipe.train.early_stopping))
    arguments = training_arguments(recipe, checkpoints, deterministic=deterministic)
    loss = make_loss(
        recipe.loss,
        student.vocabulary,
        len(student.tokenizer),
        [row["labels"] for row in train],
        label_smoothing=recipe.train.label_smoothing,
        prune=arguments.n_gpu <= 1,
    )
    if recipe.loss.name == "set" and recipe.loss.order == "shuffled":
        train = ShuffledAnswers(train, seed=recipe.train.seed)
        callbacks.append(NewOrder(train))
    trainer = EmojiTrainer(
        model=student.model,
        args=arguments,
        train_dataset=train,
        eval_dataset=validation,
        processing_class=student.tokenizer,
        data_collator=AnswerCollator(student.tokenizer, student.model),
        compute_loss_func=loss,
        compute_metrics=_Scores(student.vocabulary),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)  # what replaces the bar where bars are off; it prints to stdout
    return trainer


class _Scores:
    """Validation scores of generated ids, read by token id."""

    def __init__(self, vocabulary: EmojiVocabulary) -> None:
        self._vocabulary = vocabulary

    def __call__(self, evaluation: EvalPrediction) -> dict[str, float]:
        predictions = [self._vocabulary.decode(ids.tolist()) for ids in evaluation.predictions]
        references = [self._vocabulary.decode(ids.tolist()) for ids in evaluation.label_ids]
        scores = jaccard_scores(predictions, references)
        return {
            "jaccard": sum(scores) / len(scores),
            "exact_match": exact_match(predictions, references),
            "mean_emojis": sum(len(emojis) for emojis in predictions) / len(predictions),
        }
