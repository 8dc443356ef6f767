"""The schema of `eval_metrics.json`: everything that cards, tables and plots say about a student, as plain data.

Fields may be added; a field that is renamed or changes its meaning raises `SCHEMA_VERSION`. Scores are fractions in
[0, 1] unless stated.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from emojit.errors import DatasetError
from emojit.evaluation.analysis import Analysis
from emojit.evaluation.interval import Interval
from emojit.evaluation.plain_types import from_plain

__all__ = [
    "FILE_NAME",
    "SCHEMA_VERSION",
    "DatasetFacts",
    "Difference",
    "EvalReport",
    "Interval",
    "Kind",
    "MetricFacts",
    "Source",
    "SystemReport",
    "read_report",
]

SCHEMA_VERSION = 1
FILE_NAME = "eval_metrics.json"

Kind = Literal["student", "predictions", "saved-baseline", "baseline", "teacher"]
"""What a system is: a model, a prediction file, a baseline that was fitted and saved before, one of `emojit.baselines` fitted on the training split, or
the teacher's second vote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemReport:
    """The scores of one system on the rows of the report."""

    name: str
    """Unique in the report: "student", "predictions" or "saved-baseline"; names of baselines, such as "constant" and "linear"; "teacher-second-vote"."""
    kind: Kind
    """What it is."""
    label: str
    """The name for people."""
    rows: int
    """Rows scored (count); fewer than the report's where only some rows have a second vote."""
    jaccard: Interval
    """Mean Jaccard index with the rows' `emojis`; of the teacher's second vote with its first vote."""
    overlap: dict[str, float]
    """What emoji_jaccard returns: jaccard, exact_match, precision_micro, recall_micro, f1_micro, …_macro,
    empty_predictions, empty_references, outside_inventory (count)."""
    diversity: dict[str, float]
    """What emoji_diversity returns: outside_top, distinct (count), entropy_bits (bits) and the same of the references
    as reference_…"""
    emojis_per_text: float
    """Mean number of emoji of an answer (count)."""
    seconds: float | None
    """Time to answer all rows (s), fitting not included; None for answers read from a file."""
    length: dict[str, float | None] = field(default_factory=dict)
    """What emoji_length returns: mean, sd, reference_mean, correlation (None where one side is constant), ks_statistic, …; empty, as are the four
    below, in reports that were written before they were added."""
    category: dict[str, float | None] = field(default_factory=dict)
    """What emoji_category returns: group_jaccard, group_by_chance, subgroup_jaccard, near_miss, …"""
    distribution: dict[str, float | None] = field(default_factory=dict)
    """What emoji_distribution returns: jensen_shannon (bits), total_variation, never_predicted, …"""
    validity: dict[str, float | None] = field(default_factory=dict)
    """What emoji_validity returns, of the answers as they were written where a file brought them: valid, empty, repeated, with_text, …"""
    votes: dict[str, float | None] = field(default_factory=dict)
    """What emoji_votes returns, on the rows that have votes: jaccard_best, jaccard_mean, compared_best, ceiling_best, …; empty where none has, and for the
    teacher's second vote, which would meet itself."""

    def module(self, name: str) -> dict[str, float | None]:
        """Return what a metric module answered; empty for one that was not asked."""
        modules: dict[str, dict[str, float | None]] = {
            "emoji_jaccard": {**self.overlap},
            "emoji_diversity": {**self.diversity},
            "emoji_length": self.length,
            "emoji_category": self.category,
            "emoji_distribution": self.distribution,
            "emoji_validity": self.validity,
            "emoji_votes": self.votes,
        }
        return modules.get(name, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two systems compared row by row: the mean of the differences of their Jaccard indices."""

    system: str
    """Name of the system that is judged."""
    against: str
    """Name of the system it is compared with."""
    jaccard: Interval
    """Mean of system minus against, in [-1, 1]; clearly better where the whole interval is above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What was evaluated on."""

    name: str
    """Repository id, or the name of the build folder."""
    revision: str | None
    """Revision as asked for; None for a folder or the default branch."""
    commit: str | None
    """Commit that the revision stood for; None for a folder."""
    fingerprint: str
    """Digest of the data files, so that two reports on the same rows can be told."""
    split: str
    """Split that was scored."""
    rows: int
    """Rows of that split (count)."""
    train_rows: int
    """Rows of the training split, on which the baselines were fitted (count)."""
    input_column: str
    """Column that was read: "sns_text" or "original_text"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the answers of the system came from."""

    name: str
    """Repository id of the model, name of its folder, or name of the prediction file."""
    revision: str | None
    """Revision of the model's repository as asked for; None for a folder, a file or the default branch."""
    commit: str | None
    """Commit that the revision stood for; None for a folder or a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFacts:
    """Which code computed the scores."""

    name: str
    """Of the metric module, such as "emoji_jaccard"; reports of before had two of the seven here, and worked the others out."""
    source: str
    """"packaged", a folder, or a Hub id."""
    digest: str
    """Digest of the module's files as `evaluate` computes it (64 hex digits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalReport:
    """One evaluation."""

    schema_version: int
    """Version of this layout."""
    system: str
    """Name of the system that the report is about: "student", "predictions" or "saved-baseline"."""
    source: Source
    """Where its answers came from."""
    dataset: DatasetFacts
    """What was evaluated on."""
    systems: tuple[SystemReport, ...]
    """The system first, then the baselines from simple to strong, then the teacher's second vote if there is one."""
    differences: tuple[Difference, ...]
    """The system against each baseline."""
    verdict: str
    """What the differences mean, in one or two sentences."""
    metrics: tuple[MetricFacts, ...]
    """Which code computed the scores."""
    confidence: float
    """Share of the bootstrap means inside an interval, in (0, 1)."""
    resamples: int
    """Bootstrap resamples (count)."""
    seed: int
    """Seed of the bootstrap."""
    versions: dict[str, str]
    """Versions of Python and of the packages that decide the figures."""
    analysis: Analysis = field(default_factory=Analysis)
    """Intervals of all figures, breakdowns, calibration of scores, errors and the Japanese summary; empty in reports that were written before it was added."""

    def find(self, name: str) -> SystemReport:
        """Return a system by its name.

        Raises:
            KeyError: the report has no such system.
        """
        for system in self.systems:
            if system.name == name:
                return system
        raise KeyError(name)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)


def read_report(path: Path) -> EvalReport:
    """Read `eval_metrics.json`, or the one inside a run folder.

    Raises:
        DatasetError: the file is missing, no report, or of another schema version.
    """
    path = path / FILE_NAME if path.is_dir() else path
    hint = "run `emojit evaluate` again"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint=hint) from exc
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version is None:
        raise DatasetError(f"{path}: not the report of an evaluation", hint="run `emojit evaluate` first")
    if version != SCHEMA_VERSION:
        raise DatasetError(f"{path}: schema version {version!r}, this emojit knows {SCHEMA_VERSION}", hint=hint)
    try:
        return from_plain(EvalReport, table)
    except (KeyError, TypeError) as exc:
        raise DatasetError(f"{path}: not a report ({exc})", hint=hint) from exc
