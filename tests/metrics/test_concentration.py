"""Concentration: values worked out by hand, and the laws that a measure of inequality must keep."""

from __future__ import annotations

import doctest
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import emojit.metrics.concentration
from emojit.errors import MetricInputError
from emojit.metrics import gini, top_share

counts = st.lists(st.integers(0, 1000), min_size=1, max_size=30).filter(any)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(emojit.metrics.concentration).failed == 0


@given(counts)
def test_the_coefficient_is_half_the_mean_difference_of_two_counts_over_their_mean(values: list[int]) -> None:
    n = len(values)
    mean_difference = sum(abs(a - b) for a, b in itertools.product(values, repeat=2)) / n**2

    assert gini(values) == pytest.approx(mean_difference / (2 * sum(values) / n))
    assert 0 <= gini(values) <= 1 - 1 / n + 1e-12


@given(counts, st.integers(2, 9))
def test_neither_order_nor_scale_nor_copies_of_everybody_change_it(values: list[int], times: int) -> None:
    assert gini(values[::-1]) == gini(values)
    assert gini([value * times for value in values]) == pytest.approx(gini(values))
    assert gini(values * times) == pytest.approx(gini(values))


@given(counts)
def test_an_emoji_that_never_occurs_makes_it_more_unequal(values: list[int]) -> None:
    assert gini([*values, 0]) > gini(values)


@given(counts)
def test_taking_from_the_poorer_makes_it_more_unequal(values: list[int]) -> None:
    low, *rest = sorted(values)
    if rest and low:
        assert gini([low - 1, *rest[:-1], rest[-1] + 1]) > gini(values)


@given(counts, st.integers(1, 40))
def test_the_top_never_holds_less_than_its_fair_share(values: list[int], n: int) -> None:
    assert min(1, n / len(values)) - 1e-12 <= top_share(values, n) <= 1


@pytest.mark.parametrize("bad", [[], [0, 0], [-1, 3]])
def test_counts_of_nothing_are_refused(bad) -> None:
    with pytest.raises(MetricInputError, match="gini needs counts"):
        gini(bad)
    if sum(bad) == 0:
        with pytest.raises(MetricInputError, match="top_share needs one occurrence"):
            top_share(bad, 1)
