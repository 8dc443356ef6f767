"""What can go wrong outside our own code while a student is trained, as an error that says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojit.errors import StudentError
from emojit.recipe import TrainConfig

_NO_CPU_MEMORY = ("DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory")
_NOT_WRITTEN = ("PytorchStreamWriter", "inline_container.cc", "file write failed")
_OTHER_PROCESS_GONE = ("Connection closed by peer", "gloo", "NCCL", "ProcessGroup")


@contextmanager
def training_failures(folder: Path, config: TrainConfig) -> Iterator[None]:
    """Turn the errors of torch, of the disk and of safetensors into ours.

    Args:
        folder: the run folder.
        config: section `[train]`.

    Raises:
        StudentError: no memory, a file cannot be written, or a checkpoint is of another model.
    """
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except torch.OutOfMemoryError as exc:
        raise _no_memory("the GPU's memory is", config) from exc
    except MemoryError as exc:
        raise _no_memory("the memory of this machine is", config) from exc
    except (OSError, SafetensorError) as exc:
        raise _not_written(folder, exc) from exc
    except RuntimeError as exc:  # torch has no class of its own for any of these
        message = str(exc)
        if any(words in message for words in _NO_CPU_MEMORY):
            raise _no_memory("the memory of this machine is", config) from exc
        if "size mismatch for" in message:
            raise StudentError(
                f"{folder}: a checkpoint is of a model with another vocabulary or size",
                hint="it was put there by hand; begin a new run, and name a trained model as model.base",
            ) from exc
        if any(words in message for words in _NOT_WRITTEN):
            raise _not_written(folder, exc) from exc
        if int(os.environ.get("RANK", "0")) and any(words in message for words in _OTHER_PROCESS_GONE):
            raise SystemExit(1) from exc  # the process that failed has said why
        raise
    except Exception as exc:
        if type(exc) is Exception and "(os error " in str(exc):  # what tokenizers raises where it cannot write
            raise _not_written(folder, exc) from exc
        raise


def _no_memory(what: str, config: TrainConfig) -> StudentError:
    return StudentError(
        f"{what} too small for train.batch_size {config.batch_size}",
        hint="halve train.batch_size and double train.gradient_accumulation in a new run: the result is the same; "
        "train.gradient_checkpointing saves more",
    )


def _not_written(folder: Path, exc: Exception) -> StudentError:
    return StudentError(
        f"{folder}: cannot be written ({next(iter(str(exc).splitlines()), type(exc).__name__)})",
        hint="free some space, then give the same command with --resume",
    )
