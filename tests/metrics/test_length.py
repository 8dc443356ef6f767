"""Lengths: worked out by hand, and beside scipy where it has the same figure."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emojit.errors import MetricInputError
from emojit.metrics import length
from emojit.metrics.length import kolmogorov_tail

numbers = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40)


def rows(lengths: list[int]) -> list[list[str]]:
    return [["a"] * n for n in lengths]


def test_the_figures_are_worked_out_by_hand() -> None:
    found = length(rows([1, 2, 3]), rows([1, 3, 4]))

    assert (found.mean, found.sd, found.longest) == pytest.approx((2, math.sqrt(2 / 3), 3))
    assert (found.reference_mean, found.reference_sd, found.reference_longest) == pytest.approx(
        (8 / 3, math.sqrt(14) / 3, 4)
    )
    assert (found.absolute_error, found.same, found.ks_statistic) == pytest.approx((2 / 3, 1 / 3, 1 / 3))
    assert found.correlation == pytest.approx(3 / math.sqrt(2 * 14 / 3))


def test_always_five_emoji_has_no_correlation_and_the_statistic_is_the_share_of_shorter_references() -> None:
    found = length(rows([5] * 10), rows([1, 1, 2, 2, 3, 3, 4, 5, 5, 5]))

    assert (found.sd, found.correlation, found.ks_statistic) == (0.0, None, 0.7)


@given(numbers)
def test_the_correlation_is_that_of_scipy_and_the_statistic_the_largest_gap_of_the_distributions(
    pairs: list[tuple[int, int]],
) -> None:
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]

    found = length(rows(ours), rows(theirs))

    gaps = (abs(sum(a <= x for a in ours) - sum(b <= x for b in theirs)) for x in range(7))
    assert found.ks_statistic == pytest.approx(max(gaps) / len(pairs))
    if found.correlation is None:
        assert len(set(ours)) == 1 or len(set(theirs)) == 1
    else:
        assert found.correlation == pytest.approx(stats.pearsonr(ours, theirs).statistic, abs=1e-12)
    assert found.absolute_error >= abs(found.mean - found.reference_mean) - 1e-12


@pytest.mark.parametrize("value", [0.0, 0.05, 0.2, 0.5, 0.99, 1.0, 1.5, 3.0, 8.0])
def test_the_tail_is_that_of_kolmogorovs_distribution(value: float) -> None:
    assert kolmogorov_tail(value) == pytest.approx(stats.kstwobign.sf(value), rel=1e-9, abs=1e-15)


def test_the_probability_is_that_of_large_samples() -> None:
    rng = random.Random(0)
    ours, theirs = ([rng.randint(1, 5) for _ in range(3000)] for _ in range(2))

    found = length(rows(ours), rows(theirs))

    theirs_says = stats.ks_2samp(ours, theirs, method="asymp")
    assert found.ks_statistic == pytest.approx(theirs_says.statistic)
    assert found.ks_p_value == pytest.approx(theirs_says.pvalue, abs=0.02)


def test_rows_that_are_not_aligned_are_refused() -> None:
    with pytest.raises(MetricInputError, match="1 predictions for 2 references"):
        length([["a"]], [["a"], ["b"]])
