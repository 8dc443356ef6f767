"""The schema of `comparison.json`: everything that a report on several runs says, as plain data. Page and Markdown are made of nothing else.

Scores are fractions in [0, 1] unless stated, all of the test split unless stated. Fields may be added; one that is renamed or changes its meaning raises
`SCHEMA_VERSION`. It is published: no paths of this machine, and no time stamps, so that the same runs give the same bytes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from emojit.evaluation.report import Interval

SCHEMA_VERSION = 1
FILE_NAME = "comparison.json"

NONE = "∅"
"""Stands in a confusion for "no emoji": the student said nothing in place of a missed one, or nothing was missed where it said one too many."""
OTHER = "…"
"""Stands in a confusion for all emoji that have no row of their own."""

Verdict = Literal["better", "worse", "undecided", "equal"]
"""Against the other system, after the correction for the number of comparisons; "equal" where no row differs."""
State = Literal["done", "failed", "skipped", "pending", "running", "incomplete"]
"""Of one run; "incomplete" is a folder that lacks a file or holds a damaged one."""
FindingKind = Literal["better", "worse", "undecided", "target", "baseline", "collapse", "spread", "problem", "data"]
"""What a finding is about: a variant against the base, the plan's targets, the baselines, answers of little worth, the seeds, runs that are missing, the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence or two of what was found, the most important first."""

    kind: FindingKind
    """What it is about."""
    variant: str | None
    """The variant that it is about; None for all."""
    english: str
    """The words."""
    japanese: str
    """The same in Japanese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One system on one list of rows."""

    jaccard: float
    """Mean Jaccard index with the gold."""
    exact_match: float
    """Share of the rows whose set of emoji is the gold's."""
    f1_micro: float
    """F1 over all emoji of all rows."""
    f1_macro: float
    """Mean F1 of the emoji."""
    outside_top: float
    """Share of the answered emoji that are not among the gold's five most common ones."""
    distinct: float
    """Different emoji that were answered (count; a mean where it stands for several seeds)."""
    entropy_bits: float
    """Shannon entropy of the answered emoji (bits)."""
    emojis_per_text: float
    """Mean number of emoji of an answer (count)."""
    valid: float
    """Share of the rows whose answer is one to five distinct emoji of the inventory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One score over the seeds of a variant."""

    low: float
    """Of the worst seed."""
    high: float
    """Of the best seed."""
    deviation: float | None
    """Standard deviation with n - 1 in the denominator; None with one seed, about which nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two systems on the same rows, the seeds of each averaged row by row."""

    against: str
    """Name of the variant or baseline that it is compared with."""
    jaccard: Interval
    """Mean of the row-wise differences, in [-1, 1], with its paired bootstrap interval at `Comparison.confidence`, not corrected."""
    corrected: Interval
    """The same with the interval at the confidence that Holm's correction leaves: it excludes zero exactly where the verdict says better or worse."""
    p_value: float
    """Two-sided, of the same bootstrap."""
    p_holm: float
    """After Holm's correction over all comparisons of its family."""
    verdict: Verdict
    """Better or worse only where `p_holm` is at most 1 - confidence."""
    seeds_overlap: bool | None
    """Whether a seed of the worse one scored at least as high as a seed of the better one; None where either has a single seed, or is a baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expressible:
    """The rows whose whole gold the variant has tokens for. Other rows for every inventory: compare with `base_jaccard` alone."""

    emojis: int
    """Emoji that the variant can write (count)."""
    rows: int
    """Such rows (count)."""
    jaccard: Interval | None
    """Its mean Jaccard index on them; None without such a row."""
    base_jaccard: float | None
    """The base's on the same rows; None for the base, without such a row, or where the base has no run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One of the plan's targets, on one variant."""

    name: Literal["jaccard", "outside_top", "exact_match"]
    """The score."""
    target: float
    """What the plan asks for at least."""
    reached: float
    """Mean over rows and seeds."""
    met: bool
    """Whether the mean reaches the target."""
    certain: bool
    """Whether the lower end of the bootstrap interval does, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One row of the table: a variant of the plan, or a run that was given by hand."""

    name: str
    """As the plan calls it, or the name of the folder; unique."""
    is_base: bool
    """Whether the others are compared with it."""
    hypothesis: str | None
    """The plan's words for what it is to show."""
    changes: dict[str, Any]
    """Keys of the recipe that differ from the base, with this variant's value (None: not set)."""
    seeds: tuple[int, ...]
    """Seeds whose runs are in the figures, in rising order; empty where no run can be read: `scores` and all that follows is None then."""
    planned: int
    """Runs that were to be made (count)."""
    scores: Scores | None
    """Means over the seeds."""
    jaccard: Interval | None
    """Mean over rows of the seeds' mean, with its bootstrap interval over rows."""
    exact_match: Interval | None
    """The same of the exact match."""
    outside_top: Interval | None
    """The same of the share outside the top five: rows are drawn, and all their emoji with them."""
    spread: dict[str, Spread]
    """Over the seeds, by the name of the field of `Scores`; empty without runs."""
    expressible: Expressible | None
    """None where a run does not tell what it can write."""
    difference: Difference | None
    """Against the base; None for the base itself and where either has no run."""
    against_baseline: Difference | None
    """Against the strongest baseline of the table; None without one."""
    criteria: tuple[Criterion, ...]
    """The plan's targets, if it has some."""
    when: str | None = None
    """The plan's condition for running it, in words; None where it is always run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A simple model as a row of the table."""

    name: str
    """Such as "constant" or "linear"."""
    scores: Scores
    """Its scores."""
    jaccard: Interval
    """Mean with interval."""
    difference: Difference | None
    """Against the base; its own family of comparisons. None where the base has no run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure of older work, for a table of its own: it was measured on other rows and is compared with nothing."""

    name: str
    """Variant of this plan with the same settings."""
    jaccard: float | None
    """Mean Jaccard index; None where it was not published."""
    outside_top: float | None
    """Share outside the top five; None where it was not published."""
    rows: int | None
    """Test rows behind it (count); None where it is not known."""
    remark: str
    """What is to be known about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One line of `train_log.csv`; None for what that line does not hold. All but `loss` on the validation split."""

    epoch: float
    """Passes over the training rows."""
    step: int
    """Updates (count)."""
    loss: float | None
    """Training loss: what is minimised, so it compares runs of one loss only (nats per position, dice none)."""
    eval_loss: float | None
    """Plain cross entropy (nats per position)."""
    jaccard: float | None
    """Mean Jaccard index."""
    exact_match: float | None
    """Exact match."""
    outside_top: float | None
    """Share outside the top five."""
    distinct: float | None
    """Different emoji that were answered (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: a variant with a seed."""

    variant: str
    """Name of its variant."""
    seed: int
    """Its seed; for a folder by hand that cannot be read, -1."""
    folder: str
    """Where it lies: below the plan's folder, or the name of the folder given by hand."""
    state: State
    """Whether it is in the figures ("done"), or why not."""
    reason: str | None
    """Why not, in a sentence; None where it is done."""
    hint: str | None
    """What to do about it."""
    log_tail: tuple[str, ...]
    """Last lines of what a failed run said."""
    notes: tuple[str, ...]
    """What is missing though the run is in the figures, such as its log."""
    scores: Scores | None
    """Test scores; None where it is not in the figures."""
    validation_jaccard: float | None
    """Of the chosen weights."""
    train_rows: int | None
    """Rows of the training split that were learned from, once each (count)."""
    emojis: int | None
    """Emoji that it can write (count)."""
    rows_per_emoji: float | None
    """Training rows over emoji that it can write: the density of its training data."""
    epochs: float | None
    """Passes made."""
    best_epoch: float | None
    """Pass whose weights were taken."""
    seconds: float | None
    """Wall time (s), as recorded by the run."""
    curve: tuple[CurvePoint, ...]
    """Its log in order; empty where there is none."""
    train_fingerprint: str | None
    """Digest of the training files."""
    code: str | None
    """Version and commit of the code, such as "0.1.0 (1a2b3c4d5e6f)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiShare:
    """How often one emoji is used, against the gold."""

    emoji: str
    """The emoji."""
    name: str
    """Its English name."""
    name_ja: str
    """Its Japanese name."""
    gold: float
    """Share of the gold's emoji that it makes up."""
    variants: dict[str, float]
    """The same of each variant's answers, all seeds together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """What a variant says in place of the frequent emoji, all seeds together.

    A gold emoji that was answered is one hit. One that was missed is divided equally among the emoji of the answer that are not in the gold, or goes to
    `NONE` where there are none; surplus emoji of a row without a miss stand in the row `NONE`.
    """

    variant: str
    """Name of the variant."""
    labels: tuple[str, ...]
    """Rows and columns: the gold's most frequent emoji, most frequent first, then `OTHER`, then `NONE`."""
    counts: tuple[tuple[float, ...], ...]
    """counts[gold][answer]: occurrences over all rows and seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One test row with the answers of all."""

    id: str
    """Of the row."""
    text: str
    """What the base's student read (the first variant's where the base has no run)."""
    gold: tuple[str, ...]
    """The gold."""
    answers: dict[str, tuple[str, ...]]
    """Variant (its first seed), then baseline, to what it answered."""
    jaccard: dict[str, float]
    """The same to its Jaccard index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRows:
    """The rows that everything was scored on."""

    __test__ = False  # no test class, though pytest would think so

    dataset: str
    """Repository id, or name of the build folder."""
    revision: str | None
    """Revision as asked for."""
    commit: str | None
    """Commit that it stood for."""
    fingerprint: str
    """Digest of the test files as the runs record it."""
    content: str
    """Digest over ids and gold of the rows, in the order of the ids (16 hex digits)."""
    rows: int
    """Rows (count)."""
    gold: Scores
    """The gold by itself: Jaccard and exact match are 1, the others say what a perfect student would reach."""
    top: tuple[str, ...]
    """The gold's five most common emoji."""
    articles: int | None = None
    """Articles that the rows are of (count): the bootstrap draws these, with all their rows. None where no run says; then rows are drawn."""

    @property
    def units(self) -> int:
        """What the bootstrap draws of: articles, else rows (count)."""
        return self.rows if self.articles is None else self.articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The whole report."""

    schema_version: int
    """Version of this layout."""
    name: str
    """Name of the plan, or of the base's folder."""
    base: str
    """Name of the variant that the others are compared with."""
    findings: tuple[Finding, ...]
    """What was found, the most important first."""
    test: TestRows | None
    """The rows; None where no run can be read."""
    variants: tuple[Variant, ...]
    """The base first, then in the plan's order."""
    baselines: tuple[Baseline, ...]
    """From weak to strong."""
    published: tuple[Published, ...]
    """Figures of older work, in the plan's order."""
    runs: tuple[Run, ...]
    """Every run, also those that failed or were skipped: by variant in order, then by seed."""
    distribution: tuple[EmojiShare, ...]
    """The most frequent emoji of the gold, most frequent first, then those that some variant uses far too often."""
    confusions: tuple[Confusion, ...]
    """One per variant with runs."""
    samples: tuple[Sample, ...]
    """Twenty rows spread evenly over the test split."""
    confidence: float
    """Of the intervals, in (0, 1)."""
    resamples: int
    """Bootstrap resamples (count)."""
    bootstrap_seed: int
    """Seed of the bootstrap."""

    def variant(self, name: str) -> Variant:
        """Return a variant by its name.

        Raises:
            KeyError: there is none.
        """
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise KeyError(name)

    @property
    def problems(self) -> tuple[Run, ...]:
        """The runs that are not in the figures."""
        return tuple(run for run in self.runs if run.state != "done")

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)
