"""Whether an export answers as the original does: the texts that both are asked, and the comparison."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from emojit.errors import StudentError
from emojit.resources import resource
from emojit.student.export.record import Check, Precision
from emojit.student.predict import Student
from emojit.student.textfile import Fields, TextFile

logger = logging.getLogger(__name__)

TEXTS = 500
"""Texts that an export is asked (count), where there are as many."""
REQUIRED: dict[Precision, float] = {"float32": 1.0, "int8": 0.98}
"""Share of equal sets of emoji below which an export is not kept."""
_PREDICTIONS = "predictions.parquet"


def check_texts(run: Path | None, file: Path | None) -> tuple[list[str], str]:
    """Return the texts that an export is asked, each once, and in words where they come from.

    Args:
        run: a run folder, whose test rows are taken; None where the model is of no run on this machine. Without them, and where they are fewer than
            `TEXTS`, the sentences of the packaged sample come behind them.
        file: texts to take instead: JSON lines with `text`, or plain text.

    Raises:
        StudentError: the file holds no text.
        UsageError: it cannot be read.
    """
    if file is not None:
        texts = _distinct(str(record["text"]) for record in TextFile(file, Fields(text="text", answer="")))
        if not texts:
            raise StudentError(f"{file}: no text to check the export with", hint="give a file with texts as --texts")
        return texts[:TEXTS], file.name
    rows = [] if run is None else _test_rows(run / _PREDICTIONS)
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    texts = _distinct([*rows, *(json.loads(line)["sns_text"] for line in lines)])[:TEXTS]
    of_run = len(set(rows) & set(texts))
    parts = ((of_run, "rows of the test split"), (len(texts) - of_run, "sentences of emojit's sample"))
    return texts, " and ".join(f"{count} {what}" for count, what in parts if count)


def compare(original: Sequence[Sequence[str]], student: Student, texts: Sequence[str], check: Check) -> Check:
    """Ask an export, and return `check` with the number of equal sets.

    Args:
        original: the original's answers.
        student: the export.
        texts: what it was asked.
        check: where the texts come from, and what is required.
    """
    answers = student.answer(texts).emojis
    equal = sum(set(mine) == set(yours) for mine, yours in zip(answers, original, strict=True))
    logger.info("checked texts=%d equal=%d required=%.2f", len(texts), equal, check.required)
    return Check(source=check.source, texts=len(texts), equal=equal, required=check.required)


def _test_rows(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    if not path.is_file():
        return []
    table = pq.read_table(path, columns=["split", "text"])
    return [row["text"] for row in table.to_pylist() if row["split"] == "test"]


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text.strip()))
