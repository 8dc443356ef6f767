"""Ratings with the names of the systems: the plain records that everything else reads, and the file that they stand in.

`ratings.jsonl` has one line for each answer that a rater rated: `id` (row of the data set), `system`, `rater` (random code), `semantic` and `naturalness` (0–4),
`misleading` (bool), `option` (equal where several systems gave the same answer, which was shown and rated once), and `preference`: the systems whose answer this
rater found best for this text (several where they gave the same one; an empty list for no preference; null where nobody asked).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emojit.dataset.folder import write_text
from emojit.errors import UsageError

FILE_NAME = "ratings.jsonl"
HIGHEST = 4
"""Best value of `semantic` and `naturalness`; the worst is 0."""

Question = Literal["semantic", "naturalness", "misleading"]
QUESTIONS: tuple[Question, ...] = ("semantic", "naturalness", "misleading")
SCALES: tuple[Question, ...] = ("semantic", "naturalness")
"""The questions whose answers are 0 to 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one rater thinks of one system's answer to one text; see the file's fields above."""

    id: str
    option: str
    system: str
    rater: str
    semantic: int
    naturalness: int
    misleading: bool

    def value(self, question: Question) -> int:
        """Return the answer to a question; 0 or 1 for `misleading`."""
        return int(getattr(self, question))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Whose answer one rater found best for one text: `systems`, none of them for no preference."""

    id: str
    rater: str
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """All ratings of a task, at most one of a rater for an answer.

    Attributes:
        systems: in the order of the tables.
        ratings: every one.
        preferences: every one; at most one of a rater for a text.
    """

    systems: tuple[str, ...]
    ratings: tuple[Rating, ...]
    preferences: tuple[Preference, ...]

    @property
    def raters(self) -> tuple[str, ...]:
        """The codes, sorted."""
        return tuple(sorted({one.rater for one in self.ratings}))

    @property
    def ids(self) -> tuple[str, ...]:
        """The texts that somebody rated, sorted."""
        return tuple(sorted({one.id for one in self.ratings}))

    def without(self, rater: str) -> Ratings:
        """Return the ratings of all other raters."""
        return Ratings(
            systems=self.systems,
            ratings=tuple(one for one in self.ratings if one.rater != rater),
            preferences=tuple(one for one in self.preferences if one.rater != rater),
        )


def write_ratings(path: Path, ratings: Ratings) -> None:
    """Write the file, whole or not at all."""
    preferred = {(one.id, one.rater): list(one.systems) for one in ratings.preferences}
    lines = [
        json.dumps(
            {
                "id": one.id,
                "system": one.system,
                "rater": one.rater,
                "semantic": one.semantic,
                "naturalness": one.naturalness,
                "misleading": one.misleading,
                "option": one.option,
                "preference": preferred.get((one.id, one.rater)),
            },
            ensure_ascii=False,
        )
        for one in ratings.ratings
    ]
    write_text(path, "".join(f"{line}\n" for line in lines))


def parse_ratings(rows: Sequence[tuple[str, Mapping[str, Any]]], systems: Sequence[str] = ()) -> Ratings:
    """Make ratings of the rows of the file.

    Args:
        rows: each with where it stands.
        systems: their order, where it is known; otherwise that of their first appearance.

    Raises:
        UsageError: a value is missing or out of range, or a rating is there twice.
    """
    ratings: dict[tuple[str, str, str], Rating] = {}
    preferences: dict[tuple[str, str], Preference] = {}
    for where, row in rows:
        rating = Rating(
            id=_text(where, row, "id"),
            option=str(row.get("option", row.get("system", ""))),
            system=_text(where, row, "system"),
            rater=_text(where, row, "rater"),
            semantic=scale_value(where, "semantic", row.get("semantic")),
            naturalness=scale_value(where, "naturalness", row.get("naturalness")),
            misleading=yes_or_no(where, "misleading", row.get("misleading")),
        )
        key = (rating.id, rating.system, rating.rater)
        if key in ratings:
            raise UsageError(
                f"{where}: the rater {rating.rater} rated {rating.system} for {rating.id} twice",
                hint="`emojit rate collect` writes a file in which the last one counts",
            )
        ratings[key] = rating
        best = row.get("preference")
        if best is not None:
            names = [best] if isinstance(best, str) else best
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise UsageError(f"{where}: preference must be a list of systems, got {best!r}")
            preferences[rating.id, rating.rater] = Preference(id=rating.id, rater=rating.rater, systems=tuple(names))
    found = dict.fromkeys([*systems, *(one.system for one in ratings.values())])
    return Ratings(systems=tuple(found), ratings=tuple(ratings.values()), preferences=tuple(preferences.values()))


def read_lines(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read JSON objects, one a line, each with the place where it stands.

    Raises:
        UsageError: no such file, or a line that is no JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or "it is no UTF-8"
        raise UsageError(f"{path}: cannot be read ({why})", hint="give a UTF-8 file of JSON lines") from exc
    rows = []
    for number, line in _numbered(text):
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise UsageError(
                f"{path}:{number}: no JSON ({exc})", hint="mend or take out the line, and run the same command again"
            ) from exc
        if not isinstance(row, dict):
            raise UsageError(f"{path}:{number}: no JSON object, got {line[:40]!r}", hint="one object a line")
        rows.append((f"{path}:{number}", row))
    if not rows:
        raise UsageError(f"{path}: holds no rating", hint="collect answers first: `emojit rate collect TASK`")
    return rows


def scale_value(where: str, name: str, value: object) -> int:
    """Return a value of a scale; a whole number written as text or with a fraction of 0 is one too.

    Raises:
        UsageError: it is none from 0 to 4.
    """
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else -1.0
    except ValueError:
        number = -1.0
    if number not in range(HIGHEST + 1):
        raise UsageError(f"{where}: {name} must be a whole number from 0 to {HIGHEST}, got {value!r}")
    return int(number)


_YES = ("true", "yes", "y", "1", "はい", "有", "あり")
_NO = ("false", "no", "n", "0", "いいえ", "無", "なし")


def yes_or_no(where: str, name: str, value: object) -> bool:
    """Return yes or no, however it is written.

    Raises:
        UsageError: it is neither.
    """
    said = str(value).strip().lower()
    if said in _YES or said in _NO:
        return said in _YES
    raise UsageError(f"{where}: {name} must be yes or no, got {value!r}")


def _text(where: str, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise UsageError(f"{where}: no {key}" if value is None else f"{where}: {key} must be a text, got {value!r}")
    return str(value)


def _numbered(text: str) -> Iterable[tuple[int, str]]:
    # Not splitlines: a text may hold U+2028, which is no end of a line in JSON lines.
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
