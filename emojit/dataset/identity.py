"""What decides the bytes of a build, so that a finished one can be recognised without building it again."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import platform
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import emojit
from emojit.corpus.files import file_facts
from emojit.corpus.local import released_name
from emojit.dataset.decontaminate import guard_inputs
from emojit.dataset.others import released_entry
from emojit.recipe import BuildRecipe, CorpusConfig, TeacherConfig, dump
from emojit.resources import resource
from emojit.teacher import prompt_id
from emojit.teacher.recorded import SAMPLE as RECORDED_SAMPLE

_TRANSPORT = (
    "base_url",
    "concurrency",
    "requests_per_minute",
    "tokens_per_minute",
    "max_attempts",
    "timeout_s",
    "patience_s",
    "max_error_share",
    "batch_size",
    "batch_poll_s",
)
"""Keys of `[teacher]` that say how a question travels and not what is asked. The price is none of them: the card counts with it."""


def released_recipe(recipe: BuildRecipe) -> str:
    """Return the recipe as it stands in the build folder: what decides the bytes, and nothing about the machine and the network it was built on.

    Names stand in place of paths. Where the teacher stands, and how fast and how patiently it was asked, is left at the defaults: the address may be
    nobody's business, and the same replies must give the same bytes. So are the processes that read the corpus.
    """
    corpus, teacher, defaults = recipe.corpus, recipe.teacher, TeacherConfig()
    corpus = dataclasses.replace(corpus, source=released_name(corpus.source), processes=CorpusConfig().processes)
    teacher = dataclasses.replace(teacher, **{name: getattr(defaults, name) for name in _TRANSPORT})
    if teacher.recorded is not None:
        teacher = dataclasses.replace(teacher, recorded=Path(teacher.recorded).name)
    against = tuple(released_entry(entry) for entry in recipe.decontaminate.against)
    decontaminate = dataclasses.replace(recipe.decontaminate, against=against)
    return dump(dataclasses.replace(recipe, corpus=corpus, teacher=teacher, decontaminate=decontaminate))


def all_inputs(recipe: BuildRecipe, corpus: Mapping[str, object]) -> list[dict[str, object]]:
    """Return what a build reads: the corpus, the file of a recorded teacher's replies, and the rows of others that it is held against."""
    inputs = [{"role": "corpus", **corpus}]
    if recipe.teacher.kind == "recorded":
        path = Path(recipe.teacher.recorded) if recipe.teacher.recorded else resource(RECORDED_SAMPLE)
        inputs.append({"role": "replies", "kind": "file", **file_facts(path)})
    return inputs + guard_inputs(recipe.decontaminate)


def identity(recipe: BuildRecipe, inputs: list[dict[str, object]]) -> dict[str, object]:
    """Return what the manifest records to recognise a build: the recipe's hash, the inputs, the prompts and the versions.

    The hash is that of the released recipe, so how the teacher is reached is not in it: the same questions get the same replies.
    """
    return {
        "recipe_sha256": hashlib.sha256(released_recipe(recipe).encode()).hexdigest(),
        "inputs": inputs,
        "prompt_id": prompt_id(recipe.teacher),
        "versions": versions(),
    }


def difference(manifest: Mapping[str, object], wanted: Mapping[str, object]) -> str | None:
    """Return in words what a finished build differs in from the wanted one, or None when it is the same."""
    words = {
        "inputs": "another corpus or other recorded replies",
        "prompt_id": "other prompts",
        "recipe_sha256": "another recipe",
        "versions": "other versions of the software",
    }
    return next((words[key] for key in words if manifest.get(key) != wanted[key]), None)


def versions() -> dict[str, str]:
    """Return the versions that the bytes depend on."""
    import pyarrow as pa

    return {
        "emojit": emojit.__version__,
        "pyarrow": pa.__version__,
        "rensa": importlib.metadata.version("rensa"),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "unicode": unicodedata.unidata_version,
    }
