"""Distance of distributions: worked out by hand, beside scipy, and the laws of a metric."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from emojit.errors import MetricInputError
from emojit.metrics import distribution_distance

rows = st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), min_size=1, max_size=10)


def test_the_figures_are_worked_out_by_hand() -> None:
    found = distribution_distance([["a", "a"]], [["a"], ["b"]])

    # mixture 3/4, 1/4: entropy 0.8113; minus half of 0 and of 1 bit
    assert found.jensen_shannon == pytest.approx(0.811278124459 - 0.5)
    assert found.jensen_shannon_distance == pytest.approx(math.sqrt(0.311278124459))
    assert (found.total_variation, found.entropy_bits, found.reference_entropy_bits) == (0.5, 0.0, 1.0)
    assert (found.never_in_references, found.never_predicted) == (0.0, 0.5)


@given(rows, rows)
def test_divergence_and_entropy_are_those_of_scipy(ours: list[list[str]], theirs: list[list[str]]) -> None:
    p, q = (Counter(emoji for row in side for emoji in row) for side in (ours, theirs))
    found = distribution_distance(ours, theirs)

    if p and q:
        labels = sorted(p.keys() | q.keys())
        a, b = [p[x] for x in labels], [q[x] for x in labels]
        assert found.jensen_shannon_distance == pytest.approx(jensenshannon(a, b, base=2), abs=1e-7)
        assert found.entropy_bits == pytest.approx(entropy(a, base=2), abs=1e-12)
    else:
        assert found.jensen_shannon == found.total_variation == (1.0 if p or q else 0.0)


@given(rows, rows)
def test_it_is_symmetric_bounded_and_zero_for_the_same_frequencies(ours, theirs) -> None:
    there, back = distribution_distance(ours, theirs), distribution_distance(theirs, ours)

    assert there.jensen_shannon == back.jensen_shannon
    assert 0 <= there.jensen_shannon <= there.total_variation + 1e-12
    assert there.total_variation <= 1 + 1e-12
    assert distribution_distance(ours, ours * 3).jensen_shannon == pytest.approx(0.0, abs=1e-12)


@given(rows, rows, rows)
def test_the_distance_keeps_the_triangle_inequality(a, b, c) -> None:
    distance = [distribution_distance(x, y).jensen_shannon_distance for x, y in ((a, c), (a, b), (b, c))]

    assert distance[0] <= distance[1] + distance[2] + 1e-7


def test_nothing_is_refused() -> None:
    with pytest.raises(MetricInputError, match="references is empty"):
        distribution_distance([["a"]], [])
