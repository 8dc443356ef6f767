"""The whole chain on one machine: what `emojit demo` runs.

Every step is the command that a user would type, run in a process of its own with `HF_ENDPOINT` set to an embedded Hub, so the demo shows the real
command line and the clients' own reading of the environment. Nothing is shared between the steps but files and the Hub.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emojit.errors import EmojitError
from emojit.metrics import MODULE_FIGURES

logger = logging.getLogger(__name__)

USER = "demo"
DATASET = f"{USER}/emojit-sample"
MODEL = f"{USER}/emojit-student"
METRICS = tuple(MODULE_FIGURES)
LOADED_BACK = ("emoji_jaccard", "emoji_diversity")

_OFFLINE_SWITCHES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE", "TRANSFORMERS_OFFLINE")
"""With one of them the clients would not even ask a Hub on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo found.

    Attributes:
        folder: where everything lies.
        endpoint: address of the embedded Hub.
        rows: rows per split, for each version of the data set.
        scores: per system, the mean Jaccard on the test split and its 95 % interval, all in [0, 1].
        verdict: one sentence on the student against the best constant answer.
        samples: test rows as the stranger's program saw them.
        seconds: wall time of each step and of the whole (s).
    """

    folder: Path
    endpoint: str
    rows: dict[str, dict[str, int]]
    scores: dict[str, dict[str, float]]
    verdict: str
    samples: list[dict[str, str]]
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return {**asdict(self), "folder": str(self.folder)}


class _Chain:
    """Runs the steps one after the other and keeps their times."""

    def __init__(self, folder: Path, env: Mapping[str, str], say: Callable[[str], None], *, quiet: bool) -> None:
        self.folder = folder
        self.env = dict(env)
        self.say = say
        self.quiet = quiet
        self.seconds: dict[str, float] = {}

    def emojit(self, step: str, *arguments: str) -> dict[str, Any]:
        """Run one emojit command with `--json` and return its object."""
        self.say(f"$ emojit {' '.join(arguments)}")
        flags = ["--quiet"] if self.quiet else []
        return self.run(step, [sys.executable, "-m", "emojit", *flags, *arguments, "--json"])

    def run(self, step: str, command: Sequence[str]) -> dict[str, Any]:
        """Run a command whose stdout is one JSON object; its messages go to this process's stderr."""
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False
        )
        self.seconds[step] = round(time.monotonic() - start, 1)
        if done.returncode != 0:
            raise EmojitError(
                f"demo: the step '{step}' failed with exit code {done.returncode}",
                hint=f"its message stands above; the files are in {self.folder}",
            )
        result: dict[str, Any] = json.loads(done.stdout)
        logger.info("demo step=%s seconds=%.1f", step, self.seconds[step])
        return result


def _environment(folder: Path, endpoint: str, token: str) -> dict[str, str]:
    """Return the environment of the steps: this Hub whatever the user's says of proxies and offline mode, a cache of their own, no telemetry."""
    package_parent = str(Path(__file__).resolve().parents[2])
    no_proxy = ",".join(filter(None, (os.environ.get("no_proxy", os.environ.get("NO_PROXY")), "127.0.0.1")))
    return {
        # Idle OpenMP threads shall sleep, not spin: on two cores beside another busy process spinning made a training step several times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_TOKEN": token,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,  # the spelling that wins where both are set
        **dict.fromkeys(_OFFLINE_SWITCHES, "0"),
        "HF_HOME": str(folder / "hf-home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # A dozen files of a few kB each: the clients' own bars would be most of what the visitor sees.
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, (package_parent, os.environ.get("PYTHONPATH")))),
    }


def _sets(overrides: Sequence[str]) -> list[str]:
    return [argument for override in overrides for argument in ("--set", override)]


def run_demo(
    folder: Path,
    *,
    say: Callable[[str], None],
    recipe: str = "demo",
    overrides: Sequence[str] = (),
    quiet: bool = False,
    wait: Callable[[str, str], None] | None = None,
) -> DemoResult:
    """Build, push, train, measure and load back, against an embedded Hub in `folder`.

    Args:
        folder: an empty or new folder for everything the demo makes.
        say: called with one line per step.
        recipe: training recipe.
        overrides: `key.path=value` strings for the training recipe.
        quiet: no progress bars.
        wait: called with the endpoint and the user's token after the last step, while the Hub still runs (`--keep`).

    Returns:
        The figures that the final table shows.

    Raises:
        EmojitError: a step failed.
    """
    from emojit.localhub import LocalHub
    from emojit.resources import resource

    start = time.monotonic()
    folder = folder.resolve()
    with LocalHub(folder / "hub") as hub:
        hub.create_user(USER)
        token = hub.create_token(USER)
        chain = _Chain(folder, _environment(folder, hub.endpoint, token), say, quiet=quiet)
        say(f"embedded Hub at {hub.endpoint}, everything in {folder}")

        for tag, share in (("v1", "0.5"), ("v2", "1.0")):
            sets = (f"corpus.share={share}", f"release.repo_id={DATASET}", f"release.version={tag}")
            chain.emojit(f"build {tag}", "build-dataset", "sample", "--out", tag, *_sets(sets))
            chain.emojit(f"push {tag}", "push", "dataset", tag, DATASET, "--tag", tag)
        for metric in METRICS:
            path = str(resource(f"eval_modules/{metric}"))
            chain.emojit(f"push {metric}", "push", "metric", path, f"{USER}/{metric}", "--tag", "v1")

        chain.emojit(
            "train", "train", recipe, "--dataset", DATASET, "--revision", "v2", "--out", "run", *_sets(overrides)
        )
        report = chain.emojit(
            "evaluate", "evaluate", "--model", "run", "--dataset", DATASET, "--revision", "v2", "--metrics-from", USER
        )
        chain.emojit("push model", "push", "model", "run", MODEL, "--tag", "v1")

        say("$ python -I load_back.py   # a fresh process that imports no emojit")
        script = str(Path(__file__).with_name("load_back.py"))
        metric_ids = [f"{USER}/{metric}" for metric in LOADED_BACK]
        found = chain.run("load back", [sys.executable, "-I", script, DATASET, MODEL, *metric_ids])
        if found["emojit_imported"]:
            raise EmojitError("demo: the loading process imported emojit, so it proves nothing")
        chain.seconds["total"] = round(time.monotonic() - start, 1)
        result = DemoResult(
            folder=folder,
            endpoint=hub.endpoint,
            rows=found["rows"],
            scores=report["scores"],
            verdict=report["verdict"],
            samples=found["samples"],
            seconds=chain.seconds,
        )
        if wait is not None:
            wait(hub.endpoint, token)
    return result


def table(result: DemoResult) -> str:
    """Return the closing table: rows per split, Jaccard per system, samples, and where the folder is."""
    lines = ["", "rows          train  validation  test"]
    for tag, rows in result.rows.items():
        lines.append(f"  {tag:<10} {rows.get('train', 0):>6} {rows.get('validation', 0):>11} {rows.get('test', 0):>5}")
    lines += ["", "mean Jaccard on the test split of v2 (95 % interval)"]
    for name, score in result.scores.items():
        lines.append(f"  {name:<24} {score['jaccard']:.3f}  [{score['low']:.3f}, {score['high']:.3f}]")
    lines += ["", result.verdict, "", "what a stranger's program read back:"]
    lines += [f"  {row['text']}  →  {row['predicted']}   (teacher: {row['teacher']})" for row in result.samples[:5]]
    lines += ["", f"{result.seconds['total']:.0f} s in all; everything is in {result.folder}"]
    return "\n".join(lines)
