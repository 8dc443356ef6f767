"""The plan of an experiment: variants of one training recipe, their hypotheses, seeds, conditions and what counts as success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emojit.errors import ConfigError
from emojit.recipe.names import check_name

BASE = "base"
"""Name of the variant that changes nothing: the plan's own settings."""

_OF_THE_PLAN = {
    "name": "the variant's name stands in its place",
    "train.seed": "write seeds = [0, 1] for the plan or the variant",
    "data.dataset": "write dataset = … for the plan, or give --dataset: every variant is scored on the same rows",
    "data.revision": "write revision = … for the plan, or give --revision: every variant is scored on the same rows",
}
"""Keys of a recipe that the plan decides, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessConfig:
    """What a variant must reach, all of it together (section `[success]`); a figure that is left out is not asked for."""

    jaccard: float | None = None
    """Mean Jaccard index, in [0, 1]."""
    outside_top: float | None = None
    """Share of the written emoji that are none of the gold answers' five most common ones, in [0, 1]."""
    exact_match: float | None = None
    """Share of the rows that are answered exactly, in [0, 1]."""

    def __post_init__(self) -> None:
        for name, value in self.criteria().items():
            if not 0 <= value <= 1:
                raise ConfigError(f"success.{name} must be in [0, 1], got {value}")

    def criteria(self) -> dict[str, float]:
        """Return what must be reached, by the name of the figure."""
        asked = {"jaccard": self.jaccard, "outside_top": self.outside_top, "exact_match": self.exact_match}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionConfig:
    """When a variant is run (table `when`): every key that is given must hold, for the mean of a variant's seeds on the validation split.

    "improved" is a higher Jaccard index than that of the base, "reached" is all of `[success]`. A variant that was skipped, or of which every run failed,
    did neither.
    """

    any_improved: tuple[str, ...] = ()
    """At least one of these improved."""
    all_improved: tuple[str, ...] = ()
    """Each of these improved."""
    none_improved: tuple[str, ...] = ()
    """None of these improved."""
    any_reached: tuple[str, ...] = ()
    """At least one of these reached the target."""
    none_reached: tuple[str, ...] = ()
    """None of these reached the target."""

    def by_key(self) -> dict[str, tuple[str, ...]]:
        """Return the names by key, without the keys that were left out."""
        every = {
            "any_improved": self.any_improved,
            "all_improved": self.all_improved,
            "none_improved": self.none_improved,
            "any_reached": self.any_reached,
            "none_reached": self.none_reached,
        }
        return {key: names for key, names in every.items() if names}

    def variants(self) -> tuple[str, ...]:
        """Return every variant that must be decided before, each once."""
        return tuple(dict.fromkeys(name for names in self.by_key().values() for name in names))


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantConfig:
    """One variant (a table `[[variants]]`)."""

    name: str
    """Short name, used once: letters, digits, '-', '_', '.'."""
    hypothesis: str = ""
    """What is expected of it, in a sentence."""
    set: dict[str, Any] = field(default_factory=dict)
    """Keys of the recipe that it changes, such as {"train.learning_rate" = 1e-4}."""
    seeds: tuple[int, ...] = ()
    """Seeds of its runs; empty takes the plan's."""
    when: ConditionConfig = field(default_factory=ConditionConfig)
    """When it is run; without it always."""

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "set", flat(self.set))
        _check_settings(f"variants.{self.name}.set", self.set)
        _check_seeds(f"variants.{self.name}.seeds", self.seeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedConfig:
    """A figure that somebody else published (a table `[[published]]`); it is shown in a table of its own, beside ours and never in it."""

    variant: str
    """Variant whose settings it was trained with."""
    jaccard: float | None = None
    """Mean Jaccard index as published."""
    outside_top: float | None = None
    """Share of the emoji outside the five most common ones as published; None where none was given."""
    rows: int | None = None
    """Test rows behind it (count); None where it is not known."""
    remark: str
    """Why it does not compare with ours, such as another test set."""

    def __post_init__(self) -> None:
        if not self.remark.strip():
            raise ConfigError(
                f"published.remark of {self.variant} is empty", hint="say on which rows it was measured, and how"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanConfig:
    """A whole plan."""

    name: str
    """Short name: letters, digits, '-', '_', '.'; the folder is outputs/experiments/<name> unless --out says otherwise."""
    base: str
    """Training recipe that everything begins with: a TOML file (relative to the plan's), or the name of a packaged one."""
    set: dict[str, Any] = field(default_factory=dict)
    """Keys of the base recipe that hold for every variant."""
    hypothesis: str = ""
    """What the plan asks, in a sentence."""
    dataset: str | None = None
    """Build folder or Hub repository; `--dataset` overrides it."""
    revision: str | None = None
    """Tag, branch or commit of a Hub repository."""
    seeds: tuple[int, ...] = (0,)
    """Seeds of each variant: one run per seed."""
    baselines: tuple[str, ...] = ("constant", "linear")
    """Simple models that answer the same rows; see `emojit baseline list`."""
    success: SuccessConfig = field(default_factory=SuccessConfig)
    variants: tuple[VariantConfig, ...] = ()
    published: tuple[PublishedConfig, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "set", flat(self.set))
        _check_settings("set", self.set)
        _check_seeds("seeds", self.seeds)
        if not self.seeds:
            raise ConfigError("seeds is empty", hint="write seeds = [0], or several for their spread")
        names = [BASE, *(variant.name for variant in self.variants)]
        for name in names:
            if [other.casefold() for other in names].count(name.casefold()) > 1:
                raise ConfigError(
                    f"variants: two are called {name!r}",
                    hint=f"give each a name of its own; {BASE!r} is the plan's settings without any change",
                )
        for variant in self.variants:
            self._check_condition(variant, names)
        if circle := _circle({variant.name: variant.when.variants() for variant in self.variants}):
            raise ConfigError(
                f"variants: the conditions go round in a circle: {' → '.join(circle)}",
                hint="take one of these names out of a when",
            )

    def _check_condition(self, variant: VariantConfig, names: Sequence[str]) -> None:
        for key, wanted in variant.when.by_key().items():
            where = f"variants.{variant.name}.when.{key}"
            for name in wanted:
                if name not in names:
                    raise ConfigError(f"{where}: no variant {name!r}", hint=f"the variants are {', '.join(names)}")
                if name == BASE and key.endswith("_improved"):
                    raise ConfigError(f"{where}: {BASE} cannot improve on itself", hint="leave it out")
            if key.endswith("_reached") and not self.success.criteria():
                raise ConfigError(
                    f"{where}: the plan does not say what is to be reached",
                    hint="write [success] with jaccard, outside_top or exact_match",
                )

    def every_variant(self) -> tuple[VariantConfig, ...]:
        """Return the base as a variant without changes, and then the variants, with their seeds filled in, in the order of the file."""
        base = VariantConfig(name=BASE, hypothesis=self.hypothesis, seeds=self.seeds)
        filled = (
            VariantConfig(
                name=variant.name,
                hypothesis=variant.hypothesis,
                set=variant.set,
                seeds=variant.seeds or self.seeds,
                when=variant.when,
            )
            for variant in self.variants
        )
        return (base, *filled)


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a table with dotted keys, for TOML reads {train.epochs = 1} and {"train.epochs" = 1} as different things and people as one."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _check_settings(where: str, settings: Mapping[str, Any]) -> None:
    for key in settings:
        if instead := _OF_THE_PLAN.get(key):
            raise ConfigError(f"{where}: {key} is decided by the plan", hint=instead)


def _check_seeds(where: str, seeds: Sequence[int]) -> None:
    for seed in seeds:
        if not 0 <= seed < 2**32:  # what numpy takes
            raise ConfigError(f"{where}: a seed must be in [0, 2**32), got {seed}")
        if seeds.count(seed) > 1:
            raise ConfigError(
                f"{where}: {seed} stands there twice", hint="each seed is one run: leave one out or take another"
            )


def _circle(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """Return names that wait for each other, the first one again at the end; empty where there is no circle."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in waits.get(name, ()):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in waits if (found := walk(name, []))), [])
