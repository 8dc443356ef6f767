"""Which of the recipes of `emojit train` a file is: its top-level key `objective` says so."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from emojit.errors import ConfigError
from emojit.recipe.domain import DomainRecipe
from emojit.recipe.loader import load
from emojit.recipe.train import TrainRecipe
from emojit.resources import find_recipe


def load_training(recipe: str | Path, *, overrides: Sequence[str] = ()) -> TrainRecipe | DomainRecipe:
    """Read the recipe of a student, or with `objective = "mlm"` that of an encoder.

    Args:
        recipe: a path, or the name of a packaged recipe.
        overrides: as `emojit.recipe.load` takes them.

    Raises:
        ConfigError: as `load`; or there is no such objective.
    """
    objective = _objective(find_recipe(recipe), overrides)
    if objective is None:
        return load(TrainRecipe, recipe, overrides=overrides)
    if objective != "mlm":
        raise ConfigError(
            f"objective must be 'mlm', got {objective!r}",
            hint="leave it out of the recipe of a student that writes emoji",
        )
    return load(DomainRecipe, recipe, overrides=overrides)


def _objective(path: Path, overrides: Sequence[str]) -> object:
    stated = [
        value for key, _, value in (override.partition("=") for override in overrides) if key.strip() == "objective"
    ]
    if stated:
        return stated[-1].strip().strip("\"'")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")).get("objective")
    except (OSError, ValueError):  # `load` says what is wrong with the file
        return None
