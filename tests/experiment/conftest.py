"""Runs that nobody trained, as `benchmarks/synthetic_runs.py` makes them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

ROWS = 120
"""Test rows of a run (count)."""


@pytest.fixture(scope="session")
def synthetic() -> SimpleNamespace:
    benchmarks = Path(__file__).resolve().parents[2] / "benchmarks"
    return SimpleNamespace(**runpy.run_path(str(benchmarks / "synthetic_runs.py")))


@pytest.fixture(scope="session")
def plan(synthetic, tmp_path_factory) -> Path:
    """A plan with a variant that is clearly better, one that is clearly worse and one that answers as the base does."""
    folder = tmp_path_factory.mktemp("plans") / "plan"
    synthetic.write_plan(folder, {"base": 0.5, "good": 0.8, "bad": 0.2, "same": 0.5}, seeds=(0, 1), rows=ROWS)
    return folder


@pytest.fixture(scope="session")
def comparison(plan, tmp_path_factory):
    from emojit.experiment.table import write_table

    return write_table([str(plan)], out=tmp_path_factory.mktemp("out"))[0]


@pytest.fixture
def by_hand(synthetic, tmp_path) -> Callable[..., list[str]]:
    """Return a function that writes a run of each name, below a folder if one is named, and returns their folders."""

    def write(*names: str, below: str = ".", **settings: object) -> list[str]:
        for name in names:
            synthetic.write_run(
                tmp_path / below / name,
                **{"quality": 0.5, "seed": 0, "rows": ROWS, "changes": {"train.epochs": len(name)}, **settings},
            )
        return [str(tmp_path / below / name) for name in names]

    return write
