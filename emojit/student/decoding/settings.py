"""How answers are read out of one student: what its recipe says, and what was fitted on its validation rows, as they lie beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Method = Literal["greedy", "beam", "diverse_beam", "sample", "mbr"]
METHODS: tuple[Method, ...] = ("greedy", "beam", "diverse_beam", "sample", "mbr")

FILE_NAME = "emojit_decoding.json"
"""Beside `generation_config.json`, which can carry less."""
SCHEMA_VERSION = 1
MOST_EMOJIS = 5
"""Emoji of an answer at most, whatever a file says (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that decides an answer besides the network."""

    method: Method = "greedy"
    min_emojis: int = 1
    """Fewest emoji (count)."""
    max_emojis: int = MOST_EMOJIS
    """Most emoji (count)."""
    num_beams: int = 1
    """Beams of `beam`, groups of one beam of `diverse_beam` (count)."""
    diversity_penalty: float = 0.5
    """What `diverse_beam` takes off the log-probability of an emoji for each earlier group that chose it at the same step (nats)."""
    samples: int = 0
    """Samples of `mbr` (count); 0 weighs sets by the distribution of the first emoji instead."""
    temperature: float = 1.0
    """Divides the logits before sampling."""
    seed: int = 0
    """Of the samples; a text's samples depend on this and on its tokens, not on the texts around it."""
    end_bias: float = 0.0
    """Added to the logit of the end at every step (nats); fitted on validation."""
    scale: float = 2.2
    """`mbr` without samples: the chance that an emoji is in the answer, per probability that it comes first; fitted on validation."""
    size: float = 2.6
    """`mbr` without samples: emoji that the true answer has, on average (count); fitted on validation."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method {self.method!r} is none of {', '.join(METHODS)}")
        if not 1 <= self.min_emojis <= self.max_emojis <= MOST_EMOJIS:
            raise ValueError(f"min_emojis {self.min_emojis} and max_emojis {self.max_emojis} are not within 1 to 5")
        if not (self.num_beams >= 1 and self.samples >= 0 and self.temperature > 0):
            raise ValueError("num_beams must be >= 1, samples >= 0 and temperature > 0")
        if not (self.scale > 0 and self.size >= 0 and self.diversity_penalty >= 0):
            raise ValueError("scale must be > 0, size and diversity_penalty >= 0")


def write_settings(folder: Path, settings: Settings, *, fitted: Mapping[str, Any] | None) -> None:
    """Write `emojit_decoding.json` into a model folder.

    Args:
        folder: beside `generation_config.json`.
        settings: how answers are read.
        fitted: how the number of emoji was fitted, None where it was not; see `calibration`.
    """
    table = {"schema_version": SCHEMA_VERSION, "decoding": asdict(settings), "calibration": fitted}
    text = json.dumps(table, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")


def read_settings(folder: Path) -> tuple[Settings, dict[str, Any] | None]:
    """Read how a model's answers are meant to be read.

    A model without `emojit_decoding.json` is read as its `generation_config.json` says, and without that one greedily.

    Returns:
        The settings, and what `write_settings` got as `fitted`.

    Raises:
        ValueError: the file is no JSON of ours, has another schema version, or a value is out of range; the message names the file.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return _generation_settings(folder), None
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(table, dict) or table.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"schema version {SCHEMA_VERSION} is known, and no other")
        fitted = table.get("calibration")
        return _settings(table["decoding"]), fitted if isinstance(fitted, dict) else None
    except (ValueError, KeyError, TypeError) as exc:
        raise ValueError(f"{path}: {exc}") from exc


def _settings(table: Mapping[str, Any]) -> Settings:
    known: dict[str, type] = {name: type(value) for name, value in asdict(Settings()).items()}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise ValueError(f"unknown key {name}")
        kind = known[name]
        if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
            raise TypeError(f"{name} is {value!r}")
        values[name] = kind(value)
    return Settings(**values)


def _generation_settings(folder: Path) -> Settings:
    path = folder / "generation_config.json"
    given = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def count(name: str, default: int) -> int:
        value = given.get(name) if isinstance(given, dict) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    most = min(max(count("max_new_tokens", MOST_EMOJIS + 1) - 1, 1), MOST_EMOJIS)
    beams = max(count("num_beams", 1), 1)
    return Settings(
        method="beam" if beams > 1 else "greedy",
        min_emojis=min(max(count("min_new_tokens", 1), 1), most),
        max_emojis=most,
        num_beams=beams,
    )
