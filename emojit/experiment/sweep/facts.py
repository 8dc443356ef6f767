"""What a sweep says, as plain records: `sweep.json` is this, and Markdown and plots read nothing else.

Fields may be added; one that is renamed or changes its meaning raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 1
FILE_NAME = "sweep.json"

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is measured at a checkpoint."""

    name: str
    """As `--metrics`, `--weights` and `--by` take it."""
    label: str
    """For people."""
    better: Better
    """Which values are good; "neither" for what only describes and can choose nothing."""
    unit: str
    """"share" for fractions in [0, 1], whose differences are stated in points (hundredths); else a unit such as "nats", or "" where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One checkpoint, or the mean of the weights of several neighbours."""

    name: str
    """"checkpoint-<step>", or "mean of checkpoint-<step> to checkpoint-<step>"."""
    step: int
    """Updates made; of a mean those of its last member."""
    epoch: float
    """Passes over the training rows; of a mean those of its last member."""
    members: tuple[int, ...]
    """Steps whose weights were averaged; one for a checkpoint."""
    scores: dict[str, float]
    """Metric to value; empty where there is a problem."""
    problem: str | None = None
    """Why it has no scores; None where it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The checkpoints of one run."""

    run: str
    """Its name."""
    source: Literal["run", "log", "table"]
    """Scored here on the validation rows, measured by the run itself while it trained (a domain run), or figures of others."""
    length: int | None
    """Longest input of the run (tokens); None where nothing says so."""
    steps_per_epoch: float | None
    """Updates in an epoch; None where no checkpoint has an epoch above 0."""
    rows: int | None
    """Validation rows, of a domain run masked words (count); None for figures of others."""
    fingerprint: str | None
    """Of the validation split, as in `run.json`; None where checkpoints were not scored here."""
    checkpoints: tuple[Checkpoint, ...]
    """By rising step."""
    averages: tuple[Checkpoint, ...] = ()
    """Means of neighbours, by rising step."""
    articles: int | None = None
    """Articles that the rows are of (count): the bootstrap draws these. None where the run does not say, and where checkpoints were not scored here."""
    holds: int | None = None
    """Step whose weights are in the run's `model/`; None where it is an average, and for figures of others."""

    def scored(self, metric: str) -> tuple[Checkpoint, ...]:
        """Return the checkpoints that have a value of a metric."""
        return tuple(checkpoint for checkpoint in self.checkpoints if metric in checkpoint.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one metric says about one run."""

    run: str
    """Name of the run."""
    metric: str
    """Name of the metric."""
    peak: str
    """Checkpoint with the best value; the earliest of equal ones."""
    peak_step: int
    """Its updates."""
    peak_epoch: float
    """Its epochs."""
    peak_score: float
    """Its value."""
    last_step: int
    """Updates of the last checkpoint."""
    last_epoch: float
    """Its epochs."""
    last_score: float
    """Its value."""
    lost: float
    """How much worse the last is than the peak: at least 0; in points (hundredths) for shares, else in the unit of the metric."""
    lost_low: float | None
    """Lower end of the 95 % interval of `lost`, by a paired bootstrap over the articles of the validation rows, over the rows where these are not known; None where the metric is no mean over rows."""
    lost_high: float | None
    """Upper end."""
    tolerance: float
    """How much worse than the peak is still as good, in the unit of `lost`."""
    plateau: tuple[str, ...]
    """The peak and its neighbours that are as good, in order."""
    plateau_from: float
    """Epoch of the first of them."""
    plateau_to: float
    """Epoch of the last."""
    onset_step: int | None
    """First checkpoint after the peak from which on none is as good any more: onset of overfitting; None where the last is as good."""
    onset_epoch: float | None
    """Its epochs."""
    spare: float
    """Share of the updates that came after the peak, in [0, 1): early stopping right after it would have saved them."""
    patience: int
    """Smallest number of checkpoints without a better one that early stopping must have waited for, to reach the peak (count)."""
    stops_at: float | None
    """Epoch at which it would have stopped with that patience; None where the run was over before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which weights of a run to take."""

    run: str
    """Name of the run."""
    checkpoint: str
    """Name of the checkpoint or mean."""
    members: tuple[int, ...]
    """Its steps."""
    epoch: float
    """Its epochs."""
    score: float
    """Its value of the metric that chooses."""
    why: str
    """In words."""
    asked: bool = False
    """Whether somebody asked for it, whatever its score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedComposite:
    """How far a composite score that a table states is the one of the weights that were given."""

    column: str
    """Metric that holds what the table states."""
    rows: int
    """Checkpoints that have both (count)."""
    equal: int
    """Those that agree to the last digit that the table gives (count)."""
    runs: tuple[str, ...]
    """Runs all of whose checkpoints agree."""
    furthest: float
    """Largest difference."""
    furthest_at: str
    """Run and checkpoint of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The whole report."""

    schema_version: int
    """Version of this layout."""
    metrics: tuple[Metric, ...]
    """What was measured, the composite first."""
    weights: dict[str, float] | None
    """Weights of the composite score, adding up to 1; None where none was asked for."""
    by: str
    """Metric that chooses."""
    tolerance: float
    """What counts as good as the peak, in points for shares, else in per cent of the peak."""
    average: int | None
    """Neighbours in a mean (count); None where none was tried."""
    curves: tuple[Curve, ...]
    """One per run, in the order given."""
    findings: tuple[Finding, ...]
    """Per run and metric that can choose."""
    choices: tuple[Choice, ...]
    """Per run that has a value of the metric that chooses."""
    best: Choice | None
    """The best of them; None where no run has one."""
    composite: StatedComposite | None
    """None where weights and a stated composite are not both there."""
    emojit: str
    """Version that made the report."""

    def metric(self, name: str) -> Metric:
        """Return the metric of that name."""
        return next(metric for metric in self.metrics if metric.name == name)

    def finding(self, run: str, metric: str | None = None) -> Finding | None:
        """Return what a metric says about a run, without one the metric that chooses; None where it says nothing."""
        wanted = metric or self.by
        return next((found for found in self.findings if (found.run, found.metric) == (run, wanted)), None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)
