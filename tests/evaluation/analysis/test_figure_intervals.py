"""Intervals of all figures: with every row drawn once they are the figures of the metric modules."""

from __future__ import annotations

import random

import numpy as np
import pytest

from emojit.emoji import INVENTORY
from emojit.evaluation.figure_intervals import OF_SIZE, FigureDraws
from emojit.evaluation.resampling import ratio_intervals
from emojit.metrics import MODULE_FIGURES, bootstrap_interval, jaccard_scores, module_figures

_WITHOUT = {"outside_inventory", "longest", "reference_longest", "ks_p_value", "compared_texts"}
"""Counts of rows or emoji, largest values and p-values."""


def _rows(seed, least, count=40):
    drawn, some = random.Random(seed), sorted(INVENTORY)[seed : seed + 40]
    predictions = [drawn.choices(some, k=drawn.randint(least, 5)) for _ in range(count)]
    references = [drawn.sample(some, drawn.randint(1, 5)) for _ in range(count)]
    votes = [[row, drawn.sample(some, 2), drawn.sample(some, 1)][: drawn.randint(0, 3)] for row in references]
    return predictions, references, votes


@pytest.mark.parametrize(("seed", "least"), [(1, 0), (2, 1), (900, 3)])
def test_with_every_row_drawn_once_a_figure_is_what_its_module_says(seed, least):
    predictions, references, votes = _rows(seed, least)
    both = {"predictions": predictions, "references": references}
    voted = [place for place, row in enumerate(votes) if row]
    arguments = dict.fromkeys(MODULE_FIGURES, both) | {
        "emoji_validity": {"predictions": predictions},
        "emoji_votes": {
            "predictions": [predictions[place] for place in voted],
            "references": [votes[place] for place in voted],
        },
    }

    found = FigureDraws(predictions, references, votes=votes).draws(np.ones((1, len(predictions))))

    assert set(found) == set(MODULE_FIGURES)
    for module, figures in found.items():
        wanted = module_figures(module, arguments[module])
        assert set(wanted) - set(figures) <= _WITHOUT
        for name, value in figures.items():
            assert value[0] == pytest.approx(wanted[name], abs=1e-9), (module, name)


@pytest.mark.parametrize(("seed", "least"), [(1, 0), (900, 3)])
def test_every_interval_holds_its_figure_also_of_figures_that_depend_on_the_number_of_rows(seed, least):
    predictions, references, votes = _rows(seed, least, count=80)
    draws = FigureDraws(predictions, references, votes=votes)
    own = draws.draws(np.ones((1, len(predictions))))

    found = draws.intervals()

    assert set().union(*found.values()) >= OF_SIZE
    for module, figures in found.items():
        for name, ends in figures.items():
            assert ends.low - 1e-8 <= own[module][name][0] <= ends.high + 1e-8, (module, name)
    distinct = found["emoji_diversity"]["distinct"]
    assert 0 < distinct.high - distinct.low < 20


@pytest.mark.parametrize(
    ("predictions", "references"), [([[], []], [["🎉"], ["📚"]]), ([["🎉"], ["🎉"]], [["🎉"], ["🎉"]])]
)
def test_empty_and_constant_answers_have_figures_and_no_warning(predictions, references):
    found = FigureDraws(predictions, references).intervals()

    assert "correlation" not in found["emoji_length"]
    assert "emoji_votes" not in found
    wanted = module_figures("emoji_distribution", {"predictions": predictions, "references": references})
    ends = found["emoji_distribution"]["jensen_shannon"]
    assert ends.low <= wanted["jensen_shannon"] <= ends.high


def test_the_interval_of_a_mean_is_that_of_the_plain_bootstrap():
    predictions, references, _ = _rows(5, 1, count=60)
    low, high = bootstrap_interval(jaccard_scores(predictions, references))

    ends = FigureDraws(predictions, references).intervals()["emoji_jaccard"]["jaccard"]

    assert (ends.low, ends.high) == pytest.approx((low, high), abs=1e-8)


def test_a_ratio_over_some_of_the_rows_is_their_mean_and_one_over_none_is_zero():
    scores = np.array([0.0, 1.0, 0.5, 0.5])
    some, none = np.array([1.0, 1.0, 0.0, 0.0]), np.zeros(4)

    mean, empty = ratio_intervals(np.stack([scores * some, none], axis=1), np.stack([some, none], axis=1))

    assert mean.mean == 0.5
    assert (mean.low, mean.high) == (0.0, 1.0)
    assert (empty.mean, empty.low, empty.high) == (0.0, 0.0, 0.0)
