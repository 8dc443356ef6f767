"""Laws of every method, over networks that say anything: lawful answers, each text for itself, seeds, and the best answer where it can be known."""

from __future__ import annotations

import importlib.util
import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.student.decoding import Settings, answers, candidates
from emojit.student.decoding.mbr import best_set, prefix_jaccard
from emojit.student.decoding.search import sample, score

_spec = importlib.util.spec_from_file_location("imagined", Path(__file__).with_name("imagined.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
Imagined = _module.Imagined

TEXTS = [[1], [2, 2], [3], [4, 5], [6], [2, 2]]


@st.composite
def any_settings(draw):
    most = draw(st.integers(1, 5))
    method, beams, samples = draw(
        st.sampled_from(
            [
                ("greedy", 1, 0),
                ("beam", 3, 0),
                ("beam", 9, 0),
                ("diverse_beam", 3, 0),
                ("sample", 1, 0),
                ("mbr", 1, 0),
                ("mbr", 1, 8),
            ]
        )
    )
    return Settings(
        method=method,
        num_beams=beams,
        samples=samples,
        max_emojis=most,
        min_emojis=draw(st.integers(1, most)),
        temperature=draw(st.sampled_from([0.3, 1.0, 3.0])),
        end_bias=draw(st.sampled_from([-4.0, 0.0, 4.0])),
        diversity_penalty=draw(st.sampled_from([0.0, 5.0])),
        seed=draw(st.integers(0, 9)),
    )


@given(how=any_settings(), emojis=st.integers(1, 12), spread=st.sampled_from([0.0, 2.0, 40.0]))
@settings(max_examples=120, deadline=None)
def test_every_answer_is_lawful_and_its_text_s_own(how, emojis, spread):
    network = Imagined(emojis, spread=spread)

    found = answers(network, TEXTS, how)

    for answer in found:
        assert min(how.min_emojis, emojis) <= len(answer) <= how.max_emojis
        assert len(set(answer)) == len(answer)
        assert all(0 <= column < emojis for column in answer)
    assert found[1] == found[5]
    assert answers(network, TEXTS[::-1], how)[::-1] == found
    assert [answers(network, [text], how)[0] for text in TEXTS] == found


@given(how=any_settings(), emojis=st.integers(1, 12), count=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_candidates_begin_with_the_answer_are_distinct_sets_and_fall_in_score(how, emojis, count):
    network = Imagined(emojis)

    found = candidates(network, TEXTS[1], how, count)

    assert found[0].columns == answers(network, [TEXTS[1]], how)[0]
    assert 1 <= len(found) <= count
    assert len({frozenset(one.columns) for one in found}) == len(found)
    assert [one.score for one in found[1:]] == sorted((one.score for one in found[1:]), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)


def test_nothing_asked_is_nothing_answered():
    assert answers(Imagined(5), [], Settings()) == []


def chance(network, how: Settings, ids, answer) -> float:
    """Return the probability of one ordered answer, from the definition."""
    product = 1.0
    for count in range(len(answer) + 1):
        if count == how.max_emojis:
            break
        logits = network.logits(ids, answer[:count]).astype(float)
        logits[-1] += how.end_bias
        barred = {*answer[:count], *([network.emojis] if count < how.min_emojis else [])}
        weights = np.exp([-np.inf if column in barred else value for column, value in enumerate(logits)])
        product *= weights[answer[count] if count < len(answer) else -1] / weights.sum()
    return product


def every_answer(emojis: int, how: Settings):
    sizes = range(how.min_emojis, how.max_emojis + 1)
    return [list(one) for size in sizes for one in itertools.permutations(range(emojis), size)]


@pytest.mark.parametrize("end_bias", [0.0, 1.5])
def test_samples_come_as_often_as_their_probabilities_say(end_bias):
    network, how = Imagined(3), Settings(max_emojis=2, min_emojis=1, end_bias=end_bias)
    draws = np.random.default_rng(0).random((1, 20_000, 2))

    found = Counter(map(tuple, sample(network.open([[7]]), how, draws)[0]))

    expected = {tuple(answer): chance(network, how, [7], answer) for answer in every_answer(3, how)}
    assert sum(expected.values()) == pytest.approx(1.0)
    for answer, share in expected.items():
        assert found[answer] / 20_000 == pytest.approx(share, abs=5 * (share / 20_000) ** 0.5 + 1e-9)


def test_the_score_is_the_geometric_mean_of_the_chances():
    network, how = Imagined(5), Settings(max_emojis=3)
    choices = [[2], [0, 4], [1, 2, 3]]

    found = score(network.open([[7]] * 3), how, choices)

    counted = [2, 3, 3]  # the end counts, except behind the last emoji that fits
    assert found == pytest.approx(
        [chance(network, how, [7], c) ** (1 / n) for c, n in zip(choices, counted, strict=True)]
    )


@pytest.mark.parametrize("text", range(20))
def test_a_beam_as_wide_as_all_answers_finds_the_best_one(text):
    network, how = Imagined(4), Settings(method="beam", num_beams=64, max_emojis=3)

    found = answers(network, [[text]], how)[0]

    def per_emoji(answer):
        return np.log(chance(network, how, [text], answer)) / (len(answer) + (len(answer) < 3))

    assert found == max(every_answer(4, how), key=per_emoji)


def test_one_beam_is_greedy_and_so_is_a_cold_sample():
    network = Imagined(30)
    texts = [[number] for number in range(40)]
    greedy = answers(network, texts, Settings())

    assert answers(network, texts, Settings(method="diverse_beam", num_beams=1)) == greedy
    assert answers(network, texts, Settings(method="sample", temperature=1e-4)) == greedy


def test_the_seed_decides_and_nothing_else():
    network, texts = Imagined(50), [[number] for number in range(30)]
    how = Settings(method="sample", seed=3)

    first = answers(network, texts, how)

    assert answers(Imagined(50), texts, how) == first
    assert answers(network, texts, replace(how, seed=4)) != first


def test_mbr_is_the_best_of_all_sets_under_the_samples():
    rng = np.random.default_rng(1)
    for _ in range(60):
        universe, most = 7, int(rng.integers(1, 6))
        samples = [rng.choice(universe, rng.integers(1, most + 1), replace=False).tolist() for _ in range(9)]

        found, expected = best_set(samples, least=1, most=most)

        def jaccard(chosen, samples=samples):
            return np.mean([len({*chosen} & {*one}) / len({*chosen} | {*one}) for one in samples])

        sets = [one for size in range(1, most + 1) for one in itertools.combinations(range(universe), size)]
        assert expected == pytest.approx(max(map(jaccard, sets)))
        assert jaccard(found) == pytest.approx(expected)


def test_mbr_of_one_sample_is_that_sample():
    assert best_set([[5, 2, 9]], least=1, most=5) == ([2, 5, 9], 1.0)


def test_mbr_keeps_a_sample_that_is_best_although_its_emoji_are_rare():
    common = [[number] for number in range(12) for _ in range(2)]

    found, _ = best_set([*common, *[[20, 21, 22, 23, 24]] * 30], least=1, most=5)

    assert found == [20, 21, 22, 23, 24]


@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=5), st.floats(1, 4), st.floats(1, 4))
@settings(deadline=None)
def test_an_expected_jaccard_is_a_fraction(chances, scale, size):
    found = prefix_jaccard(np.array([sorted(chances, reverse=True)]), scale=scale, size=size)

    assert ((found >= 0) & (found <= 1)).all()


def test_mbr_without_samples_asks_the_network_once():
    network = Imagined(20)

    answers(network, TEXTS, Settings(method="mbr"))

    assert network.steps == 1


def test_an_unsure_network_gets_a_longer_answer_and_a_sure_one_a_single_emoji():
    how = Settings(method="mbr", scale=2.0, size=2.0)

    def first(*chances):
        return prefix_jaccard(np.array([chances]), scale=how.scale, size=how.size)[0]

    assert first(0.5, 0.5, 0.0).argmax() == 1  # two emoji, both certain
    assert first(0.5, 0.01, 0.01).argmax() == 0
