"""The trivial answers: always 1–5 distinct emoji, always the same, and as good as they claim."""

from __future__ import annotations

import importlib.util
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.baselines import Constant, Linear, NearestNeighbour, all_baselines
from emojit.errors import DatasetError, MissingExtraError
from emojit.metrics import jaccard_scores

SUBJECTS = {"味噌汁": ["🍲", "😋"], "電車": ["🚃"], "台風": ["🌀", "☔", "💨"], "将棋": ["🤔"], "桜": ["🌸", "😊"]}


def rows(count: int) -> tuple[list[str], list[list[str]]]:
    """Sentences about five subjects, each subject with its emoji: a rule that a text model can learn."""
    rng = random.Random(0)
    words = ["今日", "とても", "すごい", "見た", "好き", "ひさしぶり", "朝から", "みんなで"]
    subjects = [rng.choice(list(SUBJECTS)) for _ in range(count)]
    texts = [f"{rng.choice(words)}{subject}{rng.choice(words)}{rng.choice(words)}" for subject in subjects]
    return texts, [SUBJECTS[subject] for subject in subjects]


def mean_jaccard(predictions: list[list[str]], references: list[list[str]]) -> float:
    scores = jaccard_scores(predictions, references)
    return sum(scores) / len(scores)


@pytest.mark.parametrize("baseline", all_baselines(), ids=lambda baseline: baseline.name)
def test_every_answer_is_one_to_five_distinct_emoji_and_the_same_each_time(baseline):
    texts, emojis = rows(120)
    asked = [*texts[:20], "", "ABC", "まったく別の話題", "🍲"]

    baseline.fit(texts, emojis)
    first = baseline.predict(asked)
    baseline.fit(texts, emojis)

    assert baseline.predict(asked) == first
    assert len(first) == len(asked)
    assert all(1 <= len(row) <= 5 and len(set(row)) == len(row) for row in first)
    assert {emoji for row in first for emoji in row} <= {emoji for row in emojis for emoji in row}
    assert baseline.predict([]) == []


@pytest.mark.parametrize("baseline", [NearestNeighbour(), Linear()], ids=lambda baseline: baseline.name)
def test_a_rule_in_the_text_is_learned(baseline):
    texts, emojis = rows(300)

    baseline.fit(texts[:250], emojis[:250])

    assert mean_jaccard(baseline.predict(texts[250:]), emojis[250:]) > 0.9


@pytest.mark.parametrize("baseline", all_baselines(), ids=lambda baseline: baseline.name)
def test_one_row_is_enough_to_fit(baseline):
    baseline.fit(["桜が咲いた"], [["🌸", "😊"]])

    assert set(baseline.predict(["桜"])[0]) == {"🌸", "😊"} or baseline.name == "linear"


@pytest.mark.parametrize("baseline", all_baselines(), ids=lambda baseline: baseline.name)
def test_nothing_to_learn_from_is_refused(baseline):
    with pytest.raises(DatasetError, match="nothing to learn from"):
        baseline.fit(["桜"], [[]])


@pytest.mark.parametrize("kind", [Constant, NearestNeighbour, Linear])
def test_asking_before_learning_is_a_programming_error(kind):
    with pytest.raises(RuntimeError, match=r"fit\(\) must be called before predict\(\)"):
        kind().predict(["桜"])


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True), min_size=1, max_size=8))
@settings(max_examples=60)
def test_the_constant_is_the_best_single_answer_or_better(emojis):
    constant = Constant()

    constant.fit([""] * len(emojis), emojis)
    reached = mean_jaccard([list(constant.answer)] * len(emojis), emojis)

    assert reached == pytest.approx(constant.train_jaccard)
    assert reached >= max(mean_jaccard([[emoji]] * len(emojis), emojis) for emoji in "abcdef") - 1e-12


def test_the_constant_is_the_best_of_all_sets():
    _, emojis = rows(80)
    labels = sorted({emoji for row in emojis for emoji in row})
    sets = [list(chosen) for k in range(1, 6) for chosen in itertools.combinations(labels, k)]
    constant = Constant()

    constant.fit([""] * len(emojis), emojis)

    assert constant.train_jaccard == pytest.approx(
        max(mean_jaccard([chosen] * len(emojis), emojis) for chosen in sets)
    )


def test_equally_good_constants_are_decided_by_code_point_and_not_by_row_order():
    answers = []
    for emojis in ([["b"], ["a"]], [["a"], ["b"]]):
        constant = Constant()
        constant.fit(["", ""], emojis)
        answers.append(constant.answer)

    assert answers == [("a",), ("a",)]


def test_the_nearest_neighbour_of_a_training_text_is_itself():
    texts, emojis = ["桜が咲いた", "電車が遅れた", "味噌汁を飲む"], [["🌸"], ["🚃"], ["🍲"]]
    baseline = NearestNeighbour()

    baseline.fit(texts, emojis)

    assert baseline.predict(texts) == emojis


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else find(name))

    with pytest.raises(MissingExtraError, match="not installed: sklearn") as caught:
        Linear().fit(["桜"], [["🌸"]])

    assert caught.value.hint == "pip install 'emojit[evaluate]'"
