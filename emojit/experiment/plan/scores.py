"""What a finished run scored on validation. The test split is read by no condition: a choice made on it would make the table's figures look better than they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import StudentError
from emojit.metrics import diversity, exact_match, jaccard_scores

RECORD = "run.json"
PREDICTIONS = "predictions.parquet"
AGAIN = "remove the run folder and run the plan again: it is trained anew"
"""What to do about a finished run that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Figures on the validation split, each in [0, 1]."""

    jaccard: float
    """Mean Jaccard index."""
    outside_top: float
    """Share of the written emoji that are none of the gold answers' five most common ones."""
    exact_match: float
    """Share of the rows that are answered exactly."""


def is_finished(folder: Path) -> bool:
    """Whether a run folder holds a finished run with its answers."""
    return (folder / RECORD).is_file() and (folder / PREDICTIONS).is_file()


def validation_scores(folder: Path) -> Scores:
    """Return what a finished run scored on validation.

    Raises:
        StudentError: its predictions are missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / PREDICTIONS
    try:
        table = pq.read_table(path, columns=["emojis", "student"], filters=[("split", "=", "validation")]).to_pydict()
    except (OSError, pa.ArrowException) as exc:
        said = next(iter(str(exc).splitlines()), type(exc).__name__)
        raise StudentError(f"{path}: cannot be read ({said})", hint=AGAIN) from exc
    predictions, references = table["student"], table["emojis"]
    if not references:
        raise StudentError(f"{path}: no rows of validation", hint=AGAIN)
    if None in predictions or None in references:
        raise StudentError(f"{path}: a row of validation has no answer or no emojis", hint=AGAIN)
    jaccards = jaccard_scores(predictions, references)
    return Scores(
        jaccard=sum(jaccards) / len(jaccards),
        outside_top=diversity(predictions, references).predictions.outside_top,
        exact_match=exact_match(predictions, references),
    )


def mean(scores: Sequence[Scores]) -> Scores | None:
    """Return the mean of several seeds, or None without any."""
    if not scores:
        return None
    return Scores(
        jaccard=sum(one.jaccard for one in scores) / len(scores),
        outside_top=sum(one.outside_top for one in scores) / len(scores),
        exact_match=sum(one.exact_match for one in scores) / len(scores),
    )
