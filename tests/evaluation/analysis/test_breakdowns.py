"""Breakdowns and calibration: every row is in one group, and what scores promise is held against what came true."""

from __future__ import annotations

import pytest

from emojit.evaluation.answers import Answers
from emojit.evaluation.breakdowns import bands, breakdowns
from emojit.evaluation.calibration import BINS, calibrate
from emojit.evaluation.certainty import Certainty, expected_jaccard
from emojit.evaluation.scored_rows import score_rows

TEXTS = ["あ" * 10, "あ" * 20, "あ" * 21, "あ" * 300]
GOLD = [["🍜", "😋"], ["🍜"], ["🪐", "🍜"], []]
SEEN = {"🍜": 150, "😋": 3}
ANSWERS = [["🍜", "😋"], None, ["🍜"], ["🍜"]]


def _system(answers, gold, name="a"):
    return score_rows(Answers(name=name, kind="predictions", label=name, rows=answers, seconds=None), gold)


def test_every_row_is_in_one_group_of_every_breakdown():
    found = {one.name: one for one in breakdowns(TEXTS, GOLD, SEEN, [_system(ANSWERS, GOLD)])}

    assert {name: [(group.name, group.rows) for group in one.groups] for name, one in found.items()} == {
        "length": [("up to 20", 2), ("21 to 40", 1), ("over 120", 1)],
        "topic": [("Food & Drink", 2), ("Travel & Places", 1), ("none", 1)],
        "seen": [("all seen", 3), ("some unseen", 1)],
        "frequency": [("100 times or more", 1), ("1 to 4 times", 1), ("never", 2)],
    }


def test_a_group_has_the_mean_over_the_rows_that_were_answered():
    length, topic, _, frequency = breakdowns(TEXTS, GOLD, SEEN, [_system(ANSWERS, GOLD)])

    assert (length.groups[0].scores["a"].rows, length.groups[0].scores["a"].jaccard.mean) == (1, 1.0)
    assert topic.groups[1].scores["a"].jaccard.mean == 0.5
    assert frequency.groups[0].scores == {}  # nobody answered the only row


def test_recall_by_frequency_counts_the_emoji_of_the_gold():
    found = bands(GOLD, SEEN, {"a": ANSWERS})

    assert [(one.name, one.emojis, one.occurrences, one.recall["a"].mean) for one in found] == [
        ("100 times or more", 1, 3, 1.0),  # of the two that were to be answered
        ("1 to 4 times", 1, 1, 1.0),
        ("never", 1, 1, 0.0),
    ]


def test_promises_that_are_kept_have_no_error_and_those_that_are_not_have_one():
    gold = [["🍜"], ["🪐"]] * 50
    system = _system([["🍜"]] * 100, gold)
    kept, broken = (
        calibrate(Certainty(scores="", chances=[[chance]] * 100, jaccard=[chance] * 100), system)
        for chance in (0.5, 0.9)
    )

    assert (kept.jaccard.error, kept.precision.error) == (0.0, 0.0)
    assert (len(kept.jaccard.bins), kept.jaccard.bins[0].count) == (1, 100)  # equal promises are never parted
    assert (broken.jaccard.error, broken.precision.error) == pytest.approx((0.4, 0.4))
    assert broken.precision.bins[0].observed.low < 0.5 < broken.precision.bins[0].observed.high


def test_bins_hold_about_equally_many_promises_and_together_all_of_them():
    gold = [["🍜"] if place % 3 else ["🪐"] for place in range(100)]
    promised = [place / 100 for place in range(100)]

    found = calibrate(
        Certainty(scores="", chances=[[one] for one in promised], jaccard=promised), _system([["🍜"]] * 100, gold)
    ).jaccard

    assert len(found.bins) == BINS
    assert sum(one.count for one in found.bins) == found.count == 100
    assert all(9 <= one.count <= 11 for one in found.bins)
    assert found.observed == pytest.approx(0.66)


def test_the_expected_index_grows_with_the_chances_and_reaches_one():
    assert expected_jaccard([1.0, 1.0], 2.0) == 1.0
    assert expected_jaccard([0.0], 2.0) == 0.0
    assert expected_jaccard([0.5], 1.0) == pytest.approx(1 / 3)
    assert expected_jaccard([], 2.0) == 0.0
