"""Extrapolating rows per emoji: right where the truth is known, and lawful."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.dataset.density import SIZES, densities

INVENTORY = 1906


def truth(seed: int) -> np.ndarray:
    """Probabilities as a teacher's choices have them: log-normal over the inventory, a third never used, none above 3 %."""
    rng = np.random.default_rng(seed)
    used = rng.random(INVENTORY) < 2 / 3
    return np.minimum(rng.lognormal(-7.5, 1.5, INVENTORY), 0.03) * used


def draw(chances: np.ndarray, rows: int, rng: np.random.Generator) -> dict[str, int]:
    return {str(i): int(n) for i, n in enumerate(rng.poisson(chances * rows)) if n}


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_rows_foretell_five_thousand(seed):
    chances = truth(seed)
    rng = np.random.default_rng(100 + seed)
    counts = draw(chances, 1000, rng)

    [found, top, _] = densities(counts, 1000, inventory=INVENTORY, sizes=(5000,))

    expected = chances * 5000
    never = np.exp(-expected).mean()
    many = {
        least: sum(1 - sum(np.exp(-m) * m**k / np.prod(range(1, k + 1), dtype=float) for k in range(least)) for m in expected)
        for least in (10, 50)
    }  # fmt: skip
    assert found.mean == pytest.approx(expected.mean(), rel=0.05)
    assert found.unseen == pytest.approx(never, abs=0.05)
    assert found.at_least == pytest.approx((many[10], many[50]), rel=0.2)
    assert abs(found.median - np.median(expected)) <= 1
    assert (top.emoji, top.unseen) == (100, pytest.approx(0, abs=0.01))
    common = sorted(counts, key=counts.__getitem__)[-100:]
    assert top.median == pytest.approx(np.median([expected[int(emoji)] for emoji in common]), rel=0.25)


def test_the_estimate_at_the_size_at_hand_is_the_build_at_hand():
    counts = draw(truth(0), 4000, np.random.default_rng(7))

    [found, top, _] = densities(counts, 4000, inventory=INVENTORY, sizes=(4000,))

    rows = sorted(counts.values(), reverse=True)
    assert found.mean == pytest.approx(sum(rows) / INVENTORY, rel=1e-3)
    assert found.unseen == pytest.approx(1 - len(counts) / INVENTORY, abs=0.02)
    assert found.at_least[0] == pytest.approx(sum(n >= 10 for n in rows), rel=0.1)
    assert top.mean == pytest.approx(np.mean(rows[:100]), rel=0.06)  # lower: the luckiest of many come first
    assert top.median == pytest.approx(np.median(rows[:100]), rel=0.1)


def test_every_inventory_stands_at_every_size_and_small_builds_have_no_top_100():
    many = densities({str(i): i + 1 for i in range(100)}, 500, inventory=INVENTORY)
    few = densities({str(i): i + 1 for i in range(60)}, 500, inventory=INVENTORY)

    assert [(d.emoji, d.rows) for d in many] == [(top, size) for top in (INVENTORY, 100, 50) for size in SIZES]
    assert {d.emoji for d in few} == {INVENTORY, 50}


def test_a_million_rows_are_no_problem():
    counts = draw(truth(1), 1_000_000, np.random.default_rng(1))

    found = densities(counts, 1_000_000, inventory=INVENTORY, sizes=(50_000,))[0]

    expected = truth(1) * 50_000
    assert found.unseen == pytest.approx(np.exp(-expected).mean(), abs=0.005)
    assert found.median == pytest.approx(np.median(expected), rel=0.1)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(0, 200).map(str), st.integers(1, 300), min_size=1), st.integers(300, 3000))
def test_more_rows_never_make_it_thinner(counts, rows):
    found = [d for d in densities(counts, rows, inventory=201, sizes=(100, 1000, 10_000)) if d.emoji == 201]

    for smaller, larger in itertools.pairwise(found):
        assert smaller.mean < larger.mean
        assert smaller.median <= larger.median
        assert smaller.least <= larger.least
        assert smaller.unseen >= larger.unseen
        assert all(a <= b + 1e-9 for a, b in zip(smaller.at_least, larger.at_least, strict=True))
    assert all(0 <= d.unseen <= 1 and 0 <= d.at_least[1] <= d.at_least[0] + 1e-9 <= 201 + 1e-6 for d in found)
