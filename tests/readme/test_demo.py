"""The demo runs the whole chain, and the snippets of the README run as written against its Hub."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emojit.experiment.demo import DATASET, MODEL, run_demo, table
from emojit.metrics import MODULE_FIGURES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def python(code: str, *, env: dict[str, str], cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_runs_the_chain_and_a_stranger_runs_the_readmes_snippets_against_its_hub(tmp_path, readme, smaller):
    outputs: list[str] = []
    steps: list[str] = []

    def stranger(endpoint: str, token: str) -> None:
        env = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(tmp_path / "stranger"),
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        outputs.extend(python(snippet, env=env, cwd=tmp_path) for snippet in readme.snippets)

    result = run_demo(tmp_path / "demo", say=steps.append, overrides=smaller, quiet=True, wait=stranger)

    assert len(readme.snippets) == len(outputs) == 3
    assert "'jaccard': 0.42857142857142855" in outputs[2].replace('"', "'")
    assert {"student", "constant", "linear", "teacher-second-vote"} <= set(result.scores)
    assert result.rows["v1"]["train"] < result.rows["v2"]["train"]
    assert sum(result.rows["v2"].values()) >= 600
    assert result.verdict in table(result)
    assert DATASET in readme.text
    assert MODEL in readme.text
    assert sum(step.startswith("$ emojit push") for step in steps) == 3 + len(MODULE_FIGURES)
