"""Where the files are that travel with the package: recipes, card templates, metric modules and the sample.

In a checkout they stand at the top of the repository; in an installed wheel under `emojit/_resources`. Only this file knows the difference.
"""

from __future__ import annotations

from pathlib import Path

from emojit.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the path of a packaged file or folder.

    Args:
        name: a path with forward slashes, such as "recipes/demo.toml", "eval_modules/emoji_jaccard" or "sample/articles.jsonl".

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    for base in (_PACKAGE / "_resources", _PACKAGE, _PACKAGE.parent):
        if (path := base / name).exists():
            return path
    raise FileNotFoundError(f"emojit was installed without {name}")


def find_recipe(recipe: str | Path) -> Path:
    """Return the path of a recipe given as a file or as the name of a packaged one.

    Args:
        recipe: "my.toml", "recipes/demo.toml" or "demo".

    Raises:
        ConfigError: neither a file nor a packaged recipe.
    """
    return _find(recipe, "recipes", "recipe")


def find_plan(plan: str | Path) -> Path:
    """Return the path of a plan of experiments given as a file or as the name of a packaged one.

    Args:
        plan: "my.toml", "recipes/experiments/v3.toml" or "v3".

    Raises:
        ConfigError: neither a file nor a packaged plan.
    """
    return _find(plan, "recipes/experiments", "plan")


def _find(name: str | Path, within: str, what: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    folder = resource(within)
    packaged = folder / f"{path.name.removesuffix('.toml')}.toml"
    if str(name) in {packaged.stem, packaged.name, f"{within}/{packaged.name}"} and packaged.is_file():
        return packaged
    names = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
    raise ConfigError(f"{name}: no such {what}", hint=f"give a TOML file, or one of the packaged {what}s: {names}")
