"""The folder of a domain run (`objective = "mlm"`) as a curve: it measured every checkpoint that it kept while it trained, so nothing is asked again."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import StudentError, UsageError
from emojit.experiment.sweep.facts import Checkpoint, Choice, Curve, Metric
from emojit.experiment.sweep.metrics import LOSS, find_metrics
from emojit.lineage import read_lineage, write_lineage
from emojit.student.kept import KEPT, kept_epoch, kept_files, load_kept
from emojit.student.library import library_quiet
from emojit.student.record import FILE_NAME
from emojit.student.run_folder import MODEL

_LOG = "train_log.csv"
_OBJECTIVE = "mlm"
_COLUMNS = {"hit_at_1": "hit_at_1", "hit_at_5": "hit_at_5", LOSS: "eval_loss"}
"""Metric to column of the log."""

METRICS = (
    Metric(name="hit_at_1", label="hit@1", better="higher", unit="share"),
    Metric(name="hit_at_5", label="hit@5", better="higher", unit="share"),
    *find_metrics([LOSS]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCurve:
    """A domain run, and what it was measured by."""

    curve: Curve
    """Its checkpoints."""
    words: str
    """How it found words; figures of one way do not compare with those of another."""


def is_domain_run(folder: Path) -> bool:
    """Whether a folder holds a finished domain run."""
    return _record(folder).get("objective") == _OBJECTIVE


def domain_curve(folder: Path, name: str) -> DomainCurve:
    """Read a domain run. A checkpoint whose weights are missing or damaged is a row that says so.

    Raises:
        StudentError: record or log are damaged or missing.
    """
    record = _record(folder)
    files = kept_files(folder / KEPT)
    try:
        with (folder / _LOG).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        training, text = record["training"], record["text"]
        curve = Curve(
            run=name,
            source="log",
            length=int(record["recipe"]["text"]["max_tokens"]),
            steps_per_epoch=round(training["steps"] / training["epochs"], 4) if training["epochs"] else None,
            rows=int(text["asked"]),
            fingerprint=None,
            checkpoints=tuple(_checkpoint(row, files) for row in rows),
            holds=training["best_step"],
        )
        return DomainCurve(curve=curve, words=str(text["words"]))
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise StudentError(
            f"{folder}: {_LOG} or {FILE_NAME} cannot be read ({exc!r})", hint="give the whole run folder"
        ) from exc


def check_same_words(curves: Sequence[DomainCurve]) -> None:
    """Make sure that runs in one report found words in the same way.

    Raises:
        UsageError: they did not.
    """
    for other in curves[1:]:
        if other.words != curves[0].words:
            raise UsageError(
                f"{other.curve.run} found words by {other.words}, {curves[0].curve.run} by {curves[0].words}: their figures do not compare",
                hint="train both with or both without the extra `words`",
            )


def save_encoder(run: Path, chosen: Choice, target: Path) -> None:
    """Write the encoder of a domain run with other weights into a folder, with its lineage.

    Raises:
        StudentError: model or weights cannot be loaded.
    """
    from emojit.student.domain.encoder import load_encoder

    (step,) = chosen.members
    encoder = load_encoder(str(run), None)
    load_kept(encoder.model, kept_files(run / KEPT)[step])
    with library_quiet():
        encoder.model.save_pretrained(target)
        encoder.tokenizer.save_pretrained(target)
    if (lineage := read_lineage(run / MODEL)) is not None:
        found = next(one for one in domain_curve(run, chosen.run).curve.checkpoints if one.step == step)
        write_lineage(target, dataclasses.replace(lineage, step=step, epoch=found.epoch, scores=dict(found.scores)))


def _checkpoint(row: Mapping[str, str], files: Mapping[int, Path]) -> Checkpoint:
    step = int(row["step"])
    problem = None
    if step not in files:
        problem = "its weights were not kept"
    else:
        try:
            kept_epoch(files[step])
        except StudentError as exc:
            problem = str(exc).replace(str(files[step]), files[step].name)
    scores = {name: float(row[column]) for name, column in _COLUMNS.items() if row.get(column)}
    return Checkpoint(
        name=f"checkpoint-{step}",
        step=step,
        epoch=float(row["epoch"]),
        members=(step,),
        scores={} if problem else scores,
        problem=problem,
    )


def _record(folder: Path) -> dict[str, Any]:
    try:
        table = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}
