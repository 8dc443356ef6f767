"""A plan as a tree of text: what waits for what, what each variant changes, how far it is, how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from emojit.experiment.layout import RunStatus
from emojit.experiment.plan.conditions import IMPROVED, words
from emojit.experiment.plan.estimate import Expectation, duration
from emojit.experiment.plan.resolve import PlanData, ResolvedPlan
from emojit.recipe import BASE, VariantConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What `--dry-run` shows."""

    plan: ResolvedPlan
    data: PlanData | None
    """None where no data set is named yet."""
    statuses: tuple[RunStatus, ...]
    """How far every run is."""
    expectation: Expectation | None
    """How long each takes; None where nobody knows."""
    jobs: int
    """Trainings side by side (count)."""

    def seconds(self, *, conditional: bool) -> float | None:
        """Return how long what is left takes (s), with or without the variants that hang on a condition; None where nobody knows."""
        if self.expectation is None:
            return None
        unconditional = {variant.name for variant in self.plan.variants if not variant.when.by_key()}
        left = [
            self.expectation.by_run[status.variant, status.seed]
            for status in self.statuses
            if status.state in ("pending", "running") and (conditional or status.variant in unconditional)
        ]
        return round(sum(left) / self.jobs, 1)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        by_run: Mapping[tuple[str, int], float] = {} if self.expectation is None else self.expectation.by_run
        return {
            "plan": self.plan.config.name,
            "dataset": None if self.data is None else self.data.dataset,
            "rows": None if self.data is None else self.data.rows,
            "variants": [
                {
                    "name": variant.name,
                    "hypothesis": variant.hypothesis,
                    "set": variant.set,
                    "when": {key: list(names) for key, names in variant.when.by_key().items()},
                }
                for variant in self.plan.variants
            ],
            "notes": list(self.plan.notes),
            "runs": [
                {**asdict(status), "expected_s": by_run.get((status.variant, status.seed))} for status in self.statuses
            ],
            "jobs": self.jobs,
            "seconds_at_most": self.seconds(conditional=True),
            "seconds_without_conditional": self.seconds(conditional=False),
            "estimated": None if self.expectation is None else self.expectation.how,
        }

    def text(self) -> str:
        """Return the tree and the time."""
        config = self.plan.config
        rows = "" if self.data is None else f" on {self.data.dataset} ({_rows(self.data)} rows)"
        lines = [f"{config.name}: {len(self.plan.runs)} runs of {len(self.plan.variants)} variants{rows}"]
        if config.set:
            lines.append(f"every variant: {_settings(config.set)}")
        lines += self._branch(self.plan.variants[0], "", "")
        lines += [
            f"failed: {status.variant} seed {status.seed}: {status.reason}"
            for status in self.statuses
            if status.state == "failed"
        ]
        lines += [f"warning: {note}" for note in self.plan.notes]
        if any(key.endswith("_improved") for variant in self.plan.variants for key in variant.when.by_key()):
            lines.append(IMPROVED)
        return "\n".join([*lines, self._time()])

    def _time(self) -> str:
        most, least = self.seconds(conditional=True), self.seconds(conditional=False)
        if most is None or least is None or self.expectation is None:
            return "time: not known; name a data set, or leave --no-timing out"
        if not most:
            return "time: nothing is left to train"
        side = f", {self.jobs} side by side" if self.jobs > 1 else ""
        if most == least:
            return f"time: about {duration(most)}{side}, {self.expectation.how}"
        return (
            f"time: about {duration(least)} without the variants that hang on a condition, {duration(most)} with all of them"
            f"{side}, {self.expectation.how}"
        )

    def _branch(self, variant: VariantConfig, first: str, rest: str) -> list[str]:
        lines = [first + self._line(variant)]
        if variant.hypothesis:
            children = self._children(variant.name)
            lines.append(f"{rest}{'│  ' if children else '   '}{variant.hypothesis}")
        children = self._children(variant.name)
        for index, child in enumerate(children):
            last = index == len(children) - 1
            lines += self._branch(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
        return lines

    def _children(self, name: str) -> Sequence[VariantConfig]:
        """Return the variants that hang below another: below the last one that they wait for, or the base."""
        order = [variant.name for variant in self.plan.variants]
        found = []
        for variant in self.plan.variants[1:]:
            waits = variant.when.variants() or (BASE,)
            if max(waits, key=order.index) == name:
                found.append(variant)
        return found

    def _line(self, variant: VariantConfig) -> str:
        states = [status for status in self.statuses if status.variant == variant.name]
        seeds = f"seed{'s' if len(variant.seeds) > 1 else ''} {', '.join(map(str, variant.seeds))}"
        parts = [variant.name, seeds]
        if variant.set:
            parts.append(_settings(variant.set))
        if variant.when.by_key():
            parts.append(f"if {words(variant.when)}")
        counted = Counter(status.state for status in states)
        if set(counted) != {"pending"}:
            parts.append(", ".join(f"{count} {state}" for state, count in counted.items()))
        if self.expectation is not None:
            expected = [self.expectation.by_run[status.variant, status.seed] for status in states]
            parts.append(f"about {duration(sum(expected) / len(expected))} a run")
        return "; ".join(parts)


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {_value(value)}" for key, value in settings.items())


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _rows(data: PlanData) -> str:
    return " / ".join(f"{data.rows[split]:,}" for split in ("train", "validation", "test"))
