"""How much faster a training step of ours is than the plain recipe's, on the same rows and with the same losses.

Plain is what most recipes do: every text padded to 128 tokens, the logits of the whole vocabulary for every position, a mask over what no answer may
hold. (The answers are padded to the longest; with `--labels 128`, as `DataCollatorForSeq2Seq(padding="max_length")` does it, plain takes ten times as
long again.) Ours pads to the longest text of a batch of like lengths and computes the logits that the loss reads. Both take turns step by step in one process, from
the same weights, so that another load of the machine meets both alike. A third one is ours with `optimiser = "lazy_adamw"`, which moves the rows of the embedding
otherwise: its losses are not the same, and stand beside.

    python benchmarks/training_step.py [--steps 8] [--threads 1]

Prints the seconds per step of each (median), the ratios and the largest difference of their losses; exit code 1 where it is below 1.5, or the losses differ.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy, pad
from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments
from transformers.utils import logging

from emojit.emoji import inventory
from emojit.recipe import DataConfig, ModelConfig, TrainConfig, TrainRecipe
from emojit.resources import resource
from emojit.student.lazy_adamw import gradients_by_row
from emojit.student.losses import IGNORED
from emojit.student.model import NewStudent, new_student
from emojit.student.order import GroupedOrder
from emojit.student.rows import Features, training_rows
from emojit.student.trainer import make_trainer

WANTED = 1.5
TOLERANCE = 1e-3
PADDED = 128
BATCH = 64
VOCABULARY = 34_000


def main() -> int:
    """Measure, print, and say whether it is enough."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--labels", type=int, default=0, help="pad the answers of the plain recipe to so many tokens")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    student, rows = small_t5()
    order = list(GroupedOrder([len(row["input_ids"]) for row in rows], BATCH, processes=1))
    batches = [[rows[index] for index in order[start : start + BATCH]] for start in range(0, len(order), BATCH)]
    batches = [batches[place * len(batches) // options.steps] for place in range(options.steps)]
    with tempfile.TemporaryDirectory() as scratch:
        sides = {
            "plain": plain(student, rows, Path(scratch), options.labels),
            "ours": ours(student, rows, Path(scratch), "adamw"),
            "lazy": ours(student, rows, Path(scratch), "lazy_adamw"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        losses: dict[str, list[float]] = {name: [] for name in sides}
        for number, batch in enumerate([batches[0], *batches]):  # the first one warms up
            for name, trainer in sides.items():
                spent, loss = step(trainer, batch)
                if number:
                    seconds[name].append(spent)
                    losses[name].append(loss)
    ratio = sum(seconds["plain"]) / sum(seconds["ours"])
    apart = max(abs(one - two) / two for one, two in zip(losses["ours"], losses["plain"], strict=True))
    result = {
        "steps": options.steps,
        "batch": BATCH,
        "vocabulary": VOCABULARY,
        "threads": options.threads,
        "plain_s": round(statistics.median(seconds["plain"]), 3),
        "ours_s": round(statistics.median(seconds["ours"]), 3),
        "ratio": round(ratio, 2),
        "loss": [round(losses["ours"][0], 4), round(losses["ours"][-1], 4)],
        "losses_apart": float(f"{apart:.1e}"),
        "lazy_s": round(statistics.median(seconds["lazy"]), 3),
        "lazy_ratio": round(sum(seconds["ours"]) / sum(seconds["lazy"]), 2),
        "lazy_loss": [round(losses["lazy"][0], 4), round(losses["lazy"][-1], 4)],
    }
    print(json.dumps(result))
    return 0 if ratio >= WANTED and apart < TOLERANCE else 1


def small_t5() -> tuple[NewStudent, list[Features]]:
    """Return a T5 of width 256 whose head has 34,000 rows, and the packaged sample's texts with their emoji, each also as its original sentence."""
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    torch.manual_seed(0)
    config = ModelConfig(vocab_size=2000, d_model=256, d_ff=512, num_layers=2, num_heads=4, dropout=0.0)
    student = new_student(config, [text for pair in pairs for text in (pair["text"], pair["sns_text"])])
    student.model.resize_token_embeddings(VOCABULARY)
    known = {item.emoji for item in inventory()}
    rows = [
        {"sns_text": pair[column], "emojis": pair["emojis"]}
        for pair in pairs
        for column in ("sns_text", "text")
        if set(pair["emojis"]) <= known
    ]
    encoded = training_rows(
        student.tokenizer, student.vocabulary, rows, DataConfig(max_input_tokens=PADDED), augment=False
    )
    return student, encoded.features


def step(trainer: Seq2SeqTrainer, rows: Sequence[Features]) -> tuple[float, float]:
    """Make one update as the Trainer's loop does; return seconds, from rows to changed weights, and the loss."""
    begun = time.perf_counter()
    batch = trainer.data_collator(rows)
    items = (batch["labels"] != IGNORED).sum()
    with gradients_by_row(trainer.model) if getattr(trainer, "lazy", False) else nullcontext():
        loss = trainer.training_step(trainer.model, dict(batch), items)
    trainer._clip_grad_norm(trainer.model)
    trainer.optimizer.step()
    trainer.model.zero_grad()
    return time.perf_counter() - begun, float(loss)


def ready(trainer: Seq2SeqTrainer, learning_rate: float) -> Seq2SeqTrainer:
    """Give a Trainer the optimiser that its loop would make."""
    trainer.args.learning_rate = learning_rate
    trainer.create_optimizer()
    trainer.current_gradient_accumulation_steps = 1
    return trainer


def ours(student: NewStudent, rows: Sequence[Features], scratch: Path, optimiser: str) -> Seq2SeqTrainer:
    """Return our Trainer on a copy of the student."""
    mine = NewStudent(
        **{**{name: getattr(student, name) for name in student.__slots__}, "model": copy.deepcopy(student.model)}
    )
    config = TrainConfig(batch_size=BATCH, early_stopping=0, learning_rate=1e-3, optimiser=optimiser)
    trainer = make_trainer(
        mine,
        TrainRecipe(train=config),
        train=rows,
        validation=rows[:8],
        checkpoints=scratch / optimiser,
        reports=scratch,
        quiet=True,
    )
    return ready(trainer, 1e-3)


def plain(student: NewStudent, rows: Sequence[Features], scratch: Path, labels: int) -> Seq2SeqTrainer:
    """Return the library's Trainer with padding to 128 and all logits, on a copy of the student."""
    forbidden = torch.ones(VOCABULARY, dtype=torch.bool)
    forbidden[student.vocabulary.allowed_ids] = False

    def loss(outputs: object, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        logits = outputs.logits.float().masked_fill(forbidden, -torch.inf)  # (B, T, V)
        total = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
        return total / num_items_in_batch

    model = copy.deepcopy(student.model)
    collate = DataCollatorForSeq2Seq(student.tokenizer, model=model, label_pad_token_id=IGNORED)

    def padded(rows: Sequence[Features]) -> dict[str, torch.Tensor]:
        width = max(labels, *(len(row["labels"]) for row in rows))
        batch = collate([{**row, "labels": row["labels"] + [IGNORED] * (width - len(row["labels"]))} for row in rows])
        more = (0, PADDED - batch["input_ids"].shape[1])
        return {
            **batch,
            "input_ids": pad(batch["input_ids"], more, value=student.tokenizer.pad_token_id),
            "attention_mask": pad(batch["attention_mask"], more),
        }

    trainer = Seq2SeqTrainer(
        model=model,
        args=Seq2SeqTrainingArguments(
            output_dir=str(scratch / "plain"), optim="adamw_torch", weight_decay=0.01, report_to="none", use_cpu=True
        ),
        data_collator=padded,
        train_dataset=rows,
        processing_class=student.tokenizer,
        compute_loss_func=loss,
    )
    return ready(trainer, 1e-3)


if __name__ == "__main__":
    sys.exit(main())
