"""The asked number of pairs, the cap and steering, through a real endpoint with skewed emoji."""

from __future__ import annotations

import dataclasses
import json

import pytest

from emojit.dataset.build import build, default_store
from emojit.dataset.parquet import read_rows
from emojit.dataset.splits import SPLITS
from emojit.recipe import BalanceConfig, DecontaminateConfig


def rows_of(folder):
    return [row for split in SPLITS for row in read_rows(folder / f"data/{split}-00000-of-00001.parquet")]


def statistics_of(folder):
    return json.loads((folder / "statistics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(made_up_once, synthetic_once, tmp_path_factory, card):
    """A build for tests that only read it, and what the endpoint had answered when it was made."""
    result = build(made_up_once, tmp_path_factory.mktemp("counted") / "v1", render_card=card, quiet=True)
    return result, synthetic_once.stats()


def test_exactly_the_asked_number_and_no_emoji_over_the_cap(built):
    result, counts = built
    rows, statistics = rows_of(result.folder), statistics_of(result.folder)
    assert len(rows) == 300
    assert (result.wanted, result.short_of, result.why) == (300, 0, None)
    emoji, balance = statistics["emoji"], statistics["balance"]
    assert emoji["counts"][0][1] <= 0.03 * emoji["total"]
    assert balance["steered"] == sum("steered" in row["flags"] for row in rows) > 0
    assert balance["deferred"] > 0
    assert balance["wanted"] == 300
    assert counts["answered"] == counts["distinct"] == result.asked


def test_every_offered_sentence_is_a_row_or_in_rejected(built):
    result, _ = built
    offered = read_rows(result.folder / "corpus/sentences-00000.parquet")
    rejected = read_rows(result.folder / "rejected/rejected-00000.parquet")
    ids = sorted([row["id"] for row in rows_of(result.folder)] + [row["id"] for row in rejected])
    assert ids == sorted(row["id"] for row in offered)


def test_every_reply_behind_the_rows_stands_in_the_folder_once(built):
    result, _ = built
    keys = [reply["key"] for reply in read_rows(result.folder / "teacher/replies-00000.parquet")]
    assert len(keys) == len(set(keys)) == result.asked


def test_how_many_are_in_flight_changes_no_byte(built, made_up_once, tmp_path, card, contents):
    teacher = dataclasses.replace(made_up_once.teacher, concurrency=3)
    two = build(dataclasses.replace(made_up_once, teacher=teacher), tmp_path / "v1", render_card=card, quiet=True)

    assert contents(built[0].folder) == contents(two.folder)


def test_a_corpus_that_is_too_small_gives_what_it_has_and_says_so(made_up, tmp_path, card, caplog):
    recipe = dataclasses.replace(made_up, count=2_000)

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    found = sum(result.rows.values())
    assert 400 < found < 500
    assert result.short_of == 2_000 - found
    assert result.why.startswith("the corpus is at its end: all ")
    assert f"{result.short_of} of 2000 pairs are missing" in caplog.text
    assert "--store" in caplog.text
    assert statistics_of(result.folder)["balance"]["why"] == result.why
    again = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    assert (again.already_complete, again.short_of, again.why) == (True, result.short_of, result.why)


def test_sentences_that_leak_are_not_said_to_have_been_asked_about(recipe, tmp_path, card):
    first = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    leaked = read_rows(first.folder / "data/train-00000-of-00001.parquet")[0]["original_text"]
    (tmp_path / "bench.txt").write_text(f"{leaked}\n", encoding="utf-8")
    against = DecontaminateConfig(against=(str(tmp_path / "bench.txt"),), threshold=0.95)
    held = dataclasses.replace(recipe, count=100_000, decontaminate=against)

    result = build(held, tmp_path / "v2", render_card=card, quiet=True)

    offered = read_rows(result.folder / "corpus/sentences-00000.parquet")
    kept = len(offered) - sum(result.rejected["filter"].values())
    leaks = result.rejected["pair"]["in_test_of_other"]
    assert leaks == 1
    assert result.why == (
        f"the corpus is at its end: all {kept - leaks} sentences that the filters keep and that repeat no row of others were asked about"
    )


def test_a_larger_number_asks_only_what_is_new(made_up, tmp_path, card):
    recipe = dataclasses.replace(made_up, balance=BalanceConfig(max_share=1.0))
    store = default_store(tmp_path / "v1")
    small = build(dataclasses.replace(recipe, count=100), tmp_path / "v1", render_card=card, quiet=True)

    large = build(dataclasses.replace(recipe, count=200), tmp_path / "v2", render_card=card, store=store, quiet=True)

    assert {row["id"] for row in rows_of(small.folder)} < {row["id"] for row in rows_of(large.folder)}
    assert large.from_store == small.asked


def test_without_a_cap_nothing_is_steered_or_deferred(made_up, tmp_path, card):
    recipe = dataclasses.replace(made_up, balance=BalanceConfig(max_share=1.0, block=16, lag=4))

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    balance = statistics_of(result.folder)["balance"]
    assert (balance["steered"], balance["deferred"], balance["asked_again"]) == (0, 0, 0)
    emoji = statistics_of(result.folder)["emoji"]
    assert emoji["counts"][0][1] > 0.1 * emoji["total"]


def test_a_cap_that_cannot_be_kept_ends_with_a_reason(recipe, tmp_path, card, caplog):
    """Eight emoji cannot have 3 % each, whatever is asked."""
    recipe = dataclasses.replace(recipe, count=50, balance=BalanceConfig(max_share=0.03, block=8, lag=2))

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert 20 < sum(result.rows.values()) < 50
    assert result.short_of == 50 - sum(result.rows.values())
    assert result.rejected["pair"]["over_represented"] > 0
    assert "are missing" in caplog.text


@pytest.mark.parametrize("samples", [3])
def test_the_emoji_of_a_row_are_the_consensus_of_its_votes(made_up, tmp_path, card, samples):
    from emojit.metrics import consensus

    teacher = dataclasses.replace(made_up.teacher, samples=samples, eval_samples=samples)
    result = build(
        dataclasses.replace(made_up, count=40, teacher=teacher), tmp_path / "v1", render_card=card, quiet=True
    )

    for row in rows_of(result.folder):
        assert tuple(row["emojis"]) == consensus([tuple(vote) for vote in row["votes"]])
