"""`emojit rate report`: the figures of a rating, as `report.json` holds them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.folder import write_json, write_text
from emojit.errors import UsageError
from emojit.evaluation.rating.agreement import Agreement, agreement
from emojit.evaluation.rating.older import is_older, read_older
from emojit.evaluation.rating.outliers import Rater, raters
from emojit.evaluation.rating.ratings import FILE_NAME, Ratings, parse_ratings, read_lines
from emojit.evaluation.rating.scores import POWER, Pair, SystemScore, pairs, system_scores
from emojit.evaluation.rating.task import KEY, read_task
from emojit.evaluation.same_value import CONFIDENCE

REPORT, TABLE = "report.json", "report.md"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingReport:
    """All that the report says.

    Attributes:
        schema_version: of this layout.
        items: texts that somebody rated (count).
        raters: every one who rated.
        systems: in the order of the task.
        pairs: every two systems.
        ties: preferences for none (count); None where nobody was asked.
        agreement: for each question.
        confidence: of every interval.
        power: behind `needed`.
    """

    schema_version: int
    items: int
    raters: tuple[Rater, ...]
    systems: tuple[SystemScore, ...]
    pairs: tuple[Pair, ...]
    ties: int | None
    agreement: tuple[Agreement, ...]
    confidence: float
    power: float

    def as_dict(self) -> dict[str, object]:
        """Return it as plain JSON types."""
        return dataclasses.asdict(self)


def make_report(ratings: Ratings, *, seed: int = 0) -> RatingReport:
    """Compute every figure; the same ratings and seed give the same report.

    Raises:
        MissingExtraError: there are two raters, and the extra `rate` is not installed.
    """
    return RatingReport(
        schema_version=SCHEMA_VERSION,
        items=len(ratings.ids),
        raters=raters(ratings),
        systems=system_scores(ratings, seed=seed),
        pairs=pairs(ratings, seed=seed),
        ties=sum(not one.systems for one in ratings.preferences) if ratings.preferences else None,
        agreement=agreement(ratings, seed=seed),
        confidence=CONFIDENCE,
        power=POWER,
    )


def load_ratings(source: Path) -> Ratings:
    """Read ratings.

    Args:
        source: a task folder in which answers were collected, its ratings.jsonl, a file of the older rating tool, or a folder of such files.

    Raises:
        UsageError: it is none of them.
    """
    path = source / FILE_NAME if source.is_dir() else source
    if source.is_dir() and not path.is_file():
        return read_older(_sessions(source))
    rows = read_lines(path)
    if is_older(rows[0][1]):
        return read_older(rows)
    systems = read_task(path.parent).systems if (path.parent / KEY).is_file() else ()
    return parse_ratings(rows, systems)


def _sessions(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read a folder of the older tool: one file for each time that somebody handed answers in, named by rater and time."""
    files = [] if (folder / KEY).is_file() else sorted(folder.glob("*.jsonl"))
    rows = [row for file in files for row in read_lines(file)]
    if not rows or not all(is_older(row) for _, row in rows):
        raise UsageError(
            f"{folder}: no {FILE_NAME} here", hint=f"fetch the answers first: emojit rate collect {folder}"
        )
    return rows


def write_report(folder: Path, report: RatingReport, markdown: str) -> None:
    """Write `report.md` and, last, `report.json`.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / TABLE, markdown)
        write_json(folder / REPORT, report.as_dict())
    except OSError as exc:
        raise UsageError(
            f"--out {folder}: cannot be written ({exc.strerror or exc})", hint="give another folder"
        ) from exc
