"""A small rating task, and raters with opinions."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from emojit.evaluation.predictions import write_predictions
from emojit.evaluation.rating.prepare import prepare
from emojit.evaluation.rating.ratings import Preference, Rating, Ratings
from emojit.evaluation.rating.task import Task

POOL = ("😊", "🎉", "📖", "😢", "☔", "🏠", "🍜", "😋", "🐈", "⚽", "🇯🇵")
SYSTEMS = ("student", "constant", "linear")


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """Answers of three systems to 80 texts; linear has none for the first."""
    rng = random.Random(0)

    def some() -> list[str]:
        return rng.sample(POOL, rng.randint(1, 3))

    path = tmp_path / "eval_predictions.parquet"
    rows = range(80)
    write_predictions(
        path,
        ids=[f"{row:016x}" for row in rows],
        texts=[f"{row}番目の文です。雨の日は家で本を読む" for row in rows],
        references=[some() for _ in rows],
        answers={
            "student": [some() for _ in rows],
            "constant": [["😊"] for _ in rows],
            "linear": [None if row == 0 else some() for row in rows],
        },
    )
    return path


@pytest.fixture
def make_task(predictions: Path, tmp_path: Path) -> Callable[..., tuple[Path, Task]]:
    def make(items: int = 10, *, systems: Sequence[str] = SYSTEMS, seed: int = 0, name: str = "task"):
        folder = tmp_path / name
        return folder, prepare([str(predictions)], folder, systems=systems, items=items, seed=seed)

    return make


@pytest.fixture
def record() -> Callable[..., str]:
    """Make one line as the rater page keeps it: every answer to an item gets the same marks."""

    def make(
        task: Task, rater: str, number: int, semantic: int = 2, *, time: str = "2026-01-01T00:00:00", best=1, **other
    ):
        shown = task.items[number]
        ratings = [
            {"option": place, "semantic": semantic, "naturalness": 3, "misleading": False}
            for place in range(1, len(shown.options) + 1)
        ]
        row = {
            "record": secrets.token_hex(16),
            "task": task.name,
            "rater": rater,
            "time": time,
            "kind": "answer",
            "item": shown.name,
            "ratings": ratings,
            "preference": best,
        }
        return json.dumps(row | other)

    return make


@pytest.fixture
def opinions() -> Callable[..., Ratings]:
    """Raters who see the same quality of each answer, with noise; a rater of the name `same` gives 3 to everything."""

    def make(quality: dict[str, float], raters: Sequence[str], *, items: int = 30, noise: float = 0.6, seed: int = 1):
        rng = random.Random(seed)
        ratings, preferences = [], []
        for item in range(items):
            true = {name: rng.gauss(value, 1) for name, value in quality.items()}
            for rater in raters:
                for name, value in true.items():
                    seen = 3 if rater == "same" else min(4, max(0, round(value + rng.gauss(0, noise))))
                    ratings.append(
                        Rating(
                            id=f"t{item:02}",
                            option=name,
                            system=name,
                            rater=rater,
                            semantic=seen,
                            naturalness=max(seen - 1, 0),
                            misleading=seen == 0,
                        )
                    )
                best = max(true, key=lambda name: true[name])
                preferences.append(Preference(id=f"t{item:02}", rater=rater, systems=(best,)))
        return Ratings(systems=tuple(quality), ratings=tuple(ratings), preferences=tuple(preferences))

    return make
