"""The dropout rate of a model that is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@contextmanager
def dropout(model: PreTrainedModel, rate: float | None) -> Iterator[None]:
    """Train with another dropout rate inside the context; what the model's config says stays.

    Rates of 0 that a module has for a reason of its own are changed, too: the models that students are have one rate for everything.

    Args:
        model: an encoder-decoder.
        rate: in [0, 1); None changes nothing.
    """
    from torch.nn import Dropout

    before: list[tuple[object, str, float]] = []
    for module in model.modules():
        name = "p" if isinstance(module, Dropout) else "dropout"  # T5's attention and BART's layers keep a number
        value = getattr(module, name, None)
        if rate is not None and isinstance(value, float):
            before.append((module, name, value))
            setattr(module, name, rate)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
