"""Groups and subgroups: the table is that of the inventory, the figures are worked out by hand and by brute force."""

from __future__ import annotations

import itertools
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.emoji import INVENTORY, entry, inventory
from emojit.errors import MetricInputError
from emojit.metrics import category_match, jaccard
from emojit.metrics.groups import GROUPS, SUBGROUPS

row = st.lists(st.sampled_from(INVENTORY[::60]), max_size=5)
pairs = st.lists(st.tuples(row, row), min_size=1, max_size=10)


def test_the_groups_are_those_of_the_inventory() -> None:
    assert {item.emoji: item.group for item in inventory()} == GROUPS
    assert {item.emoji: item.subgroup for item in inventory()} == SUBGROUPS
    assert len({(item.group, item.subgroup) for item in inventory()}) == len(set(SUBGROUPS.values()))


def test_the_figures_are_worked_out_by_hand() -> None:
    # 😄 for 😊: same subgroup; 🐱 for 📚: nothing; 🎉 for 🎉: the emoji itself
    found = category_match([["😄"], ["🐱", "🎉"], []], [["😊"], ["📚", "🎉"], []])

    assert (found.group_jaccard, found.group_hit) == pytest.approx(((1 + 1 / 3 + 1) / 3, 1.0))
    assert (found.subgroup_jaccard, found.subgroup_hit, found.near_miss) == pytest.approx(
        ((1 + 1 / 3 + 1) / 3, 1.0, 1 / 3)
    )


@given(pairs)
def test_chance_is_the_mean_over_all_pairs_and_a_kind_is_met_at_least_as_often_as_an_emoji(cases) -> None:
    predictions, references = [p for p, _ in cases], [r for _, r in cases]
    groups = [[[entry(emoji).group for emoji in row] for row in side] for side in (predictions, references)]

    found = category_match(predictions, references)

    assert found.group_by_chance == pytest.approx(fmean(jaccard(p, r) for p, r in itertools.product(*groups)))
    assert found.group_jaccard == pytest.approx(fmean(jaccard(p, r) for p, r in zip(*groups, strict=True)))
    assert found.near_miss <= found.subgroup_hit <= found.group_hit
    assert category_match(references, predictions) == found


def test_chance_does_not_depend_on_the_order_of_the_rows() -> None:
    rows = [["😊", "📚"], ["🐱"], ["🎉", "📚"], ["❤️"], ["🇯🇵"]]

    assert category_match(rows, rows).group_by_chance == category_match(rows[::-1], rows).group_by_chance


def test_what_is_no_canonical_emoji_is_refused() -> None:
    with pytest.raises(MetricInputError, match="'❤' is not a canonical emoji") as caught:
        category_match([["❤"]], [["❤️"]])
    assert "read_rows" in str(caught.value.hint)
