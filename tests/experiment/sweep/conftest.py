"""A tiny run that kept its checkpoints, trained once for all tests of this folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.recipe import DataConfig, DecodingConfig, ModelConfig, TrainConfig, TrainRecipe
from emojit.resources import resource

SIZES = {"train": 24, "validation": 8, "test": 6}


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Keep runs comparable to the last digit, and leave the cores to others."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "tiny-build"
    lines = iter(resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines())
    for split, size in SIZES.items():
        with TableWriter(folder / data_file(split), PAIR_COLUMNS) as table:
            for index in range(size):
                row = json.loads(next(lines))
                table.add(
                    {
                        "id": f"{split}-{index}",
                        "original_text": row["text"],
                        "sns_text": row["sns_text"],
                        "emojis": row["emojis"],
                        "licence": "CC0-1.0",
                        "source": "sample",
                        "doc_id": str(index // 2),
                    }
                )
    write_manifest(folder, {"name": "tiny"})
    return folder


@pytest.fixture(scope="session")
def recipe() -> TrainRecipe:
    """Too high a learning rate, chosen by the loss: the run overfits within a few steps."""
    return TrainRecipe(
        name="tiny",
        data=DataConfig(also_columns=("original_text",)),
        model=ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2, dropout=0.0),
        train=TrainConfig(
            epochs=4,
            batch_size=8,
            learning_rate=1e-1,
            schedule="constant",
            best_by="loss",
            early_stopping=0,
            keep_checkpoints=0.5,
        ),
        decoding=DecodingConfig(batch_size=16),
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory, build, recipe) -> Path:
    """The run folder as training left it; not to be written to."""
    from emojit.student import train

    return train(recipe, dataset=build, out=tmp_path_factory.mktemp("runs") / "tiny", quiet=True).folder


@pytest.fixture(scope="session")
def swept(trained, tmp_path_factory) -> Path:
    """The same, with the answers of its checkpoints beside it; not to be written to."""
    from emojit.experiment.sweep.report import sweep

    folder = tmp_path_factory.mktemp("swept") / "tiny"
    shutil.copytree(trained, folder)
    sweep([folder], quiet=True)
    return folder


@pytest.fixture
def run(swept, tmp_path) -> Path:
    """A copy of that to do with as one likes."""
    shutil.copytree(swept, tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def emojit(monkeypatch, capsys, tmp_path) -> Callable[..., tuple[int, str, str]]:
    """Run `emojit sweep` in this process and in an empty folder; return exit code, stdout and stderr."""
    import sys

    from emojit.cli import app

    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["emojit", "sweep", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return command
