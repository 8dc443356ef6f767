"""The laws that a comparison of runs keeps: Holm's correction, the paired bootstrap, and what may be called better."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.evaluation.report import Interval
from emojit.experiment.comparison.confusion import confusion
from emojit.experiment.comparison.correction import holm, levels
from emojit.experiment.comparison.draws import Draws
from emojit.experiment.comparison.facts import NONE, OTHER, Difference
from emojit.experiment.comparison.findings import _almost, _almost_ja
from emojit.experiment.comparison.resampling import interval, p_value, resampled_sums
from emojit.metrics import bootstrap_interval

P_VALUES = st.lists(st.floats(0, 1), max_size=6)
ANSWERS = st.lists(st.lists(st.sampled_from("🎉😊📚🏆👏"), max_size=5), min_size=6, max_size=6)


def closed_testing(p_values):
    """Holm's correction by its definition: the largest Bonferroni p-value of all sets of hypotheses that hold the one at hand."""
    places = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(places, size)]
    bonferroni = {chosen: min(1.0, len(chosen) * min(p_values[i] for i in chosen)) for chosen in sets}
    return [max(p for chosen, p in bonferroni.items() if place in chosen) for place in places]


@given(P_VALUES)
def test_holm_is_the_closure_of_bonferroni(p_values):
    assert holm(p_values) == pytest.approx(closed_testing(p_values))


@given(P_VALUES)
def test_holm_keeps_the_order_and_never_lowers_a_p_value(p_values):
    corrected = holm(p_values)

    assert all(1 >= after >= before for before, after in zip(p_values, corrected, strict=True))
    assert [corrected[place] for place in np.argsort(p_values, kind="stable")] == sorted(corrected)


@given(P_VALUES, st.integers(0, 5), st.floats(0, 1))
def test_another_comparison_never_makes_a_finding_stronger(p_values, place, further):
    before = holm(p_values)

    after = holm([*p_values, further])

    assert all(new >= old for new, old in zip(after[:-1], before, strict=True))


@given(P_VALUES, st.floats(0.001, 0.5))
def test_a_comparison_is_decided_at_its_level_as_its_corrected_p_value_is_at_alpha(p_values, alpha):
    decided = [p <= level for p, level in zip(p_values, levels(p_values, alpha), strict=True)]
    corrected = [p <= alpha for p in holm(p_values)]
    on_the_edge = [abs(p - alpha) < 1e-9 for p in holm(p_values)]

    assert all(a == b or edge for a, b, edge in zip(decided, corrected, on_the_edge, strict=True))


@given(st.lists(st.floats(-1, 1, width=32), min_size=40, max_size=400), st.floats(0.06, 0.9))
def test_an_interval_excludes_zero_exactly_where_the_p_value_is_small(draws, alpha):
    values = np.round(np.array(draws, dtype=np.float64), 6)

    low, high = interval(values, confidence=1 - alpha)

    assert (low > 0 or high < 0) == (p_value(values) <= alpha)


def test_the_interval_is_that_of_the_plain_bootstrap():
    scores = np.random.default_rng(0).random(300) ** 2

    low, high = interval(resampled_sums(scores[:, None])[:, 0] / 300, confidence=0.95)
    plain_low, plain_high = bootstrap_interval(list(scores), resamples=10_000, seed=1)

    assert (low, high) == pytest.approx((plain_low, plain_high), abs=0.002)


def test_columns_meet_the_same_draws_whatever_stands_beside_them():
    columns = np.random.default_rng(0).random((50, 3))

    together = resampled_sums(columns, resamples=500)
    alone = resampled_sums(columns[:, 1:2], resamples=500)

    assert together[:, 1] == pytest.approx(alone[:, 0], abs=1e-9)
    assert np.array_equal(together, resampled_sums(columns, resamples=500))


@settings(max_examples=15)
@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=3, max_size=30), st.integers(1, 4))
def test_what_answers_as_the_base_differs_by_zero_and_is_never_better(scores, copies):
    columns = {place: np.array(scores) for place in range(copies + 1)}

    found = Draws(columns).family({str(place): (place, 0, "base") for place in range(1, copies + 1)})

    for row in found.values():
        assert row.jaccard.mean == row.jaccard.low == row.jaccard.high == 0
        assert row.p_value == row.p_holm == 1
        assert row.verdict == "equal"


@settings(max_examples=10)
@given(st.lists(st.tuples(st.floats(0, 1, width=16), st.floats(0, 1, width=16)), min_size=4, max_size=20))
def test_articles_of_one_row_are_rows_and_the_same_row_three_times_in_an_article_is_no_more_than_once(pairs):
    first, second = (np.array(values, dtype=np.float64) for values in zip(*pairs, strict=True))
    family = {"a": ("a", "b", "b")}
    rows = Draws({"a": first, "b": second}).family(family)
    places = range(len(first))

    assert Draws({"a": first, "b": second}, list(places)).family(family) == rows
    thrice = {"a": np.repeat(first, 3), "b": np.repeat(second, 3)}
    found = Draws(thrice, list(np.repeat(places, 3))).family(family)["a"]
    assert found.jaccard.low == pytest.approx(rows["a"].jaccard.low, abs=1e-8)
    assert found.corrected.high == pytest.approx(rows["a"].corrected.high, abs=1e-8)
    assert (found.p_value, found.verdict) == (rows["a"].p_value, rows["a"].verdict)


def test_of_articles_whose_rows_are_alike_rows_claim_too_much_and_articles_do_not():
    rng = np.random.default_rng(0)
    wrong = {"rows": 0, "articles": 0}
    for _ in range(30):
        articles = np.repeat(np.arange(60), 4)
        gaps = np.repeat(rng.normal(0, 0.2, 60), 4) + rng.normal(0, 0.05, len(articles))
        for drawn, numbers in (("rows", None), ("articles", list(articles))):
            found = Draws({"a": gaps, "b": np.zeros(len(gaps))}, numbers).family({"a": ("a", "b", "b")})["a"]
            wrong[drawn] += found.verdict != "undecided"

    assert wrong["articles"] <= 4
    assert wrong["rows"] >= 8


@pytest.mark.parametrize("score", [1 / 3, 0.0, 2 / 7])
def test_a_mean_lies_in_its_interval_though_no_row_differs(score):
    found = Draws({"a": np.full(7, score)}).mean("a")

    assert found.low <= found.mean <= found.high


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(0, 1, width=16), st.floats(0, 1, width=16)), min_size=5, max_size=40))
def test_better_seen_from_the_other_side_is_worse(pairs):
    first, second = (np.array(values, dtype=np.float64) for values in zip(*pairs, strict=True))
    draws = Draws({"a": first, "b": second})

    there = draws.family({"a": ("a", "b", "b")})["a"]
    back = draws.family({"b": ("b", "a", "a")})["b"]

    assert there.jaccard.mean == pytest.approx(-back.jaccard.mean)
    assert there.jaccard.low == pytest.approx(-back.jaccard.high)
    assert there.p_value == back.p_value
    assert (there.verdict, back.verdict) in {
        ("better", "worse"),
        ("worse", "better"),
        ("undecided", "undecided"),
        ("equal", "equal"),
    }


def test_of_ten_variants_that_do_nothing_one_is_called_better_or_worse_in_about_one_table_of_twenty():
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(60):
        columns = {place: rng.random(40) for place in range(11)}
        found = Draws(columns).family({str(place): (place, 0, "base") for place in range(1, 11)})
        wrong += any(row.verdict != "undecided" for row in found.values())

    assert wrong <= 7


@given(ANSWERS, ANSWERS)
def test_every_emoji_of_the_gold_is_counted_once_in_a_confusion(gold, answers):
    if not any(gold):
        return
    found = confusion("any", [answers], gold)

    for label, row in zip(found.labels, found.counts, strict=True):
        if label not in (NONE, OTHER):
            assert sum(row) == pytest.approx(sum(label in expected for expected in gold), abs=1e-4)
    hits = sum(row[place] for place, row in enumerate(found.counts))
    assert hits == sum(len(set(a) & set(g)) for a, g in zip(answers, gold, strict=True))


@given(ANSWERS)
def test_a_perfect_student_confuses_nothing(gold):
    if not any(gold):
        return
    counts = np.array(confusion("any", [gold], gold).counts)

    assert counts.sum() == np.trace(counts)


@pytest.mark.parametrize(
    ("low", "corrected_low", "verdict", "english"),
    [
        (0.001, -0.002, "undecided", ", which after correction is -0.0020 to +0.0200"),
        (0.001, 0.0005, "better", ""),
        (-0.001, -0.002, "undecided", ""),
    ],
)
def test_the_corrected_interval_is_told_where_it_alone_forbids_a_finding(low, corrected_low, verdict, english):
    gap = Difference(
        against="base",
        jaccard=Interval(mean=0.01, low=low, high=0.02),
        corrected=Interval(mean=0.01, low=corrected_low, high=0.02),
        p_value=0.01,
        p_holm=0.04,
        verdict=verdict,
        seeds_overlap=None,
    )

    assert _almost(gap) == english
    assert bool(_almost_ja(gap)) == bool(english)
