"""The schema of `judge.json`: everything that a report says about judged systems, as plain data.

Fields may be added; a field that is renamed or changes its meaning raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from emojit.evaluation.report import Interval

SCHEMA_VERSION = 1
FILE_NAME = "judge.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a stage asked and what that cost, over all runs that led to its file."""

    questions: int
    """Questions whose replies were used (count), those asked again among them; the same answers of two systems share one."""
    prompt_tokens: int
    """Tokens read by the judge, as the endpoint counts them (count)."""
    completion_tokens: int
    """Tokens written by it, likewise (count)."""
    cost_usd: float | None
    """What the endpoint billed or the recipe's price comes to (USD); None where neither is known for any reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is the same for every stage of a report: rejected rows and the bill."""

    rejected: dict[str, int]
    """What could not be judged, by reason (count of questions, or of texts for "system_without_answer")."""
    bill: Bill
    """Questions, tokens and cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScores:
    """Absolute scores of one system; several answers of the judge to one text count as their mean."""

    name: str
    """Name of the system; "gold" are the references."""
    texts: int
    """Texts with a score (count); without any the figures are None."""
    semantic: Interval | None
    """Mean of how well the emoji say what the text says, 0 to 4."""
    semantic_sd: float | None
    """Standard deviation over texts, with n in the denominator."""
    naturalness: Interval | None
    """Mean of how natural they are in a post, 0 to 4."""
    naturalness_sd: float | None
    """Standard deviation over texts, with n in the denominator."""
    misleading: Interval | None
    """Share of the texts whose emoji mislead, in [0, 1]."""
    error_categories: dict[str, int]
    """Judgements by their greatest fault (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDifference:
    """Two systems compared text by text: their intervals are narrower than the single ones suggest, for both met the same texts."""

    system: str
    """Name of the system that is compared."""
    against: str
    """Name of the system it is compared with."""
    texts: int
    """Texts where both have a score (count); without any the figures are None."""
    semantic: Interval | None
    """Mean of system minus against, -4 to 4; clearly better where the whole interval is above zero."""
    naturalness: Interval | None
    """The same of naturalness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAgreement:
    """How far two independent answers of the judge to the same question agree."""

    compared: int
    """Answers of systems that were scored twice (count)."""
    semantic_exact: float
    """Share with the same mark, in [0, 1]."""
    semantic_distance: float
    """Mean absolute difference of the marks, 0 to 4."""
    semantic_kappa: float | None
    """Cohen's kappa with quadratic weights; None where all marks are the same."""
    naturalness_exact: float
    """As `semantic_exact`."""
    naturalness_distance: float
    """As `semantic_distance`."""
    naturalness_kappa: float | None
    """As `semantic_kappa`."""
    misleading_exact: float
    """Share with the same answer, in [0, 1]."""
    category_exact: float
    """Share with the same error category, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresReport(Stated):
    """Absolute scores."""

    systems: tuple[SystemScores, ...]
    """In the order of the systems."""
    differences: tuple[ScoreDifference, ...]
    """Every pair of systems once."""
    agreement: ScoreAgreement | None
    """None where the judge was asked once."""
    place_effects: tuple[float, ...]
    """By how much the semantic marks of answers that stood first in their question, second, and so on, are above the mean of their systems; 0 without a
    bias, for the order is seeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WinRate:
    """One system against another, text by text."""

    system: str
    """The system whose wins are counted."""
    against: str
    """The other one."""
    wins: int
    """Both orders chose `system` (count of texts, times the answers of the judge to each)."""
    ties: int
    """Both orders chose neither, the two orders disagree, or both answers are the same (count)."""
    by_place: int
    """Of the ties, those of which both orders chose the same place, first or second (count): the judge said nothing about the systems."""
    losses: int
    """Both orders chose `against` (count)."""
    rate: Interval | None
    """(wins + ties / 2) / all, in [0, 1], with the interval of Bonett and Price; clearly better where the whole interval is above 0.5. The interval is
    [0, 1] where the place decided every pair. None where no text was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """A system in the Bradley–Terry model."""

    name: str
    """Name of the system."""
    rank: int
    """1 is the strongest."""
    strength: Interval
    """Log-strength; the mean over the systems is 0, and a difference d means a win rate of 1 / (1 + exp(-d))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """Whether the judge prefers the place where an answer stands."""

    first: int
    """Questions in which the answer that was shown first was chosen (count)."""
    second: int
    """Those in which the second was (count)."""
    tie: int
    """Those in which neither was (count); without those that needed no question."""
    first_share: Interval | None
    """first / (first + second), 0.5 without a bias; None where neither was ever chosen."""
    consistent: int
    """Pairs of which both orders chose the same, a system or neither (count)."""
    first_twice: int
    """Pairs of which both orders chose what was shown first (count); they count as ties."""
    second_twice: int
    """Pairs of which both orders chose what was shown second (count); they count as ties."""
    half: int
    """Pairs of which one order chose a system and the other neither (count); they count as ties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsReport(Stated):
    """Choices between two answers."""

    texts: int
    """Texts with at least one pair (count)."""
    same_answer: int
    """Pairs of systems that gave the same answer to a text (count): ties that needed no question."""
    win_rates: tuple[WinRate, ...]
    """Every pair of systems once."""
    strengths: tuple[Strength, ...]
    """The strongest first; empty for two systems, whose win rate says it all, and where no pair was won."""
    position: PositionBias
    """Whether the place decides."""
    agreement: float | None
    """Share of the questions that a second, independent answer decided alike; None where the judge was asked once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemGuesses:
    """How well texts can be told from one system's emoji."""

    name: str
    """Name of the system."""
    texts: int
    """Texts with a guess (count): those that the system answered and of which a reply could be read."""
    accuracy: Interval | None
    """Share of right guesses over the system's own `texts`, in [0, 1]; None without a text."""
    common_accuracy: Interval | None
    """The same over the texts for which every system has a guess; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessDifference:
    """Two systems compared text by text, over the texts for which both have a guess."""

    system: str
    """Name of the system that is compared."""
    against: str
    """Name of the system it is compared with."""
    texts: int
    """Texts with a guess for both (count)."""
    accuracy: Interval | None
    """Share of right guesses of system minus against, in [-1, 1], with the interval of Bonett and Price; clearly better where the whole interval is above
    zero. None without a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessReport(Stated):
    """Texts guessed from emoji."""

    systems: tuple[SystemGuesses, ...]
    """In the order of the systems."""
    common_texts: int
    """Texts for which every system has a guess (count)."""
    differences: tuple[GuessDifference, ...]
    """Every pair of systems once."""
    candidates: int
    """Texts to choose from (count)."""
    distractors: str
    """Where the others came from: "same_topic" or "any"."""
    chance: float
    """What blind guessing comes to, in [0, 1]."""
    agreement: float | None
    """Share of the questions that a second, independent answer decided alike; None where the judge was asked once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFacts:
    """Who judged, and how it was asked."""

    model: str
    """Model name as the endpoint knows it."""
    sampling: dict[str, Any]
    """Sampling parameters and provider pins that went into every question."""
    response_format: str
    """How JSON was asked for."""
    asks: int
    """Independent answers to every question (count)."""
    attempts: int
    """How often a question was asked until its answer could be read, at most (count)."""
    prompt_ids: dict[str, str]
    """By stage, the first 16 hex digits of the SHA-256 of its prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFacts:
    """What was judged."""

    predictions: str
    """SHA-256 of ids, texts and answers of the judged systems (64 hex digits)."""
    seed: int
    """Seed of the sample and of every order."""
    texts: int
    """Texts of the sample (count)."""
    of: int
    """Texts of the predictions (count)."""
    given: bool
    """Whether the texts were named (`--texts`), and not drawn."""
    topics: dict[str, int]
    """Texts of the sample by topic (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeReport:
    """One report. A stage that was not asked is None."""

    schema_version: int
    """Version of this layout."""
    name: str
    """Name of the recipe."""
    judge: JudgeFacts
    """Who judged."""
    sample: SampleFacts
    """What was judged."""
    systems: tuple[str, ...]
    """The systems."""
    scores: ScoresReport | None
    """Absolute scores."""
    pairs: PairsReport | None
    """Choices between two answers."""
    guess: GuessReport | None
    """Texts guessed from emoji."""
    confidence: float
    """Share of the bootstrap resamples inside an interval, in (0, 1)."""
    resamples: int
    """Bootstrap resamples over texts (count)."""
    versions: dict[str, str]
    """Versions of Python and of the packages that decide the figures."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)
