"""Texts with emoji from a file: what any model answered, as `emojit predict` or, with scores, `emojit baseline label` writes it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from emojit.corpus.files import file_facts
from emojit.corpus.streams import Position, numbered_lines
from emojit.dataset.silver_record import read_record
from emojit.emoji import canonical
from emojit.errors import StudentError
from emojit.student.stages.held_out import HeldOut

MOST = 5
"""Emoji of an answer (count)."""

_HINT = 'each line must be a JSON object such as {"text": "雨だ", "emojis": ["☔"]}'


class SilverPair(NamedTuple):
    """A line of the file."""

    text: str
    emojis: list[str]
    """The answer: distinct emoji in their canonical form."""
    scores: dict[str, float]
    """Emoji, those of the answer or others, to how well they fit, above 0; empty where the line says nothing of it."""


@dataclass(slots=True)
class SilverPairs:
    """The pairs of a file: iterate once, then read what was counted.

    Attributes:
        path: JSON lines with `text`, `emojis` and maybe `scores`, plain or compressed.
        held_out: what may not be learned from.
        origin: kind, name, sha256 and size.
        left_out: reason → pairs that are not learned from (count), of those met so far.
        licence: of the texts, where a record beside the file states it.
    """

    path: Path
    held_out: HeldOut
    origin: dict[str, object] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    licence: str | None = None

    def __iter__(self) -> Iterator[SilverPair]:
        """Yield texts, their 1–5 distinct emoji, and scores where the line has some.

        Raises:
            StudentError: no such file, or a line that is no pair.
            CorpusError: the file cannot be read.
            DatasetError: the record beside it is none, or that of another file.
        """
        require_pairs(self.path)
        self.origin = {"kind": "file", **file_facts(self.path)}
        if (record := read_record(self.path)) is not None:
            self.licence = record.licence
            self.origin |= {
                "baseline": record.baseline,
                "data": dict(record.data),
                "corpus": record.corpus,
                "rows": dict(record.rows),
            }
            if record.student is not None:
                self.origin["student"] = dict(record.student)
        for pair in read_pairs(self.path):
            if not pair.emojis:
                self.left_out["no_emoji"] += 1
            elif (reason := self.held_out.reason(pair.text)) is not None:
                self.left_out[reason] += 1
            else:
                yield pair


def read_pairs(path: Path) -> Iterator[SilverPair]:
    """Yield the pairs of a file, those that may not be learned from among them.

    Raises:
        StudentError: a line is no pair.
    """
    for number, line, whole in numbered_lines(path, Position()):
        if line.strip():
            yield _pair(line if whole else b"", where=f"{path}:{number}")


def require_pairs(path: Path) -> None:
    """Make sure that a file of pairs is there.

    Raises:
        StudentError: it is not.
    """
    if not path.is_file():
        raise StudentError(
            f"stages.source {path}: no such file",
            hint="write it with `emojit baseline label`, or with `emojit predict --model … --input sentences.jsonl --output pairs.jsonl`",
        )


def _pair(line: bytes, *, where: str) -> SilverPair:
    try:
        row = json.loads(line)
        text, emojis, scores = row["text"], row["emojis"], row.get("scores") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StudentError(f"{where}: no text with emoji", hint=_HINT) from exc
    if not isinstance(text, str) or not isinstance(emojis, list) or not all(isinstance(one, str) for one in emojis):
        raise StudentError(f"{where}: `text` must be a string and `emojis` a list of strings", hint=_HINT)
    if not isinstance(scores, dict) or not all(_is_score(value) for value in scores.values()):
        raise StudentError(
            f"{where}: `scores` must give emoji numbers above 0",
            hint='for example {"text": "雨だ", "emojis": ["☔"], "scores": {"☔": 0.7, "🌧️": 0.4}}',
        )
    folded = dict.fromkeys(form for one in emojis if (form := canonical(one)) is not None)
    known = {form: float(value) for one, value in scores.items() if (form := canonical(one)) is not None}
    return SilverPair(text, list(folded)[:MOST], known)


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
