"""Diversity: values worked out by hand, and the laws it must keep."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import MetricInputError
from emojit.metrics import diversity, most_common

rows = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=5), min_size=1, max_size=12)


def test_the_figures_are_worked_out_by_hand() -> None:
    references = [["a", "b"], ["a", "c"], ["a", "b"]]
    found = diversity([["a", "x"], ["x", "y"]], references, top_n=2)

    assert found.top == ("a", "b")
    assert found.predictions.outside_top == pytest.approx(3 / 4)
    assert (found.predictions.distinct, found.predictions.total) == (3, 4)
    assert found.predictions.entropy_bits == pytest.approx(1.5)  # frequencies 1/4, 1/2, 1/4
    assert found.references.outside_top == pytest.approx(1 / 6)
    assert found.references.distinct == 3


def test_a_collapsed_student_scores_zero_everywhere() -> None:
    found = diversity([["a"], ["a"], ["a"]], [["a"], ["b"], ["c"]])

    assert (found.predictions.outside_top, found.predictions.entropy_bits) == (0.0, 0.0)
    assert found.predictions.distinct == 1


def test_equally_frequent_emoji_are_ranked_by_code_point() -> None:
    assert most_common([["c", "b"], ["a", "d"]], 2) == ("a", "b")
    assert most_common([["d", "a"], ["b", "c"]], 2) == ("a", "b")


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_figure(references: list[list[str]], rng: random.Random) -> None:
    shuffled = references[:]
    rng.shuffle(shuffled)

    assert diversity(references, references) == diversity(shuffled, shuffled)


@given(rows, rows)
def test_every_figure_stays_in_its_range(predictions: list[list[str]], references: list[list[str]]) -> None:
    found = diversity(predictions, references).predictions

    assert 0.0 <= found.outside_top <= 1.0
    assert 0.0 <= found.entropy_bits <= math.log2(max(found.distinct, 1)) + 1e-9
    assert found.distinct <= found.total


@given(rows)
def test_the_references_measured_as_predictions_get_the_references_figures(references: list[list[str]]) -> None:
    found = diversity(references, references)

    assert found.predictions == found.references


def test_a_top_of_nothing_is_refused() -> None:
    with pytest.raises(MetricInputError, match="top_n must be >= 1, got 0"):
        diversity([["a"]], [["a"]], top_n=0)


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(MetricInputError, match="references is empty"):
        diversity([["a"]], [])
