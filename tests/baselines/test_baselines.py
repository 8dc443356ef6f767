"""The trivial answers: always 1–5 distinct emoji, always the same, as good as they claim, and the same after a save."""

from __future__ import annotations

import importlib.util
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.baselines import Baseline, Example
from emojit.baselines.constant import Constant
from emojit.baselines.hybrid import Hybrid
from emojit.baselines.length import LengthPrior
from emojit.baselines.lexicon import Lexicon
from emojit.baselines.linear import Linear
from emojit.baselines.neighbour import NearestNeighbour
from emojit.baselines.registry import KINDS, default_names, make_baseline
from emojit.baselines.state import ARRAYS, FACTS
from emojit.emoji import INVENTORY
from emojit.errors import DatasetError, MissingExtraError, StudentError, UsageError
from emojit.metrics import jaccard_scores

ODD = [
    "",
    " ",
    "ABC",
    "まったく別の話題",
    "🍲",
    "👍🏽🎉",
    "\x00\u200d",
    "株" * 30_000,
    "\U0001f9ff\ufe0f",
    "ｶﾀｶﾅ\n改行",
]
"""Texts of every kind."""


def mean_jaccard(predictions: list[list[str]], rows: list[Example]) -> float:
    scores = jaccard_scores(predictions, [row.emojis for row in rows])
    return sum(scores) / len(scores)


_FITTED: dict[str, Baseline] = {}


def fit_once(name: str, planted: list[Example]) -> Baseline:
    """One baseline of a kind, fitted on the first 120 rows; fitting is what takes the time here."""
    if name not in _FITTED:
        _FITTED[name] = make_baseline(name)
        _FITTED[name].fit(planted[:120])
    return _FITTED[name]


SIMPLE = [name for name in KINDS if name != "bert"]
"""Those that need no pretrained weights."""


@pytest.fixture(params=SIMPLE)
def fitted(request, planted) -> Baseline:
    """Each kind in turn."""
    return fit_once(request.param, planted)


def test_every_answer_is_one_to_five_distinct_emoji_of_the_inventory(fitted, planted):
    asked = [*(row.text for row in planted[:20]), *ODD]

    answers = fitted.predict(asked)

    assert len(answers) == len(asked)
    assert all(1 <= len(row) <= 5 and len(set(row)) == len(row) for row in answers)
    assert {emoji for row in answers for emoji in row} <= set(INVENTORY)
    assert fitted.predict([]) == []


def test_the_same_rows_give_the_same_answers(fitted, planted):
    asked = [*(row.text for row in planted[100:]), *ODD]
    before = fitted.predict(asked)
    again = make_baseline(fitted.name)

    again.fit(planted[:120])

    assert again.predict(asked) == before == fitted.predict(asked)


def test_a_saved_baseline_answers_as_before_and_saves_to_the_same_bytes(fitted, planted, tmp_path):
    asked = [*(row.text for row in planted), *ODD]
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    fitted.save(first)
    loaded = KINDS[fitted.name].kind.load(first)
    loaded.save(second)

    assert loaded.predict(asked) == fitted.predict(asked)
    files = sorted(path.name for path in first.iterdir())
    assert {name: (first / name).read_bytes() for name in files} == {
        name: (second / name).read_bytes() for name in files
    }
    assert set(files) <= {FACTS, ARRAYS}  # no pickle


def test_damaged_files_are_an_error_and_no_answer(fitted, tmp_path):
    fitted.save(tmp_path)
    kind = KINDS[fitted.name].kind
    (tmp_path / FACTS).write_text('{"answer": ["x"]}', encoding="utf-8")

    with pytest.raises(StudentError, match="not what this baseline saves") as caught:
        kind.load(tmp_path)
    assert caught.value.hint == "fit it again with `emojit baseline fit`"

    (tmp_path / FACTS).write_text("{", encoding="utf-8")
    with pytest.raises(StudentError, match="cannot be read"):
        kind.load(tmp_path)


@pytest.mark.parametrize("name", SIMPLE[2:])
def test_a_rule_in_the_text_is_learned(name, planted):
    constant = fit_once("constant", planted)
    asked = [row.text for row in planted[120:]]

    reached = mean_jaccard(fit_once(name, planted).predict(asked), planted[120:])

    assert reached > mean_jaccard(constant.predict(asked), planted[120:]) + 0.2
    # Not every subject is an emoji's name, and a lexicon looks for nothing else.
    assert reached > 0.8 or name == "lexicon"


@pytest.mark.parametrize("name", SIMPLE)
def test_one_row_is_enough_to_fit_and_it_may_say_nothing(name):
    baseline = make_baseline(name)

    baseline.fit([Example(text="", emojis=("🌸",))])

    assert "🌸" in baseline.predict(["", "桜"])[0]


@pytest.mark.parametrize("name", list(KINDS))
def test_nothing_to_learn_from_is_refused(name):
    with pytest.raises(DatasetError, match="nothing to learn from"):
        make_baseline(name).fit([Example(text="桜", emojis=())])


@pytest.mark.parametrize("name", list(KINDS))
def test_asking_or_saving_before_learning_is_a_programming_error(name, tmp_path):
    with pytest.raises(RuntimeError, match=r"fit\(\) must be called before predict\(\)"):
        make_baseline(name).predict(["桜"])
    with pytest.raises(RuntimeError):
        make_baseline(name).save(tmp_path)


def test_emoji_of_another_spelling_are_learned_in_the_canonical_one_and_strangers_are_left_out():
    constant = Constant()

    constant.fit([Example(text="", emojis=("👍🏽", "❤", "x"))])

    assert set(constant.answer) == {"👍", "❤️"}


SIX = ("🍎", "🍇", "🍉", "🍋", "🍌", "🍍")


def constant_of(emojis: list[list[str]]) -> tuple[Constant, list[Example]]:
    rows = [Example(text="", emojis=tuple(row)) for row in emojis]
    constant = Constant()
    constant.fit(rows)
    return constant, rows


@given(st.lists(st.lists(st.sampled_from(SIX), min_size=1, max_size=4, unique=True), min_size=1, max_size=8))
@settings(max_examples=60)
def test_the_constant_is_the_best_single_answer_or_better(emojis):
    constant, rows = constant_of(emojis)
    reached = mean_jaccard([list(constant.answer)] * len(rows), rows)

    assert reached == pytest.approx(constant.train_jaccard)
    assert reached >= max(mean_jaccard([[emoji]] * len(rows), rows) for emoji in SIX) - 1e-12


def test_the_constant_is_the_best_of_all_sets(planted):
    labels = sorted({emoji for row in planted for emoji in row.emojis})
    sets = [list(chosen) for k in range(1, 6) for chosen in itertools.combinations(labels, k)]
    constant = Constant()

    constant.fit(planted)

    assert constant.train_jaccard == pytest.approx(
        max(mean_jaccard([chosen] * len(planted), planted) for chosen in sets)
    )


def test_equally_good_constants_are_decided_by_code_point_and_not_by_row_order():
    answers = [constant_of(emojis)[0].answer for emojis in ([["🍎"], ["🍇"]], [["🍇"], ["🍎"]])]

    assert answers == [("🍇",), ("🍇",)]


def test_the_prior_by_length_tells_short_texts_from_long_ones():
    rows = [Example(text="あ" * (3 if short else 40), emojis=("🌱" if short else "📚",)) for short in (True, False)]
    prior = LengthPrior()

    prior.fit(rows * 200)

    assert prior.predict(["い" * 5, "い" * 50]) == [["🌱"], ["📚"]]


def test_the_nearest_neighbour_of_a_training_text_is_itself():
    rows = [
        Example(text=text, emojis=emojis)
        for text, emojis in {"桜が咲いた": ("🌸",), "電車が遅れた": ("🚃",), "味噌汁を飲む": ("🍲",)}.items()
    ]
    baseline = NearestNeighbour()

    baseline.fit(rows)

    assert baseline.predict([row.text for row in rows]) == [list(row.emojis) for row in rows]


def test_a_lexicon_that_has_seen_no_rows_knows_what_emoji_are_called():
    untrained = Lexicon.untrained()

    assert "🍜" in untrained.predict(["昼にラーメンを食べた"])[0]
    assert untrained.predict([""]) == [["🤔"]]


@pytest.mark.parametrize("name", ["linear", "hybrid"])
def test_emoji_that_no_row_has_are_found_by_their_names(name, planted):
    assert "🦔" in fit_once(name, planted).predict(["ハリネズミ"])[0]


def test_many_rows_are_solved_through_landmarks_and_answer_about_as_well(planted):
    few = Hybrid(most_exact=100, landmarks=300)

    few.fit(planted[:120])

    assert mean_jaccard(few.predict([row.text for row in planted[120:]]), planted[120:]) > 0.8


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else find(name))

    with pytest.raises(MissingExtraError, match="not installed: sklearn") as caught:
        Linear().fit([Example(text="桜", emojis=("🌸",))])

    assert caught.value.hint == "pip install 'emojit[evaluate]'"


def test_without_the_words_the_error_names_the_extra_and_evaluations_leave_the_hybrid_out(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ja_ginza" else find(name))

    assert "hybrid" not in default_names()
    for name in ("hybrid", "neighbours-mean", "neighbours-maxsim"):
        with pytest.raises(MissingExtraError, match="not installed: ja_ginza") as caught:
            make_baseline(name).fit([Example(text="桜", emojis=("🌸",))])
        assert caught.value.hint == "pip install 'emojit[words]'"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UsageError, match="no baseline is called 'ridge'") as caught:
        make_baseline("ridge")

    assert caught.value.hint is not None
    assert "linear, hybrid" in caught.value.hint
