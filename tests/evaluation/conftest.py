"""One small real build, made of the packaged sample, for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.build import build
from emojit.dataset.loading import load_rows
from emojit.recipe import BuildRecipe, load


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build folder of the packaged sample: about 120 test rows, each with a second vote."""
    folder = tmp_path_factory.mktemp("evaluation")
    recipe = load(BuildRecipe, "sample")
    return build(
        recipe, folder / "v1", store=folder / "replies.sqlite", render_card=lambda _: "a card\n", quiet=True
    ).folder


@pytest.fixture
def write(built: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a prediction file for the test split; `answer` makes the field from a row."""

    def make(answer: Callable[[dict], object], name: str = "predictions.jsonl") -> Path:
        path = tmp_path / name
        lines = [
            json.dumps({"id": row["id"], "emojis": answer(row)}, ensure_ascii=False)
            for row in load_rows(built, "test").rows
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make
