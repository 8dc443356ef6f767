"""A plan with everything that it names: the recipe of each variant, and the data set that all of them are scored on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.loading import load_rows
from emojit.dataset.splits import SPLITS
from emojit.errors import ConfigError, UsageError
from emojit.experiment.plan.twins import Twins, twins
from emojit.recipe import BASE, PlanConfig, TrainRecipe, VariantConfig, load, load_changed
from emojit.recipe.loader import settings_of
from emojit.resources import find_plan, find_recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One run of a plan."""

    variant: str
    """Name of the variant."""
    seed: int
    """Seed of the run."""
    recipe: TrainRecipe
    """What it is trained with, without the data set."""

    @property
    def label(self) -> str:
        """The run's name for people."""
        return f"{self.variant} seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPlan:
    """A plan, checked to the last key."""

    config: PlanConfig
    """What `plan.toml` holds."""
    variants: tuple[VariantConfig, ...]
    """The base and the variants, with their seeds, in the order of the file."""
    runs: tuple[PlannedRun, ...]
    """Every run, in that order."""
    notes: tuple[str, ...] = ()
    """What its author should know before hours are spent, in sentences."""

    def of(self, variant: str) -> tuple[PlannedRun, ...]:
        """Return the runs of a variant."""
        return tuple(run for run in self.runs if run.variant == variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanData:
    """The data set of a plan; every run reads the same commit."""

    dataset: str
    """Build folder or Hub repository."""
    commit: str | None
    """Commit of a repository; None for a folder."""
    fingerprints: dict[str, str]
    """Split to digest of its data files."""
    rows: dict[str, int]
    """Split to rows (count)."""


def resolve_plan(
    plan: str | Path,
    *,
    dataset: str | None = None,
    revision: str | None = None,
    seeds: Sequence[int] = (),
    overrides: Sequence[str] = (),
) -> ResolvedPlan:
    """Read a plan and the recipe of each of its variants.

    Args:
        plan: a TOML file, or the name of a packaged plan.
        dataset: build folder or Hub repository; None takes the plan's.
        revision: of a repository; None takes the plan's, unless `dataset` is given.
        seeds: seeds of every variant, in place of the plan's.
        overrides: `key.path=value` strings for the base recipe; what a variant itself changes stays.

    Raises:
        ConfigError: the plan or the recipe of a variant has an unknown key or a value that cannot be; a condition names no variant or goes round in a
            circle; there is no such plan, base recipe or baseline; two variants of the plan are the same run. Where only `seeds` or `overrides` make
            them so, that is a note.
    """
    path = find_plan(plan)
    config = load(PlanConfig, path)
    _check_baselines(config, path)
    if dataset is not None:
        config = dataclasses.replace(config, dataset=dataset, revision=revision)
    elif revision is not None:
        config = dataclasses.replace(config, revision=revision)
    config = dataclasses.replace(config, set={**config.set, **settings_of(overrides)})
    if seeds:
        variants = tuple(dataclasses.replace(variant, seeds=()) for variant in config.variants)
        config = dataclasses.replace(config, seeds=tuple(seeds), variants=variants)
    base = _base_recipe(config, path)
    runs = []
    for variant in config.every_variant():
        where = f"{path}: base" if variant.name == BASE else f"{path}: variant {variant.name}"
        settings = {**config.set, **variant.set}
        recipe = load_changed(TrainRecipe, base, settings, where=where)
        for seed in variant.seeds:
            train = dataclasses.replace(recipe.train, seed=seed)
            # No data set: the plan's stands in its place, and what the recipe names must not count as a difference.
            data = dataclasses.replace(recipe.data, dataset=None, revision=None)
            named = dataclasses.replace(recipe, name=f"{config.name}-{variant.name}", train=train, data=data)
            runs.append(PlannedRun(variant=variant.name, seed=seed, recipe=named))
    same = twins([(run.variant, run.seed, run.recipe) for run in runs])
    if not (seeds or overrides):
        _check_twins(same, path)
    return ResolvedPlan(
        config=config, variants=config.every_variant(), runs=tuple(runs), notes=tuple(one.words for one in same)
    )


def read_data(plan: ResolvedPlan) -> PlanData:
    """Return what the plan's data set holds.

    Raises:
        UsageError: no data set is named.
        DatasetError: it cannot be read, or a split is empty.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set.
    """
    config = plan.config
    if config.dataset is None:
        raise UsageError(
            f"the plan {config.name} names no data set", hint="give --dataset DIR|REPO, or write dataset = … into it"
        )
    train = load_rows(config.dataset, "train", config.revision, columns=("id",))
    revision = train.commit or config.revision
    loaded = {
        split: train if split == "train" else load_rows(config.dataset, split, revision, columns=("id",))
        for split in SPLITS
    }
    return PlanData(
        dataset=config.dataset if train.folder is None else str(train.folder),
        commit=train.commit,
        fingerprints={split: rows.fingerprint for split, rows in loaded.items()},
        rows={split: len(rows.rows) for split, rows in loaded.items()},
    )


def _check_baselines(config: PlanConfig, plan: Path) -> None:
    from emojit.baselines.registry import KINDS

    for name in config.baselines:
        if name not in KINDS:
            raise ConfigError(f"{plan}: baselines: no baseline {name!r}", hint=f"one of {', '.join(KINDS)}")


def _check_twins(found: Sequence[Twins], plan: Path) -> None:
    for one in found:
        if one.seeds:
            raise ConfigError(
                f"{plan}: variants.{one.second}: {one.words}",
                hint="let its set change a key, or leave it out; to see what chance does, give it other seeds, such as seeds = [100, 101]",
            )


def _base_recipe(config: PlanConfig, plan: Path) -> Path:
    """Return the base recipe: beside the plan, else as any command finds it."""
    beside = plan.parent / config.base
    if beside.is_file():
        return beside
    try:
        return find_recipe(config.base)
    except ConfigError as exc:
        raise ConfigError(f"{plan}: base: {exc}", hint=exc.hint) from exc
