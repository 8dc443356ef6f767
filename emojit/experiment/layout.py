"""Where everything of a plan of experiments lies on disk: the one place that knows the names of its files.

```text
OUT/                                   default outputs/experiments/<plan name>
  plan.toml                            the resolved plan
  status.json                          how far every run is, written after every change
  runs/<variant>/seed-<n>/             a run folder, as `emojit train` writes it
  runs/<variant>/seed-<n>.identity.json  what the run was begun with
  runs/<variant>/seed-<n>.failed.json  why it failed
  recipes/<variant>-seed-<n>.toml      the recipe it is trained with
  logs/<variant>-seed-<n>.log          what the training said
  old/                                 runs of other settings, other data or other code, put aside
  baselines.parquet                    answers of the simple models
```
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from emojit.dataset.folder import write_json, write_text
from emojit.errors import ConfigError, UsageError
from emojit.recipe import PlanConfig, dump, load_text

EXPERIMENTS = Path("outputs") / "experiments"
PLAN = "plan.toml"
STATUS = "status.json"
SCHEMA_VERSION = 1
"""Version of the layout of `status.json`."""

State = Literal["pending", "running", "done", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """How far one run is."""

    variant: str
    """Name of the variant; "base" is the plan without changes."""
    seed: int
    """Seed of the run."""
    state: State
    """"skipped": its condition did not hold."""
    reason: str | None = None
    """Why it failed or was skipped, in a sentence; None otherwise."""
    seconds: float | None = None
    """Wall time of its training (s), all pieces together where it was resumed; None before it ended."""
    pid: int | None = None
    """Process that trains it; None unless it is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailure:
    """Why a run failed (`runs/<variant>/seed-<n>.failed.json`)."""

    message: str
    """The `error:` line of the training, or how its process ended."""
    hint: str | None
    """The `hint:` line."""
    exit_code: int
    """Exit code of the process; negative: the signal that ended it."""
    log: str
    """The end of what it said."""


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """A plan on disk."""

    path: Path

    @property
    def plan(self) -> PlanConfig:
        """The resolved plan.

        Raises:
            UsageError: the folder holds no plan.
            ConfigError: the plan cannot be read.
        """
        file = self.path / PLAN
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError as exc:
            raise UsageError(
                f"{self.path}: no {PLAN}, so this is no folder of experiments",
                hint="run the plan first, emojit experiment run PLAN; where it was run with --out, give that folder",
            ) from exc
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{file}: cannot be read ({exc})", hint="give another --out") from exc
        return load_text(PlanConfig, text, where=str(file))

    def write_plan(self, plan: PlanConfig) -> None:
        """Write the resolved plan."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.path / PLAN, dump(plan))

    def run(self, variant: str, seed: int) -> Path:
        """Return the folder of a run, whether it is there or not."""
        return self.path / "runs" / variant / f"seed-{seed}"

    def identity(self, variant: str, seed: int) -> Path:
        """Return the file that says with what a run was begun."""
        return self.path / "runs" / variant / f"seed-{seed}.identity.json"

    def failure(self, variant: str, seed: int) -> Path:
        """Return the file that says why a run failed."""
        return self.path / "runs" / variant / f"seed-{seed}.failed.json"

    def recipe(self, variant: str, seed: int) -> Path:
        """Return the recipe with which a run is trained."""
        return self.path / "recipes" / f"{variant}-seed-{seed}.toml"

    def log(self, variant: str, seed: int) -> Path:
        """Return the file with what the training said."""
        return self.path / "logs" / f"{variant}-seed-{seed}.log"

    @property
    def baselines(self) -> Path:
        """Answers of the simple models: id, split ("validation" or "test"), and one column per baseline."""
        return self.path / "baselines.parquet"

    @property
    def baselines_identity(self) -> Path:
        """What `baselines.parquet` was made with."""
        return self.path / "baselines.identity.json"

    @property
    def old(self) -> Path:
        """Where runs are put aside that do not belong to the plan any more."""
        return self.path / "old"

    def statuses(self) -> tuple[RunStatus, ...]:
        """Return how far every run is, in the order of the plan; empty before the plan was ever run.

        Raises:
            UsageError: `status.json` cannot be read.
        """
        file = self.path / STATUS
        try:
            table = json.loads(file.read_text(encoding="utf-8"))
            return tuple(RunStatus(**{key: row.get(key) for key in RunStatus.__slots__}) for row in table["runs"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise UsageError(
                f"{file}: cannot be read ({exc})", hint="remove it: `emojit experiment run` writes it again"
            ) from exc

    def write_statuses(self, statuses: Sequence[RunStatus]) -> None:
        """Write how far every run is, whole or not at all."""
        runs: list[dict[str, Any]] = [asdict(status) for status in statuses]
        write_json(self.path / STATUS, {"schema_version": SCHEMA_VERSION, "runs": runs})

    def read_failure(self, variant: str, seed: int) -> RunFailure | None:
        """Return why a run failed, or None where it did not."""
        try:
            table = json.loads(self.failure(variant, seed).read_text(encoding="utf-8"))
            return RunFailure(**{key: table.get(key) for key in RunFailure.__slots__})
        except (OSError, ValueError, AttributeError):
            return None


def find_plan_folder(plan: str | Path, out: Path | None = None) -> PlanFolder:
    """Return the folder of a plan that was run.

    Args:
        plan: a plan file, the name of a packaged plan, or the folder itself.
        out: the folder, where it is not outputs/experiments/<plan name>.

    Raises:
        ConfigError: there is no such plan.
        UsageError: it was never run.
    """
    from emojit.recipe import load
    from emojit.resources import find_plan

    path = Path(plan)
    if out is None and path.is_dir():
        folder = PlanFolder(path)
    elif out is None:
        folder = PlanFolder(EXPERIMENTS / load(PlanConfig, find_plan(plan)).name)
    else:
        folder = PlanFolder(out)
    _ = folder.plan  # says what is missing
    return folder
