"""Axes of a picture: where a value stands, which ticks there are, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 5)
_MOST_PLACES = 6  # decimals that a tick may need


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: values onto a line of the picture.

    Attributes:
        low: value at `start`.
        high: value at `end`.
        start: place of `low` (units of the picture).
        end: place of `high`.
        ticks: values that are written beside it, rising.
        logarithmic: whether equal factors are equally far apart.
        percent: whether ticks are written as per cent.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False
    percent: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands; one beyond the ends stands at the end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 1)

    def label(self, tick: float) -> str:
        """Return a tick in words, with as many decimals as the ticks need to differ."""
        factor = 100 if self.percent else 1
        places = next(
            (places for places in range(_MOST_PLACES) if all(_is_round(factor * one, places) for one in self.ticks)),
            _MOST_PLACES,
        )
        if self.logarithmic:
            places = next(
                (count for count in range(_MOST_PLACES) if _is_round(factor * tick, count)), _MOST_PLACES
            )  # fmt: skip
        return f"{factor * tick:,.{places}f}{' %' if self.percent else ''}".replace("-", "−")


def linear_axis(
    values: Iterable[float], start: float, end: float, *, most: int = 6, zero: bool = False, percent: bool = False
) -> Axis:
    """Return an axis whose ends are ticks: multiples of 1, 2 or 5 times a power of ten.

    Args:
        values: what is to be shown; numbers that are not finite are passed over, and without any it goes from 0 to 1.
        start: place of its low end.
        end: place of its high end.
        most: ticks (count, at least 2).
        zero: whether 0 is to be on it.
        percent: whether ticks are written as per cent.
    """
    known = [value for value in values if math.isfinite(value)] + ([0.0] if zero else [])
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if math.isclose(low, high, rel_tol=1e-9, abs_tol=1e-12):
        # of one value alone: some room on both sides, and none below zero where there is nothing
        room = abs(low) / 10 or 1.0
        low, high = (0.0 if low == 0 else low - room), high + room
    power = math.floor(math.log10((high - low) / (most - 1)))
    step = next(
        size
        for size in (factor * 10.0**exponent for exponent in range(power, power + 3) for factor in _STEPS)
        if math.ceil(_near(high / size)) - math.floor(_near(low / size)) < most
    )
    first, last = math.floor(_near(low / step)), math.ceil(_near(high / step))
    digits = max(0, -math.floor(math.log10(step)))
    ticks = tuple(round(place * step, digits) for place in range(first, last + 1))
    return Axis(low=ticks[0], high=ticks[-1], start=start, end=end, ticks=ticks, percent=percent)


def log_axis(values: Iterable[float], start: float, end: float, *, most: int = 6) -> Axis:
    """Return a logarithmic axis with ticks at 1, 2 and 5 times a power of ten, or at the powers alone where these are too many.

    Args:
        values: what is to be shown, above zero; others are passed over, and without any it goes from 1 to 10.
        start: place of its low end.
        end: place of its high end.
        most: ticks (count).
    """
    known = [value for value in values if math.isfinite(value) and value > 0]
    low, high = (min(known), max(known)) if known else (1.0, 10.0)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 2)
    fine, coarse = (
        _between([factor * 10.0**power for power in powers for factor in factors], low, high)
        for factors in (_STEPS, (1,))
    )
    ticks = fine if len(fine) <= most else coarse
    return Axis(low=ticks[0], high=ticks[-1], start=start, end=end, ticks=ticks, logarithmic=True)


def _between(grid: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """Return the values of a rising grid from the last at or below `low` to the first at or above `high`; at least two."""
    first = max(place for place, tick in enumerate(grid) if tick <= low * (1 + 1e-9))
    last = min(place for place, tick in enumerate(grid) if tick >= high * (1 - 1e-9))
    return tuple(grid[first : max(last, first + 1) + 1])


def _near(ratio: float) -> float:
    """Return a ratio as a whole number where it is one but for its last bits."""
    whole = round(ratio)
    return float(whole) if math.isclose(ratio, whole, rel_tol=1e-9, abs_tol=1e-9) else ratio


def _is_round(value: float, places: int) -> bool:
    return math.isclose(value, round(value, places), rel_tol=1e-9, abs_tol=1e-12)
