"""Choices between two answers: a planted preference and a planted bias come out."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from itertools import combinations

import pytest

from emojit.errors import UsageError
from emojit.evaluation.judge import bradley_terry
from emojit.evaluation.judge.folder import JudgeFolder
from emojit.evaluation.judge.paired import win_rate_interval
from emojit.evaluation.judge.session import judge
from emojit.evaluation.predictions import write_predictions

STRENGTH = {"✅": 2.0, "👍": 1.0, "👌": 0.0, "👎": -1.0}


def mark(answer: str) -> str:
    return answer.split()[1]


def test_a_judge_that_prefers_the_first_place_is_found_out_and_decides_nothing(
    serve, chosen, recipe_for, predictions, tmp_path
):
    server = serve(lambda call: chosen("A"))

    result = judge(
        "pairs",
        recipe_for(server, 'systems=["gold", "good"]', "sample=0"),
        [predictions],
        out=tmp_path / "j",
        quiet=True,
    )

    report = result.report.pairs
    assert (report.position.first, report.position.second, report.position.tie) == (80, 0, 0)
    assert report.position.first_share.mean == 1.0
    assert 0.9 < report.position.first_share.low < 1.0  # forty texts prove no more
    assert report.position.first_twice == 40
    (rate,) = report.win_rates
    assert (rate.wins, rate.ties, rate.by_place, rate.losses, rate.rate.mean) == (0, 40, 40, 0, 0.5)
    assert (rate.rate.low, rate.rate.high) == (0.0, 1.0)  # the judge said nothing about the systems
    assert report.strengths == ()
    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "the judge prefers the first place" in page
    assert "先に示したほうを選びやすい" in page
    assert "優劣ははっきりしない" in page
    assert "50.0 % (no interval: the place decided every pair)" in page
    assert "注意: 40組のうち40組は、示す順番だけで選ばれた" in page


def test_ties_alone_say_no_more_than_their_number_and_give_no_order(serve, chosen, recipe_for, predictions, tmp_path):
    server = serve(lambda call: chosen("tie"))

    two = judge(
        "pairs",
        recipe_for(server, 'systems=["gold", "good"]', "sample=0"),
        [predictions],
        out=tmp_path / "two",
        quiet=True,
    ).report.pairs
    three = judge(
        "pairs",
        recipe_for(server, 'systems=["gold", "good", "bad"]', "sample=8"),
        [predictions],
        out=tmp_path / "three",
        quiet=True,
    ).report.pairs

    (rate,) = two.win_rates
    assert (rate.wins, rate.ties, rate.by_place, rate.losses, rate.rate.mean) == (0, 40, 0, 0, 0.5)
    assert rate.rate.low == pytest.approx(0.5 - 1.959964 / 2 * math.sqrt(2 / 42 / 42))
    assert rate.rate.high == pytest.approx(1 - rate.rate.low)
    assert three.win_rates[0].rate.low < rate.rate.low  # eight ties are less than forty
    assert three.strengths == ()
    page = (tmp_path / "three" / "judge.md").read_text(encoding="utf-8")
    assert "No pair was won by either side" in page
    assert "順位はつけられない" in page
    assert "すべて引き分け" in (tmp_path / "two" / "judge.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("win", "loss"), [(0.02, 0.0), (0.05, 0.05), (0.2, 0.1), (0.6, 0.3), (0.9, 0.05)])
def test_the_interval_of_a_win_rate_holds_the_truth_as_often_as_it_says(win, loss):
    rng = random.Random(0)
    held = 0
    for _ in range(400):
        drawn = {n: rng.random() for n in range(40)}
        found = win_rate_interval(
            {str(n): 1.0 if one < win else 0.0 if one < win + loss else 0.5 for n, one in drawn.items()}
        )
        held += found.low <= (1 + win - loss) / 2 <= found.high

    assert held / 400 >= 0.93


def test_four_wins_among_forty_texts_make_no_system_better():
    found = win_rate_interval({str(n): 1.0 if n < 4 else 0.5 for n in range(40)})

    assert found.mean == 0.55
    assert found.low < 0.5  # the sign test of four wins gives p = 0.125


def test_strengths_of_systems_of_which_one_always_wins_have_a_width(monkeypatch):
    monkeypatch.setattr(bradley_terry, "RESAMPLES", 200)
    decided = {(str(text), one, other, 0): 1.0 for text in range(20) for one, other in combinations("abc", 2)}

    found = bradley_terry.strengths(decided, list("abc"))

    assert [one.name for one in found] == ["a", "b", "c"]
    for one in (found[0], found[2]):
        assert one.strength.high - one.strength.low > 0.5
        assert one.strength.low <= one.strength.mean <= one.strength.high


def test_a_judge_that_prefers_systems_gives_them_their_order(serve, chosen, recipe_for, predictions, tmp_path):
    """Of every four texts, one is decided against the stronger system, in both orders."""

    def behave(call):
        number = int(call.text.removeprefix("これは").partition("番")[0])
        weak, strong = sorted(call.answers, key=lambda answer: STRENGTH[mark(answer)])
        return chosen("A" if call.answers[0] == (weak if number % 4 == 1 else strong) else "B")

    server = serve(behave)
    recipe = recipe_for(server, 'systems=["bad", "gold", "good"]', "sample=24")

    result = judge("pairs", recipe, [predictions], out=tmp_path / "j", quiet=True)

    report = result.report.pairs
    assert len(server.calls) == 24 * 3 * 2
    assert [one.name for one in report.strengths] == ["gold", "good", "bad"]
    assert report.strengths[0].strength.low > report.strengths[2].strength.high
    assert report.position.consistent == 72
    assert report.position.first_share.mean == 0.5
    assert [(rate.system, rate.against, rate.wins, rate.ties, rate.losses) for rate in report.win_rates] == [
        ("bad", "gold", 6, 0, 18),
        ("bad", "good", 6, 0, 18),
        ("gold", "good", 18, 0, 6),
    ]
    assert report.win_rates[2].rate.mean == 0.75
    assert report.win_rates[2].rate.low > 0.5
    rows = (tmp_path / "j" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert list(json.loads(rows[0])) == ["id", "first", "second", "ask", "choice", "reason", "key"]
    assert len(rows) == 144
    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "強さの順（Bradley–Terry）: `gold` ＞ `good` ＞ `bad`" in page


def test_planted_strengths_are_found_again(monkeypatch):
    monkeypatch.setattr(bradley_terry, "RESAMPLES", 100)
    planted = {"a": 1.5, "b": 0.5, "c": -0.5, "d": -1.5}
    rng = random.Random(0)
    decided = {
        (str(text), one, other, 0): float(rng.random() < 1 / (1 + math.exp(planted[other] - planted[one])))
        for text in range(400)
        for one, other in combinations(planted, 2)
    }

    found = bradley_terry.strengths(decided, list(planted))

    assert [one.name for one in found] == list(planted)
    for one in found:
        assert one.strength.low < planted[one.name] < one.strength.high
        assert one.strength.mean == pytest.approx(planted[one.name], abs=0.2)


def test_same_answers_are_ties_without_a_question_and_a_pair_with_one_readable_order_decides_nothing(
    serve, chosen, recipe_for, tmp_path
):
    path = tmp_path / "p.parquet"
    gold = [["🍜"], ["🎉"], ["🐱"], ["🚗"]]
    answers = {"student": [["🍜"], ["🍣"], ["🍣"], None]}
    write_predictions(path, ids=list("abcd"), texts=list("一二三四"), references=gold, answers=answers)
    server = serve(
        lambda call: chosen("maybe") if call.text == "三" and call.answers[0] == "🍣" else
        chosen("A" if call.answers[0] == "🎉" else "tie")
    )  # fmt: skip
    recipe = recipe_for(server, "systems=[]", "attempts=2")

    report = judge("pairs", recipe, [path], out=tmp_path / "j", quiet=True).report.pairs

    assert Counter(call.text for call in server.calls) == {"二": 2, "三": 3}
    assert report.rejected == {"system_without_answer": 1, "out_of_range": 1}
    (rate,) = report.win_rates
    assert (rate.system, rate.against, rate.wins, rate.ties, rate.losses) == ("gold", "student", 0, 2, 0)
    assert (report.same_answer, report.position.half, report.position.consistent) == (1, 1, 0)
    assert "一対比較の33%が審査できなかった" in (tmp_path / "j" / "judge.md").read_text(
        encoding="utf-8"
    )  # one of three
    ties = [row for row in JudgeFolder(path=tmp_path / "j").pairs() if row.key is None]
    assert [(row.id, row.choice) for row in ties] == [("a", "tie"), ("a", "tie")]


def test_one_system_alone_cannot_be_paired(serve, chosen, recipe_for, predictions, tmp_path):
    server = serve(lambda call: chosen("A"))

    with pytest.raises(UsageError, match="pairs need two systems, got gold"):
        judge("pairs", recipe_for(server, 'systems=["gold"]'), [predictions], out=tmp_path / "j", quiet=True)
