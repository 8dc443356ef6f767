"""What a judge said of the same answers, read from its files for the comparison with people.

Rows with `system` are scores: id, system, semantic, naturalness, misleading. Rows with `choice` are comparisons: id, first, second and choice (first, second or
tie, or the name of one of them), asked in both orders; two orders that do not agree are a tie. Rows with `correct` are guesses of the text from the emoji. Of an
answer that was judged several times the lower median counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import Any

from emojit.errors import UsageError
from emojit.evaluation.rating.ratings import Question, read_lines, scale_value, yes_or_no

_HINT = "give the files of `emojit judge`: JSON lines or Parquet with id, system, semantic, naturalness, misleading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The judge's scores of one answer."""

    semantic: int
    naturalness: int
    misleading: bool

    def value(self, question: Question) -> int:
        """Return the score of a question; 0 or 1 for `misleading`."""
        return int(getattr(self, question))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """All that a judge said.

    Attributes:
        scores: by text and system.
        choices: by text and two systems in alphabetical order: the one that won in both orders, or None for a tie.
        guesses: by text and system: the share of guesses that found the text.
    """

    scores: Mapping[tuple[str, str], Judgement]
    choices: Mapping[tuple[str, str, str], str | None]
    guesses: Mapping[tuple[str, str], float]


def read_judgements(paths: Sequence[Path]) -> Judgements:
    """Read files of a judge, or every such file in a folder.

    Raises:
        UsageError: a file is missing or damaged, a score is out of range, or there is none at all.
    """
    scores: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    said: dict[tuple[str, str, str], list[str | None]] = defaultdict(list)
    guesses: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for path in _files(paths):
        for where, row in _rows(path):
            if row.get("id") is None:
                continue
            answer = (str(row["id"]), str(row.get("system")))
            if "first" in row and "choice" in row:
                first, second = sorted((str(row["first"]), str(row.get("second"))))
                said[answer[0], first, second].append(_winner(row))
            elif row.get("semantic") is not None:
                scores[answer].append(
                    Judgement(
                        semantic=scale_value(where, "semantic", row["semantic"]),
                        naturalness=scale_value(where, "naturalness", row.get("naturalness")),
                        misleading=yes_or_no(where, "misleading", row.get("misleading")),
                    )
                )
            elif "correct" in row:
                guesses[answer].append(yes_or_no(where, "correct", row["correct"]))
    if not scores and not said:
        raise UsageError(f"{', '.join(map(str, paths))}: no judgement in it", hint=_HINT)
    return Judgements(
        scores={key: _middle(found) for key, found in scores.items()},
        choices={key: found[0] if len(set(found)) == 1 else None for key, found in said.items()},
        guesses={key: sum(found) / len(found) for key, found in guesses.items()},
    )


def _middle(found: Sequence[Judgement]) -> Judgement:
    return Judgement(
        semantic=median_low(one.semantic for one in found),
        naturalness=median_low(one.naturalness for one in found),
        misleading=median_low(one.misleading for one in found),
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"--judge {path}: no such file or folder", hint=_HINT)
        inside = [*sorted(path.glob("*.jsonl")), *sorted(path.glob("*.parquet"))] if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"--judge {path}: no JSON lines and no Parquet in it", hint=_HINT)
        files += inside
    return files


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    if path.suffix != ".parquet":
        return read_lines(path)
    from pyarrow import ArrowException

    from emojit.dataset.parquet import read_rows

    try:
        rows = read_rows(path)
    except (OSError, ArrowException) as exc:
        raise UsageError(f"--judge {path}: cannot be read ({str(exc).splitlines()[0]})", hint=_HINT) from exc
    return [(f"{path}: row {number}", dict(row)) for number, row in enumerate(rows, start=1)]


def _winner(row: Mapping[str, Any]) -> str | None:
    choice = str(row["choice"])
    named = {"first": row.get("first"), "second": row.get("second")}
    name = named.get(choice, choice if choice in named.values() else None)
    return None if name is None else str(name)
