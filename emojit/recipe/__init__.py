"""Recipes: TOML files that say everything a command does, read into frozen dataclasses.

`emojit.recipe.loader` turns a table into a dataclass and back, `emojit.recipe.build` describes a data set build, `emojit.recipe.train` a training
run. Nothing here touches the network or a model.
"""

from __future__ import annotations

from emojit.recipe.build import BalanceConfig, BuildRecipe, ReleaseConfig, SplitConfig
from emojit.recipe.corpus import CorpusConfig, DecontaminateConfig, FilterConfig
from emojit.recipe.decoding import DecodingConfig
from emojit.recipe.domain import ClozeConfig, DomainRecipe, DomainTrainConfig, EncoderConfig, TextConfig
from emojit.recipe.judge import GuessConfig, JudgeRecipe, PromptsConfig, ScoresConfig
from emojit.recipe.loader import dump, load, load_changed, load_text
from emojit.recipe.loss import LossConfig
from emojit.recipe.model import ModelConfig
from emojit.recipe.plan import BASE, ConditionConfig, PlanConfig, PublishedConfig, SuccessConfig, VariantConfig
from emojit.recipe.stages import OWN_CORPUS, StageConfig
from emojit.recipe.teacher import PriceConfig, ProviderConfig, TeacherConfig
from emojit.recipe.train import TrainConfig, TrainRecipe
from emojit.recipe.train_data import DataConfig
from emojit.recipe.training import load_training

__all__ = [
    "BASE",
    "OWN_CORPUS",
    "BalanceConfig",
    "BuildRecipe",
    "ClozeConfig",
    "ConditionConfig",
    "CorpusConfig",
    "DataConfig",
    "DecodingConfig",
    "DecontaminateConfig",
    "DomainRecipe",
    "DomainTrainConfig",
    "EncoderConfig",
    "FilterConfig",
    "GuessConfig",
    "JudgeRecipe",
    "LossConfig",
    "ModelConfig",
    "PlanConfig",
    "PriceConfig",
    "PromptsConfig",
    "ProviderConfig",
    "PublishedConfig",
    "ReleaseConfig",
    "ScoresConfig",
    "SplitConfig",
    "StageConfig",
    "SuccessConfig",
    "TeacherConfig",
    "TextConfig",
    "TrainConfig",
    "TrainRecipe",
    "VariantConfig",
    "dump",
    "load",
    "load_changed",
    "load_text",
    "load_training",
]
