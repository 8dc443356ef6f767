"""The demo runs the whole chain, and the snippets of the README run as written against its Hub."""

from __future__ import annotations

import os

import pytest

from emojit.experiment.demo import DATASET, MODEL, run_demo, table
from emojit.metrics import MODULE_FIGURES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_demo_runs_the_chain_and_a_stranger_runs_the_readmes_snippets_against_its_hub(
    tmp_path, readme, smaller, forks
):
    outputs: list[str] = []
    steps: list[str] = []

    def stranger(endpoint: str, token: str) -> None:
        env = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(tmp_path / "stranger"),
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        with forks(env, emojit=False) as programs:
            for snippet in readme.snippets:
                done = programs.run({"code": snippet}, cwd=tmp_path)
                assert done.returncode == 0, done.stderr
                outputs.append(done.stdout)

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
