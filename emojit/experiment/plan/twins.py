"""Variants whose recipe is another one's, key by key: trained with the same seed it is the same run, and hours for nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from emojit.recipe import TrainConfig, TrainRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two variants with one recipe."""

    first: str
    """The one that stands first in the plan."""
    second: str
    """The other."""
    seeds: tuple[int, ...]
    """Seeds that both have: with these they are the same run twice. Empty for a control, which shows how far seeds alone lie apart."""

    @property
    def words(self) -> str:
        """What this means, in a sentence."""
        if not self.seeds:
            return f"{self.second} has the recipe of {self.first} with other seeds: it shows what chance does, and cannot improve anything"
        which = f"seed{'s' if len(self.seeds) > 1 else ''} {', '.join(map(str, self.seeds))}"
        return f"{self.second} has the recipe of {self.first}, key by key: with {which} it is the same run twice"


def twins(runs: Sequence[tuple[str, int, TrainRecipe]]) -> tuple[Twins, ...]:
    """Return the variants that are another one once more, each with the first that it is like.

    Args:
        runs: variant, seed and recipe of each run of a plan, in its order.
    """
    recipes: dict[str, TrainRecipe] = {}
    seeds: dict[str, list[int]] = {}
    for variant, seed, recipe in runs:
        recipes[variant] = _compared(recipe)
        seeds.setdefault(variant, []).append(seed)
    names = list(recipes)
    found = []
    for place, name in enumerate(names):
        first = next((other for other in names[:place] if recipes[other] == recipes[name]), None)
        if first is not None:
            both = tuple(seed for seed in seeds[name] if seed in seeds[first])
            found.append(Twins(first=first, second=name, seeds=both))
    return tuple(found)


def _compared(recipe: TrainRecipe) -> TrainRecipe:
    """Return a recipe without what changes no result, as in `emojit.experiment.plan.identity`, and without its seed."""
    plain = TrainConfig()
    train = dataclasses.replace(
        recipe.train, seed=plain.seed, report_to=plain.report_to, save_total_limit=plain.save_total_limit
    )
    return dataclasses.replace(recipe, name=TrainRecipe().name, train=train)
