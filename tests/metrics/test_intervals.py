"""The bootstrap interval: deterministic, around the mean, as wide as theory says."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import MetricInputError
from emojit.metrics import bootstrap_interval

scores = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(scores)
def test_the_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = bootstrap_interval(values, resamples=50)

    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_the_same_values_and_seed_give_the_same_interval() -> None:
    rng = random.Random(0)
    values = [rng.random() for _ in range(50)]

    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)


def test_the_interval_is_as_wide_as_the_normal_approximation_for_many_rows() -> None:
    rng = random.Random(0)
    values = [rng.gauss(0.2, 0.25) for _ in range(1000)]
    mean = sum(values) / len(values)
    error = math.sqrt(sum((v - mean) ** 2 for v in values)) / len(values)

    low, high = bootstrap_interval(values)

    assert (mean - low, high - mean) == pytest.approx((1.96 * error, 1.96 * error), rel=0.1)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert bootstrap_interval([0.25] * 10) == (0.25, 0.25)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    values = [i / 100 for i in range(100)]
    inner, outer = bootstrap_interval(values, confidence=0.5), bootstrap_interval(values, confidence=0.99)

    assert outer[0] < inner[0] < inner[1] < outer[1]


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ([], {}, "nothing to score"),
        ([0.5], {"confidence": 1.0}, r"confidence must be in \(0, 1\), got 1.0"),
        ([0.5], {"resamples": 0}, "resamples must be >= 1, got 0"),
    ],
)
def test_input_out_of_range_is_refused(values: list[float], arguments: dict[str, float], message: str) -> None:
    with pytest.raises(MetricInputError, match=message):
        bootstrap_interval(values, **arguments)  # type: ignore[arg-type]
