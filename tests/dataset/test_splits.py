"""The split of an article: fixed for ever, about as large as asked."""

from __future__ import annotations

from collections import Counter

import pytest

from emojit.dataset.splits import split_of
from emojit.recipe import SplitConfig


@pytest.mark.parametrize(
    ("source", "doc_id", "split"),
    [
        ("emojit-sample", "sample-001", "train"),
        ("emojit-sample", "sample-005", "test"),
        ("emojit-sample", "sample-002", "validation"),
    ],
)
def test_known_articles_never_move(source, doc_id, split):
    assert split_of(source, doc_id, SplitConfig()) == split


def test_shares_come_out_as_asked():
    counts = Counter(split_of("s", str(i), SplitConfig()) for i in range(20_000))

    assert counts["train"] == pytest.approx(16_000, rel=0.02)
    assert counts["validation"] == pytest.approx(2_000, rel=0.07)
    assert counts["test"] == pytest.approx(2_000, rel=0.07)


def test_another_share_of_validation_moves_no_test_article():
    def test_articles(validation):
        config = SplitConfig(validation=validation)
        return {i for i in range(2_000) if split_of("s", str(i), config) == "test"}

    assert test_articles(0.0) == test_articles(0.1) == test_articles(0.5)


def test_the_source_counts_too():
    assert len({split_of(f"s{i}", "same", SplitConfig()) for i in range(50)}) == 3


def test_without_validation_and_test_everything_is_train():
    config = SplitConfig(validation=0.0, test=0.0)

    assert {split_of("s", str(i), config) for i in range(500)} == {"train"}
