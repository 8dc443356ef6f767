"""A small build folder, plans on it, and a trainer that takes no time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.resolve import read_data, resolve_plan
from emojit.experiment.plan.run import PlanResult, run_plan
from emojit.resources import resource

HERE = Path(__file__).parent
SIZES = {"train": 24, "validation": 8, "test": 6}
TRAINER = (sys.executable, "-S", "-E", str(HERE / "trainer.py"))


@pytest.fixture(scope="session")
def rows() -> dict[str, list[dict[str, object]]]:
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = iter(
        {
            "id": f"{index:016x}",
            "original_text": row["text"],
            "sns_text": row["sns_text"],
            "emojis": row["emojis"],
            "emoji_string": " ".join(row["emojis"]),
            "licence": "CC0-1.0",
        }
        for index, row in enumerate(map(json.loads, lines))
    )
    return {split: [next(pairs) for _ in range(size)] for split, size in SIZES.items()}


@pytest.fixture(scope="session")
def write() -> Callable[[Path, dict[str, list[dict[str, object]]]], Path]:
    return write_build


def write_build(folder: Path, rows: dict[str, list[dict[str, object]]]) -> Path:
    for split, table in rows.items():
        with TableWriter(folder / data_file(split), PAIR_COLUMNS) as writer:
            for row in table:
                writer.add(row)
    write_manifest(folder, {"name": "tiny", "rows": {split: len(table) for split, table in rows.items()}})
    return folder


@pytest.fixture(scope="session")
def build(tmp_path_factory, rows) -> Path:
    return write_build(tmp_path_factory.mktemp("data") / "tiny-build", rows)


class Plans:
    """Writes plans, prepares what their variants answer, and runs them with the trainer of these tests."""

    def __init__(self, folder: Path, build: Path, rows: dict[str, list[dict[str, object]]]) -> None:
        self.folder, self.build, self.rows = folder, build, rows
        self.answers = folder / "answers"
        self.out = folder / "out"
        self.said: list[str] = []
        self.answer("base", right=2)

    def write(self, text: str, head: str = "baselines = []") -> Path:
        """Write a plan; a test names its variants."""
        path = self.folder / "plan.toml"
        path.write_text(f'name = "plan"\nbase = "demo"\n{head}\n{text}', encoding="utf-8")
        return path

    def answer(self, variant: str, right: int) -> None:
        """Let the first so many rows of validation be right, and all others be wrong; test the other way round."""
        columns = {"id": "string", "split": "string", "text": "string", "emojis": "strings", "student": "strings"}
        with TableWriter(self.answers / f"{variant}.parquet", columns) as table:
            for split in ("validation", "test"):
                for index, row in enumerate(self.rows[split]):
                    good = (index < right) == (split == "validation")
                    answer = row["emojis"] if good else ["🪬"]
                    table.add(
                        {
                            "id": row["id"],
                            "split": split,
                            "text": row["sns_text"],
                            "emojis": row["emojis"],
                            "student": answer,
                        }
                    )

    def run(self, plan: Path, *, seeds=(), overrides=(), **options) -> PlanResult:
        """Run it as `emojit experiment run` does."""
        resolved = resolve_plan(plan, dataset=str(self.build), seeds=seeds, overrides=overrides)
        fingerprints = json.dumps(read_data(resolved).fingerprints)
        (self.answers / "fingerprints.json").write_text(fingerprints, encoding="utf-8")
        return run_plan(
            resolved,
            PlanFolder(self.out),
            quiet=True,
            **{"command": TRAINER, "jobs": 1, "say": self.said.append, **options},
        )

    def states(self) -> dict[str, str]:
        """Return how every run is, by "variant seed"."""
        return {f"{status.variant} {status.seed}": status.state for status in PlanFolder(self.out).statuses()}


@pytest.fixture
def plans(tmp_path, build, rows, monkeypatch) -> Plans:
    made = Plans(tmp_path, build, rows)
    monkeypatch.setenv("EMOJIT_TEST_ANSWERS", str(made.answers))
    return made
