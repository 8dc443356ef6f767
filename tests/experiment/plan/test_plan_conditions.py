"""Which variants are run: decided by the means of what has ended, and by nothing else."""

from __future__ import annotations

import pytest

from emojit.experiment.plan.conditions import Outcome, decide
from emojit.experiment.plan.scores import Scores
from emojit.recipe import ConditionConfig, SuccessConfig

SUCCESS = SuccessConfig(jaccard=0.10, exact_match=0.01)


def went(jaccard: float | None, exact: float = 0.5, state="done") -> Outcome:
    scores = None if jaccard is None else Scores(jaccard=jaccard, outside_top=0.1, exact_match=exact)
    return Outcome(scores=scores, state=state)


OUTCOMES = {
    "base": went(0.05),
    "better": went(0.09),
    "same": went(0.05),
    "target": went(0.10),
    "half": went(0.20, exact=0.0),
    "failed": went(None, state="failed"),
    "skipped": went(None, state="skipped"),
}


@pytest.mark.parametrize(
    ("when", "decision"),
    [
        ({}, "run"),
        ({"any_improved": ("same", "better")}, "run"),
        ({"any_improved": ("same", "failed")}, "skip"),
        ({"all_improved": ("target", "better")}, "run"),
        ({"all_improved": ("same", "better")}, "skip"),
        ({"none_improved": ("same", "failed", "skipped")}, "run"),
        ({"none_improved": ("better",)}, "skip"),
        ({"any_reached": ("better", "target")}, "run"),
        ({"any_reached": ("better", "half", "skipped")}, "skip"),
        ({"none_reached": ("base", "better", "half", "failed")}, "run"),
        ({"none_reached": ("base", "target")}, "skip"),
        ({"any_improved": ("better",), "none_reached": ("target",)}, "skip"),
        ({"any_improved": ("later", "better")}, "wait"),
        ({"none_reached": ("later",)}, "wait"),
    ],
    ids=str,
)
def test_a_condition_holds_waits_or_does_not_hold(when, decision):
    assert decide(ConditionConfig(**when), OUTCOMES, SUCCESS)[0] == decision


def test_a_skipping_is_explained_with_the_figures():
    _, improved = decide(ConditionConfig(any_improved=("same", "failed")), OUTCOMES, SUCCESS)
    _, reached = decide(ConditionConfig(any_reached=("half", "failed")), OUTCOMES, SUCCESS)

    assert improved == "any_improved does not hold: validation Jaccard same 0.0500, failed failed; base 0.0500"
    assert (
        reached
        == "any_reached does not hold: on validation half jaccard 0.2000, exact_match 0.0000; failed failed; the target is jaccard 0.1, exact_match 0.01"
    )
    _, none = decide(ConditionConfig(none_reached=("better", "target")), OUTCOMES, SUCCESS)
    assert none.startswith("none_reached does not hold, for target reached: on validation better jaccard 0.0900")


def test_nothing_improves_on_a_base_that_failed():
    outcomes = {**OUTCOMES, "base": went(None, state="failed")}

    assert decide(ConditionConfig(none_improved=("better",)), outcomes, SUCCESS) == (
        "skip",
        "none_improved cannot be decided: base failed",
    )
