"""The Trainer of a student: transformers' Seq2SeqTrainer with our loss, our order of rows and evaluation by generated emoji.

Imported only by functions: it needs torch and transformers at the top, for its classes derive from theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  (see the docstring above)
from transformers import (  # noqa: TID253
    EarlyStoppingCallback,
    PrinterCallback,
    Seq2SeqTrainer,
    TrainerCallback,
)

from emojit.metrics import diversity, exact_match, jaccard_scores
from emojit.recipe import TrainRecipe
from emojit.student.arguments import training_arguments, updates_per_epoch
from emojit.student.callbacks import NewOrder, ProgressBar, SaveEvery
from emojit.student.changing_rows import ChangingRows, DroppedTokens, ShuffledAnswers
from emojit.student.collator import AnswerCollator
from emojit.student.lazy_adamw import LazyAdamW, clip_gradients, gradients_by_row
from emojit.student.losses import AnswerLoss, make_loss, prunable, text_loss
from emojit.student.model import NewStudent
from emojit.student.reports import report_callbacks
from emojit.student.resumable import ResumableTrainer
from emojit.student.rows import Features
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from transformers.trainer_utils import EvalPrediction, TrainOutput

logger = logging.getLogger(__name__)

_QUICKLY = {"mbr": "greedy", "diverse_beam": "plain beams"}
"""What `generate` does in place of our own methods; see `decoding.generation`."""


class EmojiTrainer(ResumableTrainer, Seq2SeqTrainer):  # type: ignore[misc]  # transformers is not followed by mypy
    """A Seq2SeqTrainer that stops at a loss that is no number and can go on in the middle of an epoch, bit for bit.

    Its evaluation loss is the plain cross entropy of the answer, and it leaves the generation config alone: the original's `prediction_step` reports T5's own
    loss over the whole vocabulary, and writes library defaults such as `max_length=20` into `model.generation_config`, which is saved with the model
    (transformers 5.23).
    """

    compute_loss_func: AnswerLoss
    optimizer: torch.optim.Optimizer | None
    generates: bool = True
    """Whether evaluation asks for emoji; False while text is learned."""
    lazy: bool = False
    """Whether the rows of the embedding are updated only where a batch has their tokens."""

    def train(self, *arguments: Any, **options: Any) -> TrainOutput:
        """Train as the library does."""
        with gradients_by_row(self.model) if self.lazy else nullcontext():
            return super().train(*arguments, **options)

    def create_optimizer(self, model: torch.nn.Module | None = None) -> torch.optim.Optimizer:
        """Return the optimiser, made where there is none yet."""
        if not self.lazy or self.optimizer is not None:
            return super().create_optimizer(model)
        table = self.model.get_input_embeddings().weight
        named = [(name, parameter) for name, parameter in self.model.named_parameters() if parameter is not table]
        decayed = set(self.get_decay_parameter_names(self.model))
        self.optimizer = LazyAdamW(
            [
                {"params": [parameter for name, parameter in named if (name in decayed) == decays], "weight_decay": by}
                for decays, by in ((True, self.args.weight_decay), (False, 0.0))
            ],
            [table],
            lr=self.args.learning_rate,
            betas=(self.args.adam_beta1, self.args.adam_beta2),
            eps=self.args.adam_epsilon,
        )
        return self.optimizer

    def _clip_grad_norm(self, model: torch.nn.Module) -> torch.Tensor:
        if not self.lazy:
            return super()._clip_grad_norm(model)
        return clip_gradients(model.parameters(), self.args.max_grad_norm)

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
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Return the loss (scalar), the generated ids (B, L) and the labels (B, T) of one batch."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            with self.compute_loss_func.answering(self.model, inputs):
                labels = inputs.pop("labels")
                loss = self.compute_loss_func.evaluation(model(**inputs), labels)
            if not self.generates:
                return loss.detach(), None, None
            generated = self.model.generate(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        return loss.detach(), generated, labels


def make_trainer(
    student: NewStudent,
    recipe: TrainRecipe,
    *,
    train: Sequence[Features],
    validation: Sequence[Features],
    checkpoints: Path,
    reports: Path,
    references: Sequence[Sequence[str]] | None = None,
    text: bool = False,
    callbacks: Sequence[TrainerCallback] = (),
    processes: int = 1,
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
        reports: folder for curves, if the recipe wants some.
        references: the emoji of the validation rows, where the student cannot write all of them; None takes those of their labels.
        text: the labels are text and not emoji: the loss reads the whole vocabulary, and validation is by loss alone.
        callbacks: more of them.
        processes: processes that train together (count).
        deterministic: on the CPU, by deterministic algorithms only.
        quiet: no progress bar.
    """
    config = recipe.train
    if not text and recipe.decoding.method in _QUICKLY:
        logger.info(
            "validation after each epoch: %s, which is quicker; the finished run is scored by decoding.method=%s",
            _QUICKLY[recipe.decoding.method],
            recipe.decoding.method,
        )
    arguments = training_arguments(
        recipe, checkpoints, rows=len(train), processes=processes, deterministic=deterministic
    )
    mine: list[TrainerCallback] = [ProgressBar(quiet=quiet), *callbacks]
    if config.early_stopping:
        mine.append(EarlyStoppingCallback(early_stopping_patience=config.early_stopping))
    if config.save_steps:
        epoch = updates_per_epoch(config, len(train), processes)
        steps = int(config.save_steps) if config.save_steps >= 1 else max(1, round(config.save_steps * epoch))
        mine.append(SaveEvery(steps, epoch=epoch))
    if not deterministic:  # a run that is made again for its weights needs no curves
        mine += report_callbacks(config.report_to, reports, recipe.name)
    if text:
        loss = text_loss(student.vocabulary, student.model.config.vocab_size, label_smoothing=config.label_smoothing)
    else:
        loss = make_loss(
            recipe.loss,
            student.vocabulary,
            len(student.tokenizer),
            [row["labels"] for row in train],
            label_smoothing=config.label_smoothing,
            prune=arguments.n_gpu <= 1,
        )
        if recipe.loss.name == "set" and recipe.loss.order == "shuffled":
            train = ShuffledAnswers(train, seed=config.seed)
    if config.token_dropout:
        special = student.tokenizer.all_special_ids
        train = DroppedTokens(train, seed=config.seed, rate=config.token_dropout, keep=special)
    if isinstance(train, ChangingRows):
        mine.append(NewOrder(train))
    # Texts of like length together, the longest first: what does not fit into memory shows at once.
    places = sorted(range(len(validation)), key=lambda place: -len(validation[place]["input_ids"]))
    validation = [validation[place] for place in places]
    references = None if references is None else [references[place] for place in places]
    trainer = EmojiTrainer(
        model=student.model,
        args=arguments,
        train_dataset=train,
        eval_dataset=validation,
        processing_class=student.tokenizer,
        data_collator=AnswerCollator(student.tokenizer, student.model),
        compute_loss_func=loss,
        compute_metrics=None if text else _Scores(student.vocabulary, references),
        callbacks=mine,
    )
    trainer.generates = not text
    if config.optimiser == "lazy_adamw":
        on_gpus = arguments.device.type == "cuda" and max(processes, arguments.n_gpu) > 1
        if on_gpus:
            why = "several GPUs cannot add up gradients of rows"  # NCCL has no sum of sparse tensors
        else:
            why = "" if not text and prunable(student.model) else "every row of the embedding has a gradient here"
        trainer.lazy = not why
        if why:
            logger.info("train.optimiser lazy_adamw: %s; training with adamw", why)
    trainer.remove_callback(PrinterCallback)  # what replaces the bar where bars are off; it prints to stdout
    return trainer


class _Scores:
    """Validation scores of generated ids, read by token id."""

    def __init__(self, vocabulary: EmojiVocabulary, references: Sequence[Sequence[str]] | None) -> None:
        self._vocabulary = vocabulary
        self._references = references

    def __call__(self, evaluation: EvalPrediction) -> dict[str, float]:
        predictions = [self._vocabulary.decode(ids.tolist()) for ids in evaluation.predictions]
        references = self._references or [self._vocabulary.decode(ids.tolist()) for ids in evaluation.label_ids]
        scores = jaccard_scores(predictions, references)
        spread = diversity(predictions, references).predictions
        return {
            "jaccard": sum(scores) / len(scores),
            "exact_match": exact_match(predictions, references),
            "mean_emojis": sum(len(emojis) for emojis in predictions) / len(predictions),
            "distinct": float(spread.distinct),
            "outside_top": spread.outside_top,
        }
