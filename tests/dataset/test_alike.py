"""No row of train nearly repeats a row of validation or test, whatever the recipe says about near-duplicates."""

from __future__ import annotations

import dataclasses

import pytest

from emojit.corpus.near import bigrams, fold, jaccard
from emojit.dataset.alike import AlikeRows
from emojit.dataset.build import build
from emojit.dataset.parquet import read_rows
from emojit.recipe import BuildRecipe, FilterConfig

RAIN, RAIN_AGAIN, CAT = (
    "今日は朝から雨が降っていて寒い",
    "今日は朝から雨が降っていて寒いね",
    "猫が窓辺で昼寝をしている",
)
WITHOUT = FilterConfig(order=("too_short", "too_long"))


def rows_of(*kept, filters=WITHOUT) -> AlikeRows:
    rows = AlikeRows(BuildRecipe(name="x", count=10, filters=filters))
    for split, rewrite, sentence in kept:
        rows.remember(split, rewrite, sentence)
    return rows


@pytest.mark.parametrize(("there", "new"), [("train", "test"), ("test", "train"), ("train", "validation")])
def test_rewrites_and_sentences_are_compared_across_the_line_without_the_filter(there, new):
    assert rows_of((there, RAIN, CAT)).earlier(new, RAIN_AGAIN, "") == RAIN
    assert rows_of((there, CAT, RAIN)).earlier(new, "別の文です", RAIN_AGAIN) == RAIN
    assert rows_of((there, RAIN, CAT)).earlier(new, "別の文です", "") is None


def test_on_one_side_of_the_line_the_recipe_decides():
    assert rows_of(("train", RAIN, RAIN)).earlier("train", RAIN_AGAIN, RAIN_AGAIN) is None
    assert rows_of(("test", RAIN, RAIN)).earlier("validation", RAIN_AGAIN, RAIN_AGAIN) is None
    assert rows_of(("train", RAIN, RAIN), filters=FilterConfig()).earlier("train", RAIN_AGAIN, RAIN_AGAIN) == RAIN


def test_a_build_without_the_filter_trains_on_nothing_like_what_it_measures_on(recipe, tmp_path, card):
    result = build(dataclasses.replace(recipe, filters=WITHOUT), tmp_path / "v1", render_card=card, quiet=True)

    sides = {True: [], False: []}
    for path in sorted((result.folder / "data").glob("*.parquet")):
        for row in read_rows(path):
            pair = [bigrams(fold(row[column])) for column in ("sns_text", "original_text")]
            sides[path.name.startswith("train")].append(pair)
    alike = [
        max(map(jaccard, ours, theirs)) >= WITHOUT.near_duplicate_threshold
        for ours in sides[True]
        for theirs in sides[False]
    ]
    assert not any(alike)
    assert sides[True]
    assert result.rejected["pair"]["near_duplicate_rewrite"] > 0
