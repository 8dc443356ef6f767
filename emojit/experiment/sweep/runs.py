"""A run folder as a curve: every checkpoint that it kept, scored on its validation rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import StudentError, UsageError
from emojit.experiment.sweep.asking import Asker
from emojit.experiment.sweep.facts import Checkpoint, Curve, Metric
from emojit.experiment.sweep.metrics import LOSS, measure
from emojit.experiment.sweep.validation import ValidationRows, validation_rows
from emojit.logs import progress
from emojit.student.kept import KEPT, kept_epoch, kept_files
from emojit.student.record import RunRecord, read_run

_SEED = re.compile(r"seed-\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """A run, and what its checkpoints answered."""

    folder: Path
    """The run folder."""
    curve: Curve
    """Its checkpoints with their scores."""
    answers: Mapping[str, list[list[str]]]
    """Checkpoint to answers; without those that have a problem."""
    gold: list[list[str]]
    """What is right."""
    articles: tuple[int, ...] | None
    """Number of the article of each row; None where the run does not say."""
    asked: int
    """Checkpoints that had to be asked now: the others were asked before (count)."""


def score_run(
    folder: Path, metrics: Sequence[Metric], *, average: int | None, name: str, quiet: bool = False
) -> ScoredRun:
    """Score every kept checkpoint of a run on its validation rows.

    Args:
        folder: a finished run with `train.keep_checkpoints`.
        metrics: by what.
        average: also score the mean of every so many neighbours (count); None scores none.
        name: of the curve.
        quiet: no progress bar.

    Raises:
        StudentError: the run is not finished, kept no checkpoint, or its model cannot be loaded.
        DatasetError: its validation rows are missing.
        UsageError: fewer checkpoints can be used than are to be averaged.
    """
    record = read_run(folder)
    files = kept_files(folder / KEPT)
    if not files:
        raise StudentError(
            f"{folder}: the run kept no checkpoints ({KEPT}/ is empty)",
            hint="train with --set train.keep_checkpoints=0.5, which keeps the weights twice an epoch",
        )
    rows = validation_rows(folder)
    asker = Asker(folder, rows)
    scorer = _Scorer(asker, metrics, rows)
    per_epoch = record.training.steps / record.training.epochs if record.training.epochs else 1.0
    checkpoints = [
        scorer.checkpoint(step, path, per_epoch)
        for step, path in progress(list(files.items()), label="sweep", unit="checkpoint", quiet=quiet)
    ]
    averages: list[Checkpoint] = []
    if average is not None:
        good = [checkpoint for checkpoint in checkpoints if checkpoint.problem is None]
        if len(good) < average:
            raise UsageError(
                f"--average {average}: {folder} has {len(good)} checkpoints that can be used",
                hint="average fewer, or keep more with train.keep_checkpoints",
            )
        windows = [good[start : start + average] for start in range(len(good) - average + 1)]
        averages = [
            scorer.mean(window, [files[one.step] for one in window])
            for window in progress(windows, label="averages", unit="mean", quiet=quiet)
        ]
    return ScoredRun(
        folder=folder,
        curve=Curve(
            run=name,
            source="run",
            length=_length(record),
            steps_per_epoch=round(per_epoch, 4),
            rows=len(rows.gold),
            articles=None if rows.articles is None else max(rows.articles) + 1,
            fingerprint=record.data.fingerprints["validation"],
            checkpoints=tuple(checkpoints),
            averages=tuple(averages),
            holds=None if record.training.averaged else record.training.best_step,
        ),
        answers=scorer.answers,
        gold=rows.gold,
        articles=rows.articles,
        asked=asker.asked,
    )


class _Scorer:
    """Makes checkpoints of kept files, and keeps their answers."""

    def __init__(self, asker: Asker, metrics: Sequence[Metric], rows: ValidationRows) -> None:
        self._asker = asker
        self._metrics = metrics
        self._rows = rows
        self._loss = any(metric.name == LOSS for metric in metrics)
        self.answers: dict[str, list[list[str]]] = {}

    def checkpoint(self, step: int, path: Path, per_epoch: float) -> Checkpoint:
        """Score one; one that cannot be loaded says so."""
        name = path.stem
        try:
            epoch = kept_epoch(path)
            scores = self._scores(name, [path])
        except StudentError as exc:
            return Checkpoint(
                name=name,
                step=step,
                epoch=round(step / per_epoch, 4),
                members=(step,),
                scores={},
                problem=_reason(exc, path),
            )
        return Checkpoint(name=name, step=step, epoch=epoch, members=(step,), scores=scores)

    def mean(self, window: Sequence[Checkpoint], files: Sequence[Path]) -> Checkpoint:
        """Score the mean of neighbours."""
        name = f"mean of {window[0].name} to {window[-1].name}"
        return Checkpoint(
            name=name,
            step=window[-1].step,
            epoch=window[-1].epoch,
            members=tuple(one.step for one in window),
            scores=self._scores(name, files),
        )

    def _scores(self, name: str, files: Sequence[Path]) -> dict[str, float]:
        outcome = self._asker.outcome(files, loss=self._loss)
        self.answers[name] = outcome.answers
        return measure(self._metrics, outcome.answers, self._rows.gold, loss=outcome.loss if self._loss else None)


def is_seed(name: str) -> bool:
    """Whether a folder is called as a plan calls the run of a seed: the folder around it then says which variant it is."""
    return _SEED.fullmatch(name) is not None


def _reason(exc: StudentError, path: Path) -> str:
    """Return a message without the path of this machine: a report may be published."""
    return str(exc).replace(str(path), path.name)


def _length(record: RunRecord) -> int | None:
    length = record.recipe.get("data", {}).get("max_input_tokens")
    return length if isinstance(length, int) else None


def check_same_rows(runs: Sequence[ScoredRun]) -> None:
    """Make sure that runs in one report were scored on the same validation rows.

    Raises:
        UsageError: they were not.
    """
    first = runs[0] if runs else None
    for run in runs[1:]:
        if first is not None and run.curve.fingerprint != first.curve.fingerprint:
            raise UsageError(
                f"{run.curve.run} was scored on other validation rows (fingerprint {run.curve.fingerprint}) than "
                f"{first.curve.run} ({first.curve.fingerprint})",
                hint="compare runs of one version of a data set",
            )
