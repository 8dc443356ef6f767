"""The recipe of a judge: which model is asked about which answers, how often, and in what words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.names import check_name
from emojit.recipe.teacher import TeacherConfig

_NEEDED_GAPS = {
    "scores_system": ("categories",),
    "scores_user": ("text", "answers"),
    "pairs_system": (),
    "pairs_user": ("text", "first", "second"),
    "guess_system": (),
    "guess_user": ("emojis", "candidates"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresConfig:
    """How absolute scores are asked for (section `[scores]`)."""

    together: bool = True
    """Whether all answers to a text stand in one question, as people who rate see them, in seeded order; else each answer has a question of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessConfig:
    """How a text is guessed from its emoji (section `[guess]`)."""

    candidates: int = 4
    """Texts to choose from, the true one among them (count), 2 to 9."""
    distractors: Literal["same_topic", "any"] = "same_topic"
    """Where the others come from: texts whose reference begins with an emoji of the same Unicode group, which is harder, or all texts."""

    def __post_init__(self) -> None:
        if not 2 <= self.candidates <= 9:
            raise ConfigError(f"guess.candidates must be in [2, 9], got {self.candidates}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsConfig:
    """What the judge is asked, word for word (section `[prompts]`); names in braces are filled in."""

    scores_system: str
    """Instructions for absolute scores, with {categories}, the list of error categories."""
    scores_user: str
    """The question, with {text} and {answers}, one line per answer."""
    pairs_system: str
    """Instructions for the choice between two answers."""
    pairs_user: str
    """The question, with {text}, {first} and {second}."""
    guess_system: str
    """Instructions for guessing a text from its emoji."""
    guess_user: str
    """The question, with {emojis} and {candidates}, one line per text."""

    def __post_init__(self) -> None:
        for name, gaps in _NEEDED_GAPS.items():
            for gap in gaps:
                if f"{{{gap}}}" not in getattr(self, name):
                    raise ConfigError(
                        f"prompts.{name} lacks {{{gap}}}", hint="recipes/judge.toml shows all six prompts"
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRecipe:
    """Everything that decides what a judge is asked."""

    name: str = "judge"
    """Short name: letters, digits, '-', '_', '.', beginning with a letter or digit."""
    seed: int = 0
    """Seed of the sample, of the order in which answers are shown, and of the other texts of a guess."""
    sample: int = 100
    """Texts that are drawn, every topic in its share (count); 0 means all."""
    systems: tuple[str, ...] = ()
    """Systems that are judged; none means the references (`gold`) and what was evaluated, without the baselines beside it."""
    asks: int = 1
    """Independent answers to every question (count), 1 to 9; 2 tell how far the judge agrees with itself."""
    attempts: int = 3
    """How often a question is asked until its answer can be read (count), 1 to 9."""
    response_format: Literal["json_schema", "json_object", "none"] = "json_schema"
    """How the endpoint is told to answer in JSON; "none" for an endpoint that knows neither. Answers are checked alike."""
    scores: ScoresConfig = field(default_factory=ScoresConfig)
    guess: GuessConfig = field(default_factory=GuessConfig)
    teacher: TeacherConfig
    prompts: PromptsConfig

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.sample < 0:
            raise ConfigError(f"sample must be >= 0, got {self.sample}")
        for name in ("asks", "attempts"):
            if not 1 <= getattr(self, name) <= 9:
                raise ConfigError(f"{name} must be in [1, 9], got {getattr(self, name)}")
        if len(set(self.systems)) < len(self.systems):
            raise ConfigError(f"systems names one twice: {', '.join(self.systems)}")
        if self.teacher.kind != "openai":
            raise ConfigError(
                f'teacher.kind must be "openai", got {self.teacher.kind!r}: no judgements are recorded',
                hint="a judge is a model behind an OpenAI-compatible endpoint: --base-url and --model",
            )
