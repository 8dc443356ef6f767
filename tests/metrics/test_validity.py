"""Validity: every fault by itself, several in one answer, and answers without any."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.emoji import INVENTORY
from emojit.errors import MetricInputError
from emojit.metrics import module_figures, validity

NEWER = "\U0001faea"
"""Came with Emoji 17.0."""


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        ("🎉 😊", set()),
        (["❤", "👍🏽"], set()),
        ("", {"empty"}),
        ("はい", {"empty", "with_text"}),
        (NEWER, {"empty", "outside_inventory"}),
        ("🎉" + NEWER, {"outside_inventory"}),
        ("❤ ❤️", {"repeated"}),
        (["👍", "👍🏽"], {"repeated"}),
        ("👏😊🎉📚💪🔥", {"too_many"}),
        ("🎉🎉🎉🎉🎉🎉", {"too_many", "repeated"}),
        ("お祭り🎉", {"with_text"}),
        (["🎉", "<unk>"], {"with_text"}),
    ],
)
def test_every_fault_is_found_and_no_other(answer, faults: set[str]) -> None:
    found = asdict(validity([answer]))

    assert {name for name, share in found.items() if share and name != "valid"} == faults
    assert found["valid"] == (not faults)


@given(st.lists(st.lists(st.sampled_from(INVENTORY), min_size=1, max_size=5, unique=True), min_size=1, max_size=5))
def test_what_a_student_may_write_is_valid_in_every_form(rows: list[list[str]]) -> None:
    for form in (rows, [" ".join(row) for row in rows], ["".join(row) for row in rows]):
        assert validity(form).valid == 1.0


def test_a_smaller_inventory_and_another_limit_can_be_given() -> None:
    found = validity(["🎉 😊 🎂", "🎉"], inventory=["🎉", "😊"], most=2)

    assert (found.valid, found.outside_inventory, found.too_many, found.empty) == (0.5, 0.5, 0.5, 0.0)
    assert validity(["🎂"], inventory=["🎉"]).empty == 1.0


@pytest.mark.parametrize(
    ("predictions", "most", "message"),
    [
        ([], 5, "predictions is empty"),
        ("🎉", 5, "must be a list of answers"),
        ([3], 5, "got 3"),
        (["🎉"], 0, "most must be >= 1"),
    ],
)
def test_what_cannot_be_counted_is_refused(predictions, most, message) -> None:
    with pytest.raises(MetricInputError, match=message):
        validity(predictions, most=most)


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("emoji_x", {}, "'emoji_x' is no metric module"),
        ("emoji_length", {"predictions": ["🎉"]}, "emoji_length needs references"),
        ("emoji_validity", {"predictions": ["🎉"], "top_n": 3}, "emoji_validity takes no argument 'top_n'"),
    ],
)
def test_a_call_that_no_module_takes_is_refused(module, arguments, message) -> None:
    with pytest.raises(MetricInputError, match=message):
        module_figures(module, arguments)
