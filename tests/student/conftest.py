"""A small build folder, a recipe of a tiny T5, and a tiny student with random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.recipe import DataConfig, DecodingConfig, ModelConfig, TrainConfig, TrainRecipe
from emojit.resources import resource

SIZES = {"train": 24, "validation": 8, "test": 6}

TINY = ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2, dropout=0.1)


@pytest.fixture(scope="session")
def tiny() -> ModelConfig:
    return TINY


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    return write_build


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Keep runs comparable to the last digit, and leave the cores to others."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def sample() -> list[dict[str, object]]:
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def texts(sample) -> list[str]:
    return [row["sns_text"] for row in sample]


def write_build(folder: Path, rows: dict[str, list[dict[str, object]]], columns=PAIR_COLUMNS) -> Path:
    for split, table in rows.items():
        with TableWriter(folder / data_file(split), columns) as writer:
            for row in table:
                writer.add(row)
    write_manifest(folder, {"name": "tiny", "rows": {split: len(table) for split, table in rows.items()}})
    return folder


def pair(index: int, row: dict[str, object]) -> dict[str, object]:
    return {
        "id": f"{index:016x}",
        "original_text": row["text"],
        "sns_text": row["sns_text"],
        "emojis": row["emojis"],
        "emoji_string": " ".join(row["emojis"]),
        "licence": "CC0-1.0",
    }


@pytest.fixture(scope="session")
def rows(sample) -> dict[str, list[dict[str, object]]]:
    pairs = iter([pair(index, row) for index, row in enumerate(sample)])
    return {split: [next(pairs) for _ in range(size)] for split, size in SIZES.items()}


@pytest.fixture(scope="session")
def build(tmp_path_factory, rows) -> Path:
    return write_build(tmp_path_factory.mktemp("data") / "tiny-build", rows)


@pytest.fixture
def recipe() -> TrainRecipe:
    return TrainRecipe(
        name="tiny",
        data=DataConfig(also_columns=("original_text",)),
        model=TINY,
        train=TrainConfig(epochs=3, batch_size=8, learning_rate=1e-3, early_stopping=0),
        decoding=DecodingConfig(min_emojis=1, batch_size=4),
    )


@pytest.fixture(scope="session")
def new(texts):
    """A tiny student before training: model, tokenizer and emoji ids."""
    import torch

    from emojit.student.model import new_student

    torch.manual_seed(0)
    return new_student(TINY, texts)


@pytest.fixture(scope="session")
def save_untrained() -> Callable[..., Path]:
    """Save a student as `emojit train` does, with the weights that it has."""
    from emojit.student.decoding import generation_config

    def save(student, folder: Path) -> Path:
        student.model.generation_config = generation_config(
            student.vocabulary, vocabulary_size=len(student.tokenizer), decoding=DecodingConfig()
        )
        student.model.save_pretrained(folder)
        student.tokenizer.save_pretrained(folder)
        return folder

    return save


@pytest.fixture(scope="session")
def model_folder(new, save_untrained, tmp_path_factory) -> Path:
    """The tiny student as `emojit train` saves it, with random weights."""
    return save_untrained(new, tmp_path_factory.mktemp("model"))
