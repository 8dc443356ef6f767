"""Recipes: TOML files that say everything a command does, read into frozen dataclasses.

`emojit.recipe.loader` turns a table into a dataclass and back, `emojit.recipe.build` describes a data set build, `emojit.recipe.train` a training
run. Nothing here touches the network or a model.
"""

from __future__ import annotations

from emojit.recipe.build import BuildRecipe, CorpusConfig, FilterConfig, ReleaseConfig, SplitConfig, TeacherConfig
from emojit.recipe.loader import dump, load, load_text
from emojit.recipe.train import DataConfig, DecodingConfig, ModelConfig, TrainConfig, TrainRecipe

__all__ = [
    "BuildRecipe",
    "CorpusConfig",
    "DataConfig",
    "DecodingConfig",
    "FilterConfig",
    "ModelConfig",
    "ReleaseConfig",
    "SplitConfig",
    "TeacherConfig",
    "TrainConfig",
    "TrainRecipe",
    "dump",
    "load",
    "load_text",
]
