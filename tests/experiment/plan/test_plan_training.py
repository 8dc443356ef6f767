"""The small historical plan, trained for real on a few rows: killed in the middle, with a variant that cannot be trained."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.resolve import resolve_plan
from emojit.experiment.plan.run import run_plan
from emojit.resources import resource

ROOT = Path(__file__).parents[3]
TINY = (
    "model.vocab_size=2000", "model.d_model=16", "model.d_ff=16", "model.num_heads=2", "train.epochs=4", "data.emoji_name_rows=0",
    "data.max_train_rows=16",
)  # fmt: skip
BROKEN = """
[[variants]]
name = "broken"
hypothesis = "It cannot be trained, and nothing else shall suffer from it."
set = { "model.base" = "no/such/folder" }
"""


def start(plan: Path, build: Path, out: Path, command: tuple[str, ...]) -> subprocess.Popen[str]:
    script = f"""
from pathlib import Path
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.resolve import resolve_plan
from emojit.experiment.plan.run import run_plan
plan = resolve_plan({str(plan)!r}, dataset={str(build)!r}, seeds=[0], overrides={TINY!r})
run_plan(plan, PlanFolder(Path({str(out)!r})), jobs=1, say=print, command={command!r})
"""
    return subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.mark.slow
def test_the_small_historical_plan_survives_kill_9_and_a_variant_that_fails(tmp_path, build, warm, until_saved):
    plan, out = tmp_path / "plan.toml", PlanFolder(tmp_path / "out")
    small = resource("recipes/experiments/v3-small.toml").read_text(encoding="utf-8")
    plan.write_text(small.replace('"constant", "linear"', '"constant"') + BROKEN, encoding="utf-8")
    killed = start(plan, build, out.path, warm.call)
    until_saved(out.run("base", 0) / "checkpoints", 1, lambda: killed.poll() is None)
    killed.send_signal(signal.SIGKILL)  # the plan, and what it trains
    os.kill(out.statuses()[0].pid, signal.SIGKILL)
    killed.wait()
    assert not (out.run("base", 0) / "run.json").exists()

    said: list[str] = []
    resolved = resolve_plan(plan, dataset=str(build), seeds=[0], overrides=TINY)
    # Any code: somebody may work on this checkout while its tests run.
    result = run_plan(resolved, out, jobs=2, any_code=True, say=said.append, quiet=True, command=warm.call)

    states = {status.variant: status.state for status in result.statuses}
    assert states.pop("broken") == "failed"
    assert states["base"] == states["lr1e-4"] == states["top100"] == "done"
    assert set(states.values()) <= {"done", "skipped"}
    assert "base seed 0: goes on" in said
    assert json.loads((out.run("base", 0) / "run.json").read_text(encoding="utf-8"))["training"]["resumed_from"] >= 1
    failure = out.read_failure("broken", 0)
    assert failure.message.startswith("no/such/folder")
    assert out.baselines.is_file()
