"""Keeping transformers' own messages and bars apart from ours, and what a run switches in torch from what comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def library_quiet() -> Iterator[None]:
    """Let transformers report errors only, and draw no bars, for a while.

    It warns where nothing is wrong: of "missing keys" for tied weights when the best checkpoint is restored, and of rows added to a vocabulary.
    """
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextmanager
def torch_as_before() -> Iterator[None]:
    """Undo what full determinism switches on for the whole process."""
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
