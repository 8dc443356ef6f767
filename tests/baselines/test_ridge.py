"""One solution says what models would say that were fitted without a group, in both of its forms; and the choice of the answer is the best one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from emojit.baselines.best import answers
from emojit.baselines.choosing import Chooser
from emojit.baselines.ridge import Problem, solve_dual, solve_primal

ALPHA = 0.7
GROUPS = [2, 1, 2]
"""Groups at the end."""


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20, 8)).astype(np.float32)
    targets = csr_matrix((rng.random((20, 4)) < 0.3).astype(np.float32))
    weights = np.where(np.arange(20) < 6, 0.3, 1.0).astype(np.float32)
    return features, Problem(targets=targets, weights=weights, held_out=GROUPS, alpha=ALPHA)


def direct(features, targets, weights, offset):
    """The textbook solution in float64."""
    x, w = features.astype(float), weights.astype(float)[:, None]
    return np.linalg.solve(x.T @ (w * x) + ALPHA * np.eye(x.shape[1]), x.T @ (w * (targets - offset)))


def test_both_forms_give_the_textbook_solution(problem):
    features, given = problem
    targets = given.targets.toarray()
    dual = solve_dual(features @ features.T, given)
    primal = solve_primal(lambda here: features[here], given)
    sparse = solve_primal(lambda here: csr_matrix(features)[here], given)
    wanted = direct(features, targets, given.weights, dual.offset)

    assert dual.offset == pytest.approx(np.average(targets, axis=0, weights=given.weights))
    for found in (features.T @ dual.coefficients, primal.coefficients, sparse.coefficients):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_held_out_scores_are_those_of_a_model_fitted_without_the_group(problem):
    features, given = problem
    targets = given.targets.toarray()
    for solution in (
        solve_dual(features @ features.T, given),
        solve_primal(lambda here: features[here], given),
        solve_primal(lambda here: csr_matrix(features)[here], given),
    ):
        start = len(features) - sum(GROUPS)
        for size in GROUPS:
            group = np.arange(start, start + size)
            rest = np.setdiff1d(np.arange(len(features)), group)
            learned = direct(features[rest], targets[rest], given.weights[rest], solution.offset)
            expected = features[group] @ learned + solution.offset
            first = start - (len(features) - sum(GROUPS))
            np.testing.assert_allclose(solution.held_out[first : first + size], expected, atol=1e-4)
            start += size


def test_the_number_of_emoji_has_the_highest_expected_jaccard_of_all():
    chooser = Chooser()
    chooser.lengths = [0.2, 0.5, 0.2, 0.1, 0.0]
    for chances in ([0.9, 0.8, 0.7, 0.1, 0.1], [0.3, 0.1, 0.05, 0.01, 0.01], [0.5] * 5, [1.0, 1.0, 0.0, 0.0, 0.0]):
        expected = []
        for k in range(1, 6):
            total = 0.0
            for right in itertools.product((0, 1), repeat=k):
                chance = np.prod([p if hit else 1 - p for p, hit in zip(chances, right, strict=False)])
                c = sum(right)
                lengths = [(n, share) for n, share in enumerate(chooser.lengths, start=1) if n >= max(c, 1) and share]
                whole = sum(share for _, share in lengths)
                total += chance * (sum(share / whole * c / (k + n - c) for n, share in lengths) if whole else c / k)
            expected.append(total)

        assert chooser.counts(np.array([chances]))[0] == int(np.argmax(np.round(expected, 9))) + 1


def test_scores_that_promise_too_much_are_corrected_by_held_out_rows():
    rng = np.random.default_rng(1)
    scores = np.sort(rng.random((400, 5)), axis=1)[:, ::-1]
    chooser = Chooser()
    chooser.fit_lengths([["🌸"] * 2])

    chooser.fit_curve(scores, rng.random((400, 5)) < scores / 4)

    assert np.interp(0.8, *chooser.curve) == pytest.approx(0.2, abs=0.06)


def test_equal_scores_are_answered_in_the_order_of_the_labels():
    labels = ["🍎", "🍇", "🍉", "🍋", "🍌", "🍍", "🍒"]

    chooser = Chooser()
    chooser.lengths = [0.0, 0.0, 0.0, 0.0, 1.0]

    assert answers(np.full((1, 7), 0.9), labels, chooser) == [labels[:5]]
