"""How many emoji: fitted to validation rows, for the highest mean Jaccard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from emojit.metrics import jaccard_scores
from emojit.student.decoding.mbr import prefix_jaccard
from emojit.student.decoding.settings import Settings

MOST_ROWS = 1000
"""Validation rows that are looked at (count); more would not move two numbers."""

_BIASES = np.arange(-3.0, 3.01, 0.5)
_SCALES = np.round(np.arange(1.0, 4.01, 0.2), 1)
_SIZES = np.round(np.arange(1.0, 4.01, 0.2), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingCalibration:
    """What was fitted, and how much it gained on the rows that it was fitted to."""

    method: str
    """The method that it is for."""
    samples: int
    """Its samples (count)."""
    rows: int
    """Validation rows (count)."""
    jaccard: float
    """Mean Jaccard on them with what was fitted."""
    uncalibrated_jaccard: float
    """And with what the settings begin with."""
    end_bias: float
    scale: float
    size: float

    def fits(self, settings: Settings) -> bool:
        """Say whether it was made for this method."""
        return (self.method, self.samples) == (settings.method, settings.samples)

    def apply(self, settings: Settings) -> Settings:
        """Return the settings with what was fitted."""
        return replace(settings, end_bias=self.end_bias, scale=self.scale, size=self.size)

    def as_dict(self) -> dict[str, Any]:
        """Return it as `emojit_decoding.json` holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> DecodingCalibration:
        """Read it back.

        Raises:
            TypeError: a value is missing or no number.
        """
        values = {field.name: table.get(field.name) for field in fields(cls)}
        for name, value in values.items():
            if not isinstance(value, str if name == "method" else int | float):
                raise TypeError(f"calibration.{name} is {value!r}")
        return cls(**values)  # type: ignore[arg-type]  # checked above


def fit_end_bias(
    answer: Callable[[Settings], Sequence[Sequence[str]]], settings: Settings, references: Sequence[Sequence[str]]
) -> DecodingCalibration:
    """Choose what is added to the logit of the end, for every method that writes step by step.

    Args:
        answer: asks for the emoji of the validation texts with other settings.
        settings: those of the student.
        references: the emoji that are right.
    """
    found = {bias: _mean(answer(replace(settings, end_bias=bias)), references) for bias in map(float, _BIASES)}
    best = min(found, key=lambda bias: (-found[bias], abs(bias)))
    return DecodingCalibration(
        method=settings.method, samples=settings.samples, rows=len(references),
        jaccard=found[best], uncalibrated_jaccard=found[0.0], end_bias=best, scale=settings.scale, size=settings.size,
    )  # fmt: skip


def fit_prefix(
    rankings: Sequence[Sequence[str]],
    chances: np.ndarray[Any, np.dtype[np.float64]],
    settings: Settings,
    references: Sequence[Sequence[str]],
) -> DecodingCalibration:
    """Choose `scale` and `size` of `mbr` without samples.

    Args:
        rankings: the likeliest first emoji of each text, `max_emojis` of them.
        chances: their probabilities (N, T).
        settings: those of the student.
        references: the emoji that are right.
    """
    right = np.array(
        [[emoji in reference for emoji in row] for row, reference in zip(rankings, references, strict=True)]
    )
    both = np.cumsum(right, axis=1)  # (N, T): of the first 1, 2, … emoji
    sizes = np.array([len(set(reference)) for reference in references])
    jaccards = both / (np.arange(1, both.shape[1] + 1) + sizes[:, None] - both)
    least = settings.min_emojis

    def mean(scale: float, size: float) -> float:
        lengths = prefix_jaccard(chances, scale=scale, size=size)[:, least - 1 :].argmax(axis=1) + least
        return float(jaccards[np.arange(len(lengths)), lengths - 1].mean())

    found = {(float(scale), float(size)): mean(scale, size) for scale in _SCALES for size in _SIZES}
    begun = mean(settings.scale, settings.size)
    scale, size = min(found, key=lambda at: (-found[at], abs(at[0] - settings.scale) + abs(at[1] - settings.size)))
    return DecodingCalibration(
        method=settings.method, samples=0, rows=len(references),
        jaccard=found[scale, size], uncalibrated_jaccard=begun, end_bias=0.0, scale=scale, size=size,
    )  # fmt: skip


def _mean(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    scores = jaccard_scores(predictions, references)
    return sum(scores) / len(scores)
