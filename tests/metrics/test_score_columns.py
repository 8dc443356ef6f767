"""Row by row as others compute it: `pred` and `gold` as strings, against a reference in plain Python, to 1e-12."""

from __future__ import annotations

import doctest
import random
import sys
from dataclasses import astuple, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

import emojit.metrics
from emojit.emoji import INVENTORY
from emojit.errors import MetricInputError
from emojit.metrics import ScoreColumns, read_rows, row_scores, score_columns


def naive(pred: str, gold: str) -> tuple[float, float, float, float, bool]:
    """Jaccard, precision, recall, F1 and exact match of two blank-separated strings as sets."""
    p, g = list(dict.fromkeys(pred.split())), list(dict.fromkeys(gold.split()))
    hits = 0
    for emoji in p:
        if emoji in g:
            hits += 1
    if not p and not g:
        return 1.0, 1.0, 1.0, 1.0, True
    precision = hits / len(p) if p else 0.0
    recall = hits / len(g) if g else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return hits / (len(p) + len(g) - hits), precision, recall, f1, sorted(p) == sorted(g)


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    """180 rows of which most predictions repeat an emoji, as the older students did."""
    rng = random.Random(7)
    few = rng.sample(INVENTORY, 8)
    return [
        {
            "pred": " ".join(rng.choices(few, k=rng.randint(0, 5))),
            "gold": " ".join(rng.sample(few, rng.randint(0 if i % 40 == 0 else 1, 5))),
        }
        for i in range(180)
    ]


def test_every_row_has_the_scores_of_the_naive_reference(table) -> None:
    columns = score_columns([row["pred"].split() for row in table], [row["gold"].split() for row in table])
    wanted = [naive(row["pred"], row["gold"]) for row in table]

    assert any(len(row["pred"].split()) > len(set(row["pred"].split())) for row in table)
    for name, place in zip([field.name for field in fields(ScoreColumns)], range(5), strict=True):
        found = getattr(columns, name)
        assert len(found) == 180
        assert max(abs(a - b[place]) for a, b in zip(found, wanted, strict=True)) <= 1e-12, name


TOKENS = st.one_of(st.sampled_from(INVENTORY[:9]), st.sampled_from(INVENTORY), st.sampled_from(["❤", "x", "笑"]))
"""Mostly few emoji, so that rows agree and repeat; also spellings and words that are no canonical emoji."""
BLANKS = st.sampled_from([" ", "  ", "\u3000", "\t"])


def strings(**size: int) -> st.SearchStrategy[str]:
    """Draw tokens, repeated ones among them, with blanks between them."""
    return st.lists(TOKENS, **size).flatmap(lambda tokens: BLANKS.map(lambda blank: blank.join(tokens)))


@given(st.lists(st.tuples(strings(max_size=7), strings(max_size=5)), min_size=1, max_size=6))
def test_any_blank_separated_strings_score_as_the_naive_reference_says(pairs) -> None:
    columns = score_columns([pred.split() for pred, _ in pairs], [gold.split() for _, gold in pairs])

    for row, (pred, gold) in zip(zip(*astuple(columns), strict=True), pairs, strict=True):
        assert row == pytest.approx(naive(pred, gold), rel=0, abs=1e-12)
        assert row == astuple(row_scores(pred.split(), gold.split()))


def test_one_row_and_fields_read_by_the_grammar_say_the_same(table) -> None:
    predictions, references = read_rows([row["pred"] for row in table]), read_rows([row["gold"] for row in table])
    columns = score_columns(predictions, references)

    rows = [astuple(row_scores(p, g)) for p, g in zip(predictions, references, strict=True)]
    assert rows == list(zip(*astuple(columns), strict=True))
    for row, found in zip(table, rows, strict=True):
        assert found == pytest.approx(naive(row["pred"], row["gold"]), abs=1e-12)


def test_a_repeated_emoji_counts_once_in_precision_too() -> None:
    assert score_columns([["🎉", "🇯🇵", "🇯🇵", "😊", "🇯🇵"]], [["🏆", "🎉", "👏", "🇯🇵", "💪"]]) == ScoreColumns(
        jaccard=[2 / 6], precision=[2 / 3], recall=[2 / 5], f1=[4 / 8], exact_match=[False]
    )


def test_strings_are_refused_with_the_way_to_read_them() -> None:
    with pytest.raises(MetricInputError, match=r"predictions\[0\] must be a sequence of emoji") as caught:
        score_columns(["🎉 😊"], ["🎉"])
    assert "read_rows" in str(caught.value.hint)


def test_the_examples_of_the_docstrings_hold() -> None:
    for name in ("overlap", "votes", "length", "category", "distribution", "validity", "figures"):
        assert doctest.testmod(sys.modules[f"{emojit.metrics.__name__}.{name}"]).failed == 0, name
