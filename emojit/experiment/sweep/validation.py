"""The validation rows of a run, and the loss on them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import DatasetError, StudentError
from emojit.experiment.articles import COLUMN, numbered
from emojit.recipe import DataConfig, LossConfig
from emojit.student.rows import Features, training_rows

if TYPE_CHECKING:
    from emojit.student.predict import Student

_PREDICTIONS = "predictions.parquet"
_TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRows:
    """What every checkpoint of a run is asked."""

    texts: list[str]
    """As the student reads them."""
    gold: list[list[str]]
    """What is right."""
    articles: tuple[int, ...] | None = None
    """Number of the article that each row is of; None where the run does not say."""

    def digest(self) -> str:
        """Return 64 hex digits that change with any of them."""
        return hashlib.sha256(json.dumps([self.texts, self.gold], ensure_ascii=False).encode()).hexdigest()


def validation_rows(folder: Path) -> ValidationRows:
    """Read the validation rows of a run from its predictions: no data set is needed, and they cannot be others than the run's.

    Raises:
        DatasetError: the file is missing, damaged, or holds none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / _PREDICTIONS
    hint = "give the whole run folder, as `emojit train` wrote it"
    try:
        present = pq.read_schema(path).names
        table = pq.read_table(path, columns=["split", _TEXT, "emojis", *([COLUMN] if COLUMN in present else [])])
    except FileNotFoundError as exc:
        raise DatasetError(f"{path}: no such file, so the validation rows are not known", hint=hint) from exc
    except (pa.ArrowException, OSError) as exc:
        raise DatasetError(f"{path}: cannot be read ({next(iter(str(exc).splitlines()), '')})", hint=hint) from exc
    rows = [row for row in table.to_pylist() if row["split"] == "validation"]
    if not rows:
        raise DatasetError(f"{path}: no validation rows", hint=hint)
    return ValidationRows(
        texts=[row[_TEXT] for row in rows],
        gold=[row["emojis"] for row in rows],
        articles=numbered([row.get(COLUMN) for row in rows]),
    )


def validation_loss(student: Student, rows: ValidationRows) -> float:
    """Return the plain cross entropy of the gold, in the data set's own order (nats per emoji or end token).

    It is the `eval_loss` of the training log, but for one thing: there every batch counts by its rows, here every position counts the same.

    Raises:
        StudentError: it is no number.
    """
    import torch

    from emojit.student.collator import AnswerCollator
    from emojit.student.losses import make_loss
    from emojit.student.losses.positions import IGNORED

    encoded = training_rows(
        student.tokenizer,
        student.vocabulary,
        [{_TEXT: text, "emojis": emojis} for text, emojis in zip(rows.texts, rows.gold, strict=True)],
        DataConfig(input_column=_TEXT, max_input_tokens=student.max_input_tokens),
        augment=False,
    ).features
    loss = make_loss(LossConfig(), student.vocabulary, len(student.tokenizer), [row["labels"] for row in encoded])
    collate = AnswerCollator(student.tokenizer, student.model)
    total, positions = 0.0, 0
    student.model.eval()
    with torch.inference_mode():
        for batch in _batches(encoded, student.decoding.batch_size):
            inputs = {name: tensor.to(student.model.device) for name, tensor in collate(batch).items()}
            with loss.answering(student.model, inputs):
                labels = inputs.pop("labels")
                mean = loss.evaluation(student.model(**inputs), labels)
            count = int((labels != IGNORED).sum())
            total += float(mean) * count
            positions += count
    value = total / positions
    if not math.isfinite(value):
        raise StudentError(f"the validation loss is {value}", hint="take an earlier checkpoint")
    return value


def _batches(rows: list[Features], size: int) -> Iterator[list[Features]]:
    """Yield rows of like length together."""
    ordered = sorted(rows, key=lambda row: -len(row["input_ids"]))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
