"""Fine-tuning of the encoder by transformers' Trainer.

Imported only by functions: it needs torch and transformers.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emojit.baselines.bert_config import BertConfig
from emojit.baselines.bert_losses import LOSSES
from emojit.errors import StudentError

if TYPE_CHECKING:
    import numpy as np
    import torch

_WARMUP = 0.1
_WEIGHT_DECAY = 0.01


def fine_tune(model: Any, tokenizer: Any, texts: Sequence[str], targets: np.ndarray, config: BertConfig) -> None:
    """Train the model in place.

    Args:
        model: a sequence classifier.
        tokenizer: its tokenizer.
        texts: of N rows.
        targets: (N, labels) float32, 1 where the row has the emoji.
        config: how.

    Raises:
        StudentError: the loss is no number any more, or memory is out.
    """
    import torch
    from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainingArguments

    ids = tokenizer(list(texts), truncation=True, max_length=config.max_tokens)["input_ids"]
    rows = [{"input_ids": row, "labels": target} for row, target in zip(ids, targets, strict=True)]
    each = LOSSES[config.loss]

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: object = None) -> torch.Tensor:
        # Per row, not per label: Trainer's own count of items is one of labels that are not -100.
        found = each(outputs["logits"].float(), labels.float())
        items = num_items_in_batch if num_items_in_batch is not None else found.numel()
        total: torch.Tensor = found.sum() * found.shape[1] / items
        return total

    steps = math.ceil(len(rows) / config.batch_size) * config.epochs
    with tempfile.TemporaryDirectory(prefix="emojit-bert-") as scratch:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=scratch,
                per_device_train_batch_size=config.batch_size,
                num_train_epochs=config.epochs,
                learning_rate=config.learning_rate,
                warmup_steps=int(steps * _WARMUP),
                weight_decay=_WEIGHT_DECAY,
                lr_scheduler_type="linear",
                seed=config.seed,
                save_strategy="no",
                logging_strategy="steps",
                logging_steps=max(1, int(steps)),
                report_to="none",
                disable_tqdm=True,
                remove_unused_columns=False,
                dataloader_pin_memory=torch.cuda.is_available(),
                bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
            ),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_loss_func=loss,
        )
        trainer.remove_callback(PrinterCallback)
        try:
            result = trainer.train()
        except torch.OutOfMemoryError as exc:
            raise StudentError(
                f"bert: not enough memory for batches of {config.batch_size} rows",
                hint=f"--set batch_size={max(1, config.batch_size // 2)}",
            ) from exc
    if not math.isfinite(result.training_loss):
        raise StudentError(
            f"bert: the loss is no number any more ({result.training_loss})",
            hint=f"--set learning_rate={config.learning_rate / 10:g}",
        )
