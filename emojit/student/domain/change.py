"""How far a checkpoint is from the base on the same masked words, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emojit.student.domain.masking import IGNORED
from emojit.student.rows import Features

if TYPE_CHECKING:
    import torch

RESAMPLES = 2000
"""Bootstrap resamples (count)."""
SEED = 0
"""Seed of the bootstrap."""
_CONFIDENCE = 0.95
_DIGITS = 9
"""Places that are kept: the last bits of a sum depend on the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The checkpoint's figure minus the base's, in the unit of the figure."""

    mean: float
    """Over all words."""
    low: float
    """Lower end of its 95 % interval: a paired percentile bootstrap over texts, each with all its words."""
    high: float
    """Upper end."""


def changes(before: torch.Tensor, after: torch.Tensor, items: Sequence[Features]) -> dict[str, Change]:
    """Compare two encoders that were asked for the same words.

    Args:
        before: what the base scored, as `emojit.student.domain.cloze.item_rows` returns it; shape (N, 4).
        after: the same of the checkpoint.
        items: the N masked words in that order.

    Returns:
        "loss", "hit_at_1" and "hit_at_5".

    Source: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13; texts are drawn because two words of one text are not two witnesses.
    """
    first, second = before.double().numpy(), after.double().numpy()
    gaps = np.column_stack([(second - first)[:, [0, 2, 3]], second[:, 1], np.ones(len(second))])  # (N, 5)
    texts = _texts(items)
    sums = np.zeros((max(texts) + 1, gaps.shape[1]))
    np.add.at(sums, texts, gaps)
    rng = np.random.default_rng(SEED)
    drawn = np.stack([sums[rng.integers(len(sums), size=len(sums))].sum(axis=0) for _ in range(RESAMPLES)])  # (R, 5)
    whole = gaps.sum(axis=0)
    tail = (1 - _CONFIDENCE) / 2
    found = {}
    for place, (name, of) in enumerate((("loss", 3), ("hit_at_1", 4), ("hit_at_5", 4))):
        low, high = np.quantile(drawn[:, place] / drawn[:, of], [tail, 1 - tail])
        mean = float(whole[place] / whole[of])
        found[name] = Change(mean=_tidy(mean), low=_tidy(float(low)), high=_tidy(float(high)))
    return found


def _texts(items: Sequence[Features]) -> list[int]:
    """Return the number of the text of each item: items of one text are the same tokens once their masks are filled."""
    known: dict[tuple[int, ...], int] = {}
    return [
        known.setdefault(
            tuple(
                token if label == IGNORED else label
                for token, label in zip(item["input_ids"], item["labels"], strict=True)
            ),
            len(known),
        )
        for item in items
    ]


def _tidy(value: float) -> float:
    return round(value, _DIGITS) + 0.0
