"""The section `[train]` of a recipe as the arguments of transformers' Trainer."""

from __future__ import annotations

import logging
import math
import os
import shutil
import sys
from pathlib import Path

import torch  # noqa: TID253  (imported only by the trainer)
from transformers import Seq2SeqTrainingArguments  # noqa: TID253

from emojit.errors import MissingExtraError, StudentError
from emojit.recipe import TrainConfig, TrainRecipe
from emojit.student.ranks import is_first

logger = logging.getLogger(__name__)

_SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def training_arguments(
    recipe: TrainRecipe, checkpoints: Path, *, rows: int, processes: int = 1, deterministic: bool = False
) -> Seq2SeqTrainingArguments:
    """Translate the section `[train]` into the Trainer's arguments.

    What differs from `Seq2SeqTrainingArguments` beyond the recipe's own keys: evaluation and a checkpoint after every epoch with the best one
    restored at the end; no reports to services; the library's bars off (they write to stdout); columns are ours, none is
    removed; the patience of early stopping survives `--resume`; a loss that is no number is not hidden from the log.

    Args:
        recipe: the recipe.
        checkpoints: folder for the checkpoints.
        rows: training rows (count).
        processes: processes that train together (count).
        deterministic: on the CPU, by deterministic algorithms only.

    Raises:
        MissingExtraError: the recipe's optimiser is not installed.
        StudentError: the model shall be compiled, and there is no compiler.
    """
    config = recipe.train
    cuda = torch.cuda.is_available() and not deterministic
    if config.torch_compile:
        _require_compiler(cuda=cuda)
    bf16 = config.bf16 and (torch.cuda.is_bf16_supported() if cuda else _multiplies_bf16())
    if config.bf16 and not bf16 and is_first():
        why = "this GPU has no bfloat16" if cuda else "this CPU would be slower with it"
        logger.warning("train.bf16: %s; training in float32", why)
    return Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=recipe.decoding.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        learning_rate=config.learning_rate,
        **_optimiser(config, updates(config, rows, processes)),
        weight_decay=config.weight_decay,
        adam_beta2=config.adam_beta2,
        bf16=bf16,
        torch_compile=config.torch_compile,
        seed=config.seed,
        data_seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=config.save_total_limit,
        load_best_model_at_end=True,
        metric_for_best_model=config.best_by,
        greater_is_better=config.best_by == "jaccard",
        restore_callback_states_from_checkpoint=True,
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=cuda,
        use_cpu=deterministic or (processes > 1 and not cuda) or (bf16 and not cuda),
        full_determinism=deterministic or config.deterministic,
        ddp_find_unused_parameters=False,
    )


def _multiplies_bf16() -> bool:
    """Whether the CPU has a unit for products of bfloat16 matrices (AMX, Intel Xeons since 2023); without one, torch converts there and back."""
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def updates_per_epoch(config: TrainConfig, rows: int, processes: int) -> int:
    """Return how often the weights change in one pass over the rows (count)."""
    batches = math.ceil(rows / (config.batch_size * processes))
    return max(1, math.ceil(batches / config.gradient_accumulation))


def updates(config: TrainConfig, rows: int, processes: int) -> int:
    """Return how often the weights change in the whole run, if it is not stopped early (count)."""
    return math.ceil(config.epochs * updates_per_epoch(config, rows, processes))


def _require_compiler(*, cuda: bool) -> None:
    """Make sure that torch.compile finds what it calls: the C++ compiler on a CPU, the C compiler on a GPU; without it torch 2.13 fails at the first step."""
    variable = "CC" if cuda else "CXX"
    names: tuple[str, ...] = ("gcc", "clang", "cc") if cuda else ("clang++" if sys.platform == "darwin" else "g++",)
    given = os.environ.get(variable)
    wanted = (given,) if given else names
    if not any(shutil.which(name) for name in wanted):
        raise StudentError(
            f"train.torch_compile: no {' or '.join(wanted)} on this machine, which torch.compile calls",
            hint=f"install one, name one in {variable}, or leave it out with --set train.torch_compile=false",
        )


def _optimiser(config: TrainConfig, steps: int) -> dict[str, str | float]:
    """Return the arguments that choose optimiser and schedule.

    Schedule-free AdamW warms up by itself, in whole steps. The Trainer of transformers 5.23 hands it `warmup_steps` as it stands there; a share of 0.05
    would make the first step with twenty times the learning rate.
    """
    if config.optimiser in ("adamw", "lazy_adamw"):  # `EmojiTrainer` makes the lazy one
        return {
            "optim": "adamw_torch",  # not the fused one: on a CPU its last bits hang on the number of threads
            "lr_scheduler_type": _SCHEDULES[config.schedule],
            "warmup_steps": config.warmup_steps or config.warmup_ratio,  # below 1 it is a share
        }
    try:
        import schedulefree  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError("not installed: schedulefree", hint="pip install 'emojit[train]'") from exc
    return {
        "optim": "schedule_free_adamw",
        "lr_scheduler_type": "constant",
        "warmup_steps": config.warmup_steps or math.ceil(config.warmup_ratio * steps),
    }
