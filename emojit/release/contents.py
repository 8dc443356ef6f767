"""What a folder must hold before it may be published: a check per kind, made before the Hub is asked anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml

from emojit.baselines.record import is_baseline
from emojit.errors import ConfigError, DatasetError, PublishError, StudentError, UsageError
from emojit.release.address import Kind

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_METRIC_TAGS = ("evaluate", "metric")
"""A Space with these tags is a metric, whichever command publishes it."""
_SIGNS = {"recipe.toml": "dataset", "statistics.json": "dataset", "run.json": "model", "config.json": "model"}
"""Files that tell what a folder is that is no Space."""
_TOKENIZERS = ("tokenizer.json", "spiece.model", "tokenizer.model")


def require_folder(path: Path) -> None:
    """Refuse a path that is no folder.

    Raises:
        UsageError: it is missing or a file.
    """
    if not path.is_dir():
        raise UsageError(
            f"{path}: {'not a folder' if path.exists() else 'no such folder'}", hint="give a folder to publish"
        )


def check_contents(kind: Kind, folder: Path, *, repo_id: str, tag: str) -> None:
    """Check that a folder is a whole release of its kind.

    Args:
        kind: what is to be published.
        folder: a build folder, a laid-out model, a metric's or a Space's folder.
        repo_id: where it will stand.
        tag: the version it will be.

    Raises:
        UsageError: there is no such folder.
        DatasetError: a half or damaged build.
        StudentError: a model without weights, configuration or tokenizer.
        PublishError: a Space that the Hub or `evaluate.load` could not use, or a card that names another release.
    """
    require_folder(folder)
    if kind == "dataset":
        _check_dataset(folder, repo_id=repo_id, tag=tag)
    elif kind == "model":
        check_model(folder)
    else:
        space_sdk(folder)
        if kind == "metric" or space_kind(folder) == "metric":
            _check_metric(folder, repo_id=repo_id)


def check_model(folder: Path) -> None:
    """Check that a folder holds what `from_pretrained` needs of an encoder-decoder and its tokenizer, or a saved baseline.

    Raises:
        StudentError: something is missing.
    """
    require_folder(folder)
    if is_baseline(folder):  # which is checked when it is laid out
        return
    if not (folder / "config.json").is_file():
        raise StudentError(
            f"{folder}: no model here (config.json is missing)", hint="give a run folder or a model folder"
        )
    if not any((folder / name).is_file() for name in _WEIGHTS):
        raise StudentError(f"{folder}: the model has no weights", hint=f"one of {', '.join(_WEIGHTS)} must be there")
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise StudentError(
            f"{folder}: the model has no tokenizer, so nobody could use it",
            hint=f"save it there with tokenizer.save_pretrained (one of {', '.join(_TOKENIZERS)})",
        )


def space_sdk(folder: Path) -> str:
    """Return the `sdk` that the front matter of a Space's README.md names.

    Raises:
        PublishError: there is no README.md, no front matter or no `sdk` in it.
    """
    sdk = front_matter(folder).get("sdk")
    if not isinstance(sdk, str) or not sdk:
        other = next((kind for name, kind in _SIGNS.items() if (folder / name).is_file()), None)
        raise PublishError(
            f"{folder}: README.md names no Space sdk",
            hint=f"publish it with `emojit push {other}`" if other else "add `sdk: gradio` to its front matter",
        )
    return sdk


def space_kind(folder: Path) -> Literal["metric", "space"]:
    """Return "metric" for a Space that `evaluate.load` reads, by the tags of its README.md, and "space" for every other.

    Raises:
        PublishError: there is no README.md or no front matter.
    """
    tags = front_matter(folder).get("tags")
    return "metric" if isinstance(tags, list) and all(tag in tags for tag in _METRIC_TAGS) else "space"


def front_matter(folder: Path) -> dict[str, Any]:
    """Read the YAML between the two `---` lines at the top of a folder's README.md.

    Raises:
        PublishError: README.md is missing or its front matter is no YAML table.
    """
    readme = folder / "README.md"
    if not readme.is_file():
        raise PublishError(f"{folder}: README.md is missing", hint="every repository needs a card")
    lines = readme.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise PublishError(f"{readme}: no front matter", hint="begin the card with YAML between two lines of ---")
    try:
        table = yaml.safe_load("\n".join(lines[1 : lines.index("---", 1)]))
    except yaml.YAMLError as exc:
        raise PublishError(f"{readme}: the front matter is no YAML: {str(exc).splitlines()[0]}") from exc
    if not isinstance(table, dict):
        raise PublishError(f"{readme}: the front matter must be a table", hint="for example license: apache-2.0")
    return table


def _check_dataset(folder: Path, *, repo_id: str, tag: str) -> None:
    from emojit.dataset.folder import verify_manifest
    from emojit.dataset.importing import KIND
    from emojit.recipe import BuildRecipe, load

    if verify_manifest(folder).get("kind") == KIND:  # has no recipe, whose address could be another one
        return
    try:
        release = load(BuildRecipe, folder / "recipe.toml").release
    except ConfigError as exc:
        raise DatasetError(f"{folder}: the recipe cannot be read: {exc}", hint="build the data set again") from exc
    for key, said, wanted in (("repo_id", release.repo_id, repo_id), ("version", release.version, tag)):
        if said is not None and said != wanted:
            raise PublishError(
                f"{folder}: the card says {said}, but this would publish {wanted}",
                hint=f"build again with --set release.{key}={wanted} (nothing is asked twice), or publish as {said}",
                repo_id=repo_id,
                revision=tag,
            )


def _check_metric(folder: Path, *, repo_id: str) -> None:
    name = repo_id.split("/")[1]
    scripts = sorted(path.stem for path in folder.glob("*.py") if path.stem == folder.resolve().name)
    hint = f"publish it as {repo_id.split('/', maxsplit=1)[0]}/{scripts[0]}" if scripts else None
    if "-" in name:
        raise PublishError(
            f"{repo_id}: evaluate cannot load a metric whose name holds a hyphen",
            hint=hint or f"publish it as {repo_id.replace('-', '_')}",
            repo_id=repo_id,
        )
    if not (folder / f"{name}.py").is_file():
        raise PublishError(
            f"{folder}: evaluate.load({repo_id!r}) looks for {name}.py, which is not there", hint=hint, repo_id=repo_id
        )
