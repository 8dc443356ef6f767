"""Several references per text: worked out by hand, against naive loops, and the laws."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import MetricInputError
from emojit.metrics import ceiling_scores, jaccard, vote_figures, vote_scores

row = st.lists(st.sampled_from("abcde"), max_size=5)
texts = st.lists(st.tuples(row, st.lists(row, min_size=1, max_size=4)), min_size=1, max_size=8)


def test_the_figures_are_worked_out_by_hand() -> None:
    votes = [[["a", "b"], ["a"]], [["c"], ["d", "e"], ["d"]]]

    found = vote_figures([["a"], ["d"]], votes)

    assert (found.jaccard_best, found.jaccard_mean) == pytest.approx((1.0, (3 / 4 + 1 / 2) / 2))
    # left out in turn: "a b" → 1, "a" → 1/2; of the second text 1, 1 and, without "d", 1/2
    assert found.compared_best == pytest.approx(((1 + 1 / 2) / 2 + (1 + 1 + 1 / 2) / 3) / 2)
    assert found.ceiling_mean == pytest.approx((1 / 2 + (0 + 0 + 1 / 2) / 3) / 2)
    assert found.ceiling_best == pytest.approx((1 / 2 + (0 + 1 / 2 + 1 / 2) / 3) / 2)
    assert (found.votes_per_text, found.compared_texts) == (2.5, 2)


@given(texts)
def test_the_figures_are_those_of_naive_loops(cases) -> None:
    predictions, votes = [p for p, _ in cases], [v for _, v in cases]
    several = [(p, v) for p, v in cases if len(v) > 1]

    found = vote_figures(predictions, votes)

    assert found.jaccard_best == pytest.approx(fmean(max(jaccard(p, vote) for vote in v) for p, v in cases))
    assert found.jaccard_mean == pytest.approx(fmean(fmean(jaccard(p, vote) for vote in v) for p, v in cases))
    assert found.compared_texts == len(several)
    if not several:
        assert found.compared_best is found.compared_mean is found.ceiling_best is found.ceiling_mean is None
        return
    without = [(p, v[i], v[:i] + v[i + 1 :], len(v)) for p, v in several for i in range(len(v))]
    weights = [1 / size for *_, size in without]

    def mean(scores: list[float]) -> float:
        return sum(w * s for w, s in zip(weights, scores, strict=True)) / len(several)

    assert found.compared_best == pytest.approx(
        mean([max(jaccard(p, o) for o in others) for p, _, others, _ in without])
    )
    assert found.ceiling_best == pytest.approx(
        mean([max(jaccard(v, o) for o in others) for _, v, others, _ in without])
    )
    assert found.ceiling_mean == pytest.approx(
        mean([fmean(jaccard(v, o) for o in others) for _, v, others, _ in without])
    )


@given(texts)
def test_the_best_is_never_below_the_mean_and_one_vote_is_both(cases) -> None:
    predictions, votes = [p for p, _ in cases], [v for _, v in cases]

    scores = vote_scores(predictions, votes)
    single = vote_scores(predictions, [v[:1] for v in votes])

    assert all(best >= mean - 1e-12 for best, mean in zip(scores.best, scores.mean, strict=True))
    assert single.best == single.mean


@given(st.lists(st.lists(row, min_size=2, max_size=4), min_size=1, max_size=6))
def test_a_vote_taken_for_the_prediction_meets_the_others_as_the_ceiling_says(votes) -> None:
    """What the ceiling means: each vote in its turn as the prediction, against the votes that are left."""
    size = max(map(len, votes))
    rows = [v for v in votes if len(v) == size]
    turns = [vote_scores([v[i] for v in rows], [v[:i] + v[i + 1 :] for v in rows]) for i in range(size)]

    found = ceiling_scores(rows)

    assert fmean(found.best) == pytest.approx(fmean(fmean(turn.best) for turn in turns))
    assert fmean(found.mean) == pytest.approx(fmean(fmean(turn.mean) for turn in turns))


@pytest.mark.parametrize(
    ("predictions", "votes", "message"),
    [
        ([["a"]], [[]], r"references\[0\] has no vote"),
        ([["a"]], [["a", "b"]], r"references\[0\]\[0\] must be a sequence of emoji"),
        ([["a"]], ["a"], r"references\[0\] must be a sequence"),
        ([["a"], ["b"]], [[["a"]]], "2 predictions for 1 references"),
        ([], [], "nothing to score"),
        (["a"], [[["a"]]], r"predictions\[0\] must be a sequence"),
    ],
)
def test_what_are_no_votes_is_refused(predictions, votes, message) -> None:
    with pytest.raises(MetricInputError, match=message):
        vote_figures(predictions, votes)
