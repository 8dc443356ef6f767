"""What a GPU makes of the recipe `t5-base-japanese`: its shape with random weights, trained for a few hundred steps through our Trainer.

    python benchmarks/gpu_training.py [--steps 300] [--batch 64] [--compile] [--checkpointing]
    python benchmarks/gpu_training.py --tiny --steps 6          the same on a CPU in seconds, as the tests do

The texts are random ids with the lengths of posts, the answers follow from the first id, so that there is something to learn. Trains, kills nothing, but goes on
from the checkpoint in the middle in a second Trainer. Prints one JSON object: tokens/s (real ones, without padding), steps/s, peak memory, model FLOPs utilisation, first
and last loss, and whether the resumed run came to the same loss. Exit code 1 where the loss does not fall or the resumed run differs.

Model FLOPs: 6 per parameter that a token meets and token, encoder and decoder counted with their own tokens and the head with the columns that are computed, plus
12 · width · length² per layer for attention (Chowdhery et al. 2022, "PaLM", appendix B). Peak arithmetic of the GPU in bfloat16 without sparsity, from the makers' data sheets.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import T5Config, T5ForConditionalGeneration, TrainerCallback
from transformers.utils import logging

from emojit.emoji import inventory
from emojit.recipe import DecodingConfig, ModelConfig, TrainConfig, TrainRecipe
from emojit.student.decoding import generation_config
from emojit.student.model import NewStudent, new_student
from emojit.student.rows import Features
from emojit.student.trainer import make_trainer

PEAK_TFLOPS = {"H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "4090": 165, "3090": 71, "T4": 65}
WARM_UP = 0.1
"""Share of the steps that are not timed: kernels are chosen and memory is reserved in them."""


def main() -> int:
    """Train, go on in the middle, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--tiny", action="store_true", help="a model of some thousand parameters, for a look on a CPU")
    parser.add_argument("--compile", action="store_true", help="train.torch_compile")
    parser.add_argument("--checkpointing", action="store_true", help="train.gradient_checkpointing")
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if not options.tiny and not torch.cuda.is_available():
        sys.stderr.write("no GPU: give --tiny for a look on the CPU\n")
        return 2
    recipe = TrainRecipe(
        train=TrainConfig(
            epochs=1,
            batch_size=options.batch,
            bf16=torch.cuda.is_available(),
            save_steps=options.steps // 2,
            save_total_limit=2,
            early_stopping=0,
            best_by="loss",
            learning_rate=3e-4 if not options.tiny else 3e-3,
            gradient_checkpointing=options.checkpointing,
            torch_compile=options.compile,
        ),
        decoding=DecodingConfig(batch_size=options.batch),
    )
    with tempfile.TemporaryDirectory() as scratch:
        straight = train(recipe, options, Path(scratch), resume=None)
        middle = Path(scratch) / f"checkpoint-{options.steps // 2}"
        resumed = train(recipe, options, Path(scratch), resume=middle)
    apart = abs(resumed["last_loss"] - straight["last_loss"]) / straight["last_loss"]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    result = {"device": device, **straight, "resumed_from": options.steps // 2, "resumed_apart": float(f"{apart:.1e}")}
    print(json.dumps(result))
    # On a GPU sums are added in another order each time; on the CPU nothing may differ.
    return (
        0
        if straight["last_loss"] < straight["first_loss"] and apart <= (0.02 if torch.cuda.is_available() else 0)
        else 1
    )


def make_student(*, tiny: bool) -> NewStudent:
    """Return random weights in the shape of t5-base-japanese (222 M parameters, 34,006 rows), with a small tokenizer that only numbers the emoji."""
    torch.manual_seed(0)
    names = [item.name_ja for item in inventory()]
    student = new_student(ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2), names)
    if tiny:
        return student
    config = T5Config(
        vocab_size=34_048,
        d_model=768,
        d_kv=64,
        d_ff=3072,
        num_layers=12,
        num_heads=12,
        pad_token_id=student.tokenizer.pad_token_id,
        eos_token_id=student.tokenizer.eos_token_id,
        decoder_start_token_id=student.tokenizer.pad_token_id,
    )
    return dataclasses.replace(student, model=T5ForConditionalGeneration(config))


def make_rows(student: NewStudent, count: int) -> list[Features]:
    """Return random texts of 10 to 60 tokens with one to five emoji that their first token decides."""
    chance = random.Random(0)
    emojis = sorted(student.vocabulary.emoji_of)
    pieces = range(10, 1900)
    rows = []
    for _ in range(count):
        text = [chance.choice(pieces) for _ in range(min(60, max(10, round(chance.gauss(28, 10)))))]
        answer = random.Random(text[0] % 50).sample(emojis, 1 + text[0] % 5)
        rows.append({"input_ids": [*text, student.vocabulary.eos_id], "labels": [*answer, student.vocabulary.eos_id]})
    return rows


class Watch(TrainerCallback):
    """Notes when a step ended, what it lost and which rows it saw."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, args: object, state: object, control: object, **kwargs: object) -> None:
        """Wait for the GPU and look at the clock."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


def train(recipe: TrainRecipe, options: argparse.Namespace, folder: Path, *, resume: Path | None) -> dict[str, float]:
    """Train, or go on from a checkpoint, and return what was measured."""
    student = make_student(tiny=options.tiny)
    rows = make_rows(student, options.steps * options.batch)
    student.model.generation_config = generation_config(
        student.vocabulary, vocabulary_size=student.model.config.vocab_size, decoding=recipe.decoding
    )
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    watch = Watch()
    trainer = make_trainer(
        student,
        recipe,
        train=rows,
        validation=rows[: options.batch],
        checkpoints=folder,
        reports=folder,
        callbacks=[watch],
        quiet=False,
    )
    trainer.args.logging_strategy = "steps"
    trainer.args.logging_steps = max(1, options.steps // 20)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    skipped = max(1, round(len(watch.ends) * WARM_UP))
    seconds = watch.ends[-1] - watch.ends[skipped - 1] if len(watch.ends) > skipped else float("nan")
    steps = len(watch.ends) - skipped
    tokens = sum(len(row["input_ids"]) + len(row["labels"]) for row in rows) / options.steps
    rate = steps / seconds
    measured = {
        "parameters": sum(parameter.numel() for parameter in student.model.parameters()),
        "batch": options.batch,
        "steps": len(watch.ends),
        "steps_per_s": round(rate, 2),
        "tokens_per_s": round(rate * tokens),
        "rows_per_s": round(rate * options.batch),
        "first_loss": round(losses[0], 6),
        "last_loss": round(losses[-1], 6),
        "bf16": trainer.args.bf16,
    }
    if torch.cuda.is_available():
        measured["peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        flops = sum(model_flops(student, rows)) / options.steps
        measured["tflops"] = round(flops * rate / 1e12, 1)
        peak = next((value for name, value in PEAK_TFLOPS.items() if name in torch.cuda.get_device_name()), None)
        measured["mfu"] = round(flops * rate / 1e12 / peak, 3) if peak else None
    return measured


def model_flops(student: NewStudent, rows: list[Features]) -> Iterator[float]:
    """Yield the floating point operations that one update needs for each row, forwards and backwards."""
    config = student.model.config
    inner = config.num_heads * config.d_kv
    feed = 2 * config.d_model * config.d_ff
    attention = 4 * config.d_model * inner
    columns = len(student.vocabulary.emoji_of) + 1
    for row in rows:
        text, answer = len(row["input_ids"]), len(row["labels"])
        encoder = config.num_layers * (6 * text * (attention + feed) + 12 * inner * text**2)
        # Of cross attention the keys and values are made of the text, queries and output of the answer.
        crossed = 6 * (attention / 2) * (text + answer) + 12 * inner * text * answer
        decoder = config.num_decoder_layers * (6 * answer * (attention + feed) + 12 * inner * answer**2 + crossed)
        yield encoder + decoder + 6 * answer * config.d_model * columns


if __name__ == "__main__":
    sys.exit(main())
