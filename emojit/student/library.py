"""Keeping transformers' own messages and bars apart from ours."""

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
