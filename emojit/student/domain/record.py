"""`run.json` of a domain run, which `objective` tells from that of a student.

Fields may be added; one that is renamed or changes its meaning raises `SCHEMA_VERSION`. It may be published: no paths of this machine.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from emojit.provenance import Code, Hardware
from emojit.student.domain.change import Change
from emojit.student.domain.cloze import ClozeScores
from emojit.student.record import TrainingRecord

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutRecord:
    """The data set whose validation and test were kept out."""

    name: str
    """Repository id, or the name of the build folder."""
    commit: str | None
    """Commit of the repository; None for a folder."""
    fingerprints: dict[str, str]
    """Split to digest of its data files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecord:
    """What went on learning."""

    base: str
    """Repository id or folder name."""
    base_commit: str | None
    """Commit of its repository; None for a folder."""
    base_licence: str | None
    """Licence that its card states; None where it states none."""
    kind: str
    """Architecture, as transformers calls it: "bert", "modernbert" …"""
    parameters: int
    """Trained parameters, shared ones once (count)."""
    vocabulary: int
    """Tokens (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRecord:
    """What it read."""

    origin: dict[str, Any]
    """Kind, name, sha256 or commit."""
    licence: str
    """Licence of the sentences together, as the Hub writes it."""
    articles: dict[str, int]
    """Articles in "train" and "held_out" (count)."""
    sentences: dict[str, int]
    """Their sentences (count)."""
    texts: dict[str, int]
    """The texts that these became (count)."""
    tokens: dict[str, int]
    """Tokens of the texts (count)."""
    left_out: dict[str, int]
    """Sentences that were met and not used, by reason (count)."""
    cut: int
    """Texts that lost their end (count)."""
    words: str
    """How words were found: "sudachi", or "characters" where the extra `words` is not installed. Figures of one do not compare with those of the other."""
    asked: int
    """Masked words that every evaluation asks for (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRecord:
    """One domain run."""

    schema_version: int
    """Version of this layout."""
    objective: Literal["mlm"]
    """What was learned."""
    name: str
    """Name of the recipe."""
    started: str
    """Start in UTC, ISO 8601 to the second."""
    seed: int
    """Seed of the masks, the order, dropout and the words to guess."""
    recipe: dict[str, Any]
    """The resolved recipe."""
    data: HeldOutRecord
    """What was kept out."""
    model: EncoderRecord
    """What went on learning."""
    text: TextRecord
    """What it read."""
    training: TrainingRecord
    """How it went; `best_step` is the checkpoint in `model/`."""
    before: ClozeScores
    """Scores of the base."""
    best: ClozeScores
    """Scores of the checkpoint in `model/`."""
    change: dict[str, Change]
    """By figure: that checkpoint minus the base, word by word."""
    seconds: dict[str, float]
    """Wall time by step (s): "prepare", "train", "measure", "total". After `--resume` only of the last piece."""
    code: Code
    """The code that ran."""
    versions: dict[str, str]
    """Versions of Python and of the packages that decide the result."""
    hardware: Hardware
    """The machine that ran it."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)
