"""Tokens that are left out while a student learns, and a dropout rate that a stage has for itself."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emojit.errors import ConfigError
from emojit.recipe import StageConfig, TrainConfig
from emojit.student import read_run, train
from emojit.student.changing_rows import DroppedTokens, ShuffledAnswers
from emojit.student.dropout import dropout
from emojit.student.model import new_student

END = 1
ROWS = [{"input_ids": [*range(10, 10 + n), END], "labels": [100, 101, 102, END]} for n in range(1, 60)]


def dropped(rate=0.3, seed=0, rows=ROWS):
    return DroppedTokens(rows, seed=seed, rate=rate, keep={END})


@given(st.floats(0, 0.99), st.integers(0, 100), st.integers(0, 5))
def test_what_is_left_is_the_text_in_its_order_with_its_end_and_never_nothing(rate, seed, epoch):
    rows = dropped(rate, seed)
    rows.start_epoch(epoch)

    for before, after in zip(ROWS, rows, strict=True):
        left = iter(before["input_ids"])
        assert all(token in left for token in after["input_ids"])  # a subsequence
        assert after["input_ids"][-1] == END
        assert len(after["input_ids"]) > 1
        assert after["labels"] == before["labels"]


def test_as_many_tokens_are_left_out_as_the_rate_says():
    left = sum(len(row["input_ids"]) - 1 for row in dropped(0.3))
    whole = sum(len(row["input_ids"]) - 1 for row in ROWS)

    assert left / whole == pytest.approx(0.7, abs=0.04)


def test_epochs_differ_and_are_a_function_of_seed_and_epoch_alone():
    rows = dropped()
    first = [row["input_ids"] for row in rows]
    rows.start_epoch(1)
    second = [row["input_ids"] for row in rows]
    rows.start_epoch(0)
    torch.rand(3)

    assert [row["input_ids"] for row in rows] == first
    assert [row["input_ids"] for row in dropped()] == first
    assert first != second
    assert first != [row["input_ids"] for row in dropped(seed=1)]


def test_both_changes_follow_the_same_epoch_and_the_orders_stay_those_without_dropping():
    orders = ShuffledAnswers(ROWS, seed=0)
    both = DroppedTokens(ShuffledAnswers(ROWS, seed=0), seed=0, rate=0.3, keep={END})
    orders.start_epoch(2)
    both.start_epoch(2)

    assert [row["labels"] for row in both] == [row["labels"] for row in orders]


def rates(model):
    return {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)} | {
        module.dropout for module in model.modules() if isinstance(getattr(module, "dropout", None), float)
    }


def test_another_dropout_rate_holds_inside_the_context_and_ends_with_it(tiny):
    student = new_student(tiny, ["雨が降る"])

    def interrupted():
        with dropout(student.model, 0.25):
            assert rates(student.model) == {0.25}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert rates(student.model) == {tiny.dropout}
    with dropout(student.model, None):
        assert rates(student.model) == {tiny.dropout}
    assert student.model.config.dropout_rate == tiny.dropout


def test_rates_out_of_range_are_refused():
    with pytest.raises(ConfigError, match=r"train\.token_dropout must be in \[0, 1\), got 1.0"):
        TrainConfig(token_dropout=1.0)
    with pytest.raises(ConfigError, match=r"stages\.dropout must be in \[0, 1\), got -0.1"):
        StageConfig(name="one", objective="span_corruption", dropout=-0.1)


def test_a_run_trains_otherwise_with_dropped_tokens_and_the_same_way_twice(recipe, build, tmp_path):
    def run(name, rate):
        changed = dataclasses.replace(
            recipe,
            model=dataclasses.replace(recipe.model, dropout=0.0),
            train=dataclasses.replace(recipe.train, epochs=1.0, token_dropout=rate),
        )
        train(changed, dataset=build, out=tmp_path / name, quiet=True)
        return read_run(tmp_path / name).training.train_loss

    assert run("a", 0.3) == run("b", 0.3) != run("c", 0.0)
