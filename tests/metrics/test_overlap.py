"""Jaccard, exact match, precision, recall and F1: values worked out by hand, and the laws they must keep."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import MetricInputError
from emojit.metrics import (
    empty_share,
    exact_match,
    jaccard,
    jaccard_scores,
    precision_recall_f1,
    row_scores,
)

EMOJIS = ["📖", "😊", "🇯🇵", "📚", "👏", "🤔", "🔍", "❤️"]
rows = st.lists(st.sampled_from(EMOJIS), max_size=7)
pairs = st.lists(st.tuples(rows, rows), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("📖 😊 🇯🇵 📚 👏", "🤔 📚 📖 🇯🇵 🔍", 3 / 7),
        ("🎉 🇯🇵 🇯🇵 😊 🇯🇵", "🏆 🎉 👏 🇯🇵 💪", 1 / 3),
        ("📖", "📖", 1.0),
        ("📖", "📚", 0.0),
        ("", "", 1.0),
        ("📖", "", 0.0),
        ("", "📖", 0.0),
    ],
)
def test_jaccard_has_the_values_worked_out_by_hand(prediction: str, reference: str, expected: float) -> None:
    assert jaccard(prediction.split(), reference.split()) == pytest.approx(expected)


@given(rows, rows)
def test_jaccard_lies_in_the_unit_interval_and_is_symmetric(p: list[str], r: list[str]) -> None:
    assert 0.0 <= jaccard(p, r) <= 1.0
    assert jaccard(p, r) == jaccard(r, p)
    assert (jaccard(p, r) == 1.0) == (set(p) == set(r))


@given(rows, rows, st.randoms(use_true_random=False))
def test_order_and_repetition_within_a_row_change_nothing(p: list[str], r: list[str], rng: random.Random) -> None:
    repeated = p + p[:2]
    rng.shuffle(repeated)

    assert row_scores(repeated, r) == row_scores(p, r)


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_figure(cases: list[tuple[list[str], list[str]]], rng: random.Random) -> None:
    shuffled = cases[:]
    rng.shuffle(shuffled)
    before, after = ([list(side) for side in zip(*order, strict=True)] for order in (cases, shuffled))

    assert exact_match(*before) == exact_match(*after)
    assert empty_share(before[0]) == empty_share(after[0])
    assert precision_recall_f1(*before, average="micro") == precision_recall_f1(*after, average="micro")
    assert precision_recall_f1(*before, average="macro") == precision_recall_f1(*after, average="macro")


@given(pairs)
def test_swapping_predictions_and_references_swaps_precision_and_recall(
    cases: list[tuple[list[str], list[str]]],
) -> None:
    predictions, references = (list(side) for side in zip(*cases, strict=True))
    there = precision_recall_f1(predictions, references)
    back = precision_recall_f1(references, predictions)

    assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)


def test_micro_and_macro_are_worked_out_by_hand() -> None:
    predictions, references = [["📖", "📚"], ["📖"]], [["📖"], ["😊"]]

    micro = precision_recall_f1(predictions, references)
    macro = precision_recall_f1(predictions, references, average="macro")

    assert (micro.precision, micro.recall, micro.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    # 📖: precision 1/2, recall 1, F1 2/3; 📚 and 😊: nothing right
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx((1 / 6, 1 / 3, 2 / 9))


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_the_averages_are_those_of_scikit_learn(average: str) -> None:
    from sklearn.metrics import precision_recall_fscore_support
    from sklearn.preprocessing import MultiLabelBinarizer

    rng = random.Random(0)
    predictions, references = ([rng.sample(EMOJIS, rng.randint(0, 5)) for _ in range(50)] for _ in range(2))
    encoder = MultiLabelBinarizer().fit(predictions + references)

    ours = precision_recall_f1(predictions, references, average=average)  # type: ignore[arg-type]
    theirs = precision_recall_fscore_support(
        encoder.transform(references), encoder.transform(predictions), average=average, zero_division=0
    )

    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(theirs[:3])


def test_row_scores_are_worked_out_by_hand() -> None:
    scores = row_scores(["📖", "📚", "😊"], ["📖"])

    assert (scores.jaccard, scores.precision, scores.recall, scores.f1) == pytest.approx((1 / 3, 1 / 3, 1.0, 1 / 2))
    assert not scores.exact_match


def test_nothing_predicted_and_nothing_expected_is_perfect_everywhere() -> None:
    assert row_scores([], []).f1 == 1.0
    assert precision_recall_f1([[]], [[]]).f1 == 1.0
    assert precision_recall_f1([[]], [[]], average="macro").f1 == 1.0


def test_empty_share_counts_rows_without_emoji() -> None:
    assert empty_share([[], ["📖"], [], ["📖", "📖"]]) == 0.5


def test_exact_match_ignores_order_and_repetition() -> None:
    assert exact_match([["📖", "📚", "📖"], ["📖"]], [["📚", "📖"], ["📚"]]) == 0.5


def test_different_lengths_are_refused_naming_both() -> None:
    with pytest.raises(MetricInputError, match=r"2 predictions for 1 references"):
        jaccard_scores([["📖"], ["📚"]], [["📖"]])


@pytest.mark.parametrize("score", [jaccard_scores, exact_match, precision_recall_f1])
def test_nothing_to_score_is_refused(score) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MetricInputError, match="nothing to score"):
        score([], [])


def test_a_string_is_no_sequence_of_emoji() -> None:
    with pytest.raises(MetricInputError, match=r"predictions\[0\] must be a sequence of emoji, got the string"):
        jaccard("📖📚", ["📖"])
