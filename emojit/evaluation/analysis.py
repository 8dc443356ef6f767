"""The schema of what a report says beyond the scores: intervals of all figures, breakdowns, calibration of scores, and errors.

It is the key `analysis` of `eval_metrics.json`; a report of before has it empty. Fractions are in [0, 1] unless stated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from emojit.evaluation.interval import Ends, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """One system on one group of rows."""

    rows: int
    """Rows of the group that it answered (count)."""
    jaccard: Interval
    """Mean Jaccard index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some of the rows."""

    name: str
    """Unique in its breakdown."""
    rows: int
    """Rows in it (count), at least 1."""
    scores: dict[str, GroupScore]
    """Name of the system → its score; systems that answered none of the rows are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """All rows, each in exactly one group."""

    name: str
    """"length", "topic", "seen" or "frequency"."""
    title: str
    """For people."""
    note: str
    """What the groups are, in one sentence."""
    groups: tuple[Group, ...]
    """In their order; groups without rows are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The gold's emoji of one frequency in the training split, each counted as often as it stands in the gold."""

    name: str
    """Such as "5 to 19 times"."""
    emojis: int
    """Different emoji (count)."""
    occurrences: int
    """How often they stand in the gold (count)."""
    recall: dict[str, Interval]
    """Name of the system → share of these occurrences that it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers whose scores are alike."""

    low: float
    """Lowest expectation among them."""
    high: float
    """Highest."""
    count: int
    """How many (count)."""
    expected: float
    """Mean of what the scores promise."""
    observed: Interval
    """Mean of what came true, with its interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What scores promise beside what comes true."""

    count: int
    """Promises (count): rows for the Jaccard index, answered emoji for precision."""
    expected: float
    """Mean promise."""
    observed: float
    """Mean of what came true."""
    error: float
    """Expected calibration error: mean over the bins, by their counts, of |expected - observed|."""
    bins: tuple[Bin, ...]
    """At most ten, of about equally many promises, rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far the scores of one system can be believed."""

    system: str
    """Its name."""
    scores: str
    """What its scores are, in a sentence."""
    jaccard: Reliability
    """Expected against observed Jaccard index, by row."""
    precision: Reliability
    """Expected against observed share of right emoji, by answered emoji."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryShare:
    """One kind of error of one system."""

    name: str
    """See `emojit.evaluation.errors.rules.CATEGORIES`."""
    rows: int
    """Low rows of this category (count)."""
    share: Interval
    """Share of the low rows."""
    holds: int
    """Low rows to which its rule applies (count), also where an earlier rule gave the category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemErrors:
    """The low rows of one system."""

    system: str
    """Its name."""
    rows: int
    """Rows that it answered (count)."""
    low: int
    """Rows with a Jaccard index below the threshold (count)."""
    low_share: Interval
    """Share of the rows."""
    categories: tuple[CategoryShare, ...]
    """All categories in the order of the rules; their rows add up to `low`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRow:
    """One low row of the system that the report is about."""

    id: str
    """Of the row."""
    text: str
    """What was answered to."""
    gold: tuple[str, ...]
    """The reference."""
    answer: tuple[str, ...]
    """What was answered."""
    jaccard: float
    """Of the two."""
    category: str
    """By the first rule that applies."""
    holds: tuple[str, ...]
    """All rules that apply, in their order."""
    reason: str
    """Why this category, in words."""
    better: str | None
    """Name of the other system with the best answer, where it is better."""
    better_answer: tuple[str, ...]
    """Its answer."""
    better_jaccard: float
    """Its Jaccard index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The error analysis."""

    threshold: float = 0.0
    """A row is low where its Jaccard index is below this."""
    frequent: tuple[str, ...] = ()
    """The most frequent emoji of the training split, for the rule on frequent emoji."""
    systems: tuple[SystemErrors, ...] = ()
    """Every system, in the order of the report."""
    examples: tuple[LowRow, ...] = ()
    """The most instructive low rows of the system that the report is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything beyond the scores."""

    intervals: dict[str, dict[str, dict[str, Ends]]] = field(default_factory=dict)
    """Name of the system → metric module → figure → its interval; counts, largest values and p-values have none."""
    breakdowns: tuple[Breakdown, ...] = ()
    """By length, topic, seen emoji and frequency."""
    bands: tuple[Band, ...] = ()
    """Recall by frequency of the emoji, from frequent to unseen."""
    calibration: tuple[Calibration, ...] = ()
    """Of the systems that give scores."""
    errors: Errors = field(default_factory=Errors)
    """Low rows and their categories."""
    summary_ja: str = ""
    """The report in a Japanese paragraph."""
