"""Posts for rare emoji: the floor is reached, by posts that earn the emoji, in train alone, and the same however the run went."""

from __future__ import annotations

import dataclasses
import json

import pytest

from emojit import emoji
from emojit.dataset.build import build
from emojit.dataset.parquet import read_rows
from emojit.dataset.rare import SOURCE, train_doc_id
from emojit.dataset.splits import SPLITS, split_of
from emojit.recipe import SplitConfig


@pytest.fixture(scope="module")
def floored(made_up_once):
    """At least 12 rows for each of the 60 most frequent emoji."""
    balance = dataclasses.replace(made_up_once.balance, floor_rows=12, floor_top=60)
    return dataclasses.replace(made_up_once, count=150, balance=balance)


@pytest.fixture(scope="module")
def result(floored, tmp_path_factory, card):
    """What its build came to, for tests that only read it."""
    return build(floored, tmp_path_factory.mktemp("floored") / "v1", render_card=card, quiet=True)


def rows_of(folder, split):
    return read_rows(folder / f"data/{split}-00000-of-00001.parquet")


def test_every_emoji_of_the_inventory_reaches_the_floor(result):
    statistics = json.loads((result.folder / "statistics.json").read_text(encoding="utf-8"))
    balance, counts = statistics["balance"], dict(statistics["emoji"]["counts"])
    drawn = {
        row["id"]: row for split in SPLITS for row in rows_of(result.folder, split) if "rare_emoji" not in row["flags"]
    }
    assert len(drawn) == 150  # the asked number is one of sentences; posts come on top
    top = sorted(
        {e for row in drawn.values() for e in row["emojis"]},
        key=lambda e: (-sum(e in row["emojis"] for row in drawn.values()), e),
    )[:60]
    below = {one["emoji"]: one["rows"] for one in balance["below"]}
    assert balance["floor_emoji"] == 60
    assert len(below) <= 3
    assert all(counts[e] >= 12 or below[e] == counts[e] for e in top)
    assert result.below_floor == len(below)
    assert statistics["emoji"]["counts"][0][1] <= 0.03 * statistics["emoji"]["total"]


def test_posts_are_marked_rows_of_train_and_earn_their_emoji(floored, result):
    assert not any(
        "rare_emoji" in row["flags"] for split in ("validation", "test") for row in rows_of(result.folder, split)
    )
    posts = [row for row in rows_of(result.folder, "train") if "rare_emoji" in row["flags"]]
    assert posts
    doc_ids = {train_doc_id(e, floored.splits): e for row in posts for e in row["emojis"]}
    for row in posts:
        assert row["source"] == SOURCE
        assert row["original_text"] == row["sns_text"]
        assert row["licence"] == "CC0-1.0"
        assert doc_ids[row["doc_id"]] in row["emojis"]
        assert split_of(row["source"], row["doc_id"], floored.splits) == "train"
    assert result.rejected["post"]["wanted_emoji_missing"] > 0
    rejected = [row for row in read_rows(result.folder / "rejected/rejected-00000.parquet") if row["stage"] == "post"]
    assert all(row["detail"] for row in rejected)


def test_no_two_rows_have_the_same_text_or_id(result):
    rows = [row for split in SPLITS for row in rows_of(result.folder, split)]
    assert len({row["sns_text"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)


def test_how_many_are_in_flight_changes_no_byte(floored, result, tmp_path, card, contents):
    teacher = dataclasses.replace(floored.teacher, concurrency=2)
    two = build(dataclasses.replace(floored, teacher=teacher), tmp_path / "v1", render_card=card, quiet=True)

    assert contents(result.folder) == contents(two.folder)


def test_a_teacher_that_writes_no_posts_leaves_the_floor_and_says_why(floored, tmp_path, card, recipe, server):
    usual = server.reply
    server.reply = lambda step, text: "そのような投稿は書けません。" if "個書いて" in text else usual(step, text)
    recipe = dataclasses.replace(recipe, balance=dataclasses.replace(recipe.balance, floor_rows=100, floor_top=3))

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    statistics = json.loads((result.folder / "statistics.json").read_text(encoding="utf-8"))
    assert result.below_floor == 3
    assert all(one["reason"] for one in statistics["balance"]["below"])
    assert sum(result.rows.values()) == 60


def test_a_document_of_posts_is_in_train_by_the_rule_of_every_article():
    for splits in (SplitConfig(), SplitConfig(validation=0.5, test=0.45)):
        ids = {train_doc_id(entry.emoji, splits) for entry in emoji.inventory()}
        assert len(ids) == len(emoji.inventory())
        assert {split_of(SOURCE, doc_id, splits) for doc_id in ids} == {"train"}
