"""Whether a variant is run: the conditions of a plan, decided by mean validation scores. Pure: no file is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from emojit.experiment.plan.scores import Scores
from emojit.recipe import BASE, ConditionConfig, SuccessConfig

Decision = Literal["run", "skip", "wait"]

IMPROVED = "improved: a higher mean Jaccard index on validation than the base, by however little"
"""What a condition asks for, in words: it decides what is worth its time, and says nothing about what helped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a variant went, once each of its runs has ended or will not be run."""

    scores: Scores | None
    """Mean over its seeds on validation; None where no run finished."""
    state: Literal["done", "failed", "skipped"]
    """"done": one run at least finished."""


def decide(
    when: ConditionConfig, outcomes: Mapping[str, Outcome], success: SuccessConfig
) -> tuple[Decision, str | None]:
    """Return whether a variant is run, and what its skipping is due to.

    Args:
        when: its conditions.
        outcomes: how the variants went that have ended; one that is not there is still waited for.
        success: what "reached" means.
    """
    keys = when.by_key()
    needed = set(when.variants())
    if any(key.endswith("_improved") for key in keys):
        needed.add(BASE)
    if not needed <= outcomes.keys():
        return "wait", None
    for key, names in keys.items():
        quantifier, _, what = key.partition("_")
        if what == "improved" and outcomes[BASE].scores is None:
            return "skip", f"{key} cannot be decided: {_went(BASE, outcomes)}"
        held = [
            improved(outcomes[name], outcomes[BASE]) if what == "improved" else reached(outcomes[name], success)
            for name in names
        ]
        if not {"any": any(held), "all": all(held), "none": not any(held)}[quantifier]:
            did = [name for name, one in zip(names, held, strict=True) if one]
            but = f", for {' and '.join(did)} {what}" if quantifier == "none" else ""
            return "skip", f"{key} does not hold{but}: {_figures(what, names, outcomes, success)}"
    return "run", None


def improved(outcome: Outcome, base: Outcome) -> bool:
    """Whether a variant has a higher mean Jaccard index on validation than the base."""
    return outcome.scores is not None and base.scores is not None and outcome.scores.jaccard > base.scores.jaccard


def reached(outcome: Outcome, success: SuccessConfig) -> bool:
    """Whether a variant reached all that is asked for."""
    scores = outcome.scores
    return scores is not None and all(getattr(scores, name) >= value for name, value in success.criteria().items())


def words(when: ConditionConfig) -> str:
    """Return the conditions in words."""
    said = {
        "any_improved": "one of {} improved",
        "all_improved": "all of {} improved",
        "none_improved": "none of {} improved",
        "any_reached": "one of {} reached the target",
        "none_reached": "none of {} reached the target",
    }
    return " and ".join(said[key].format(", ".join(names)) for key, names in when.by_key().items())


def _figures(what: str, names: tuple[str, ...], outcomes: Mapping[str, Outcome], success: SuccessConfig) -> str:
    if what == "improved":
        told = ", ".join(_went(name, outcomes) for name in names)
        return f"validation Jaccard {told}; {_went(BASE, outcomes)}"
    criteria = success.criteria()
    told = "; ".join(f"{name} {_measured(outcomes[name], list(criteria))}" for name in names)
    target = ", ".join(f"{name} {value:g}" for name, value in criteria.items())
    return f"on validation {told}; the target is {target}"


def _measured(outcome: Outcome, criteria: list[str]) -> str:
    if outcome.scores is None:
        return outcome.state
    return ", ".join(f"{name} {getattr(outcome.scores, name):.4f}" for name in criteria)


def _went(name: str, outcomes: Mapping[str, Outcome]) -> str:
    outcome = outcomes[name]
    return f"{name} {outcome.state if outcome.scores is None else f'{outcome.scores.jaccard:.4f}'}"
