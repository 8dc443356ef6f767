"""The files of a finished run besides the model: scores, predictions, log, plot, summary and, last, the record."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from emojit.corpus.local import released_name
from emojit.dataset.folder import write_json, write_text
from emojit.dataset.loading import Loaded
from emojit.dataset.parquet import TableWriter
from emojit.metrics import empty_share, exact_match, jaccard_scores, precision_recall_f1, row_scores
from emojit.provenance import TRAINING_PACKAGES, code, hardware, package_versions
from emojit.recipe import TrainRecipe
from emojit.student.predict import Student
from emojit.student.record import (
    FILE_NAME,
    SCHEMA_VERSION,
    DataRecord,
    ModelRecord,
    RunRecord,
    StageRecord,
    TrainingRecord,
)

SAMPLE_ROWS = 20
"""Rows of `predictions_sample.jsonl` (count), spread evenly over the test split."""

_LOG_COLUMNS = (
    "step", "epoch", "loss", "learning_rate", "grad_norm", "eval_loss", "eval_jaccard", "eval_exact_match", "eval_mean_emojis",
    "eval_distinct", "eval_outside_top",
)  # fmt: skip


def write_run(
    folder: Path,
    *,
    student: Student,
    recipe: TrainRecipe,
    loaded: Mapping[str, Loaded],
    data: DataRecord,
    model: ModelRecord,
    training: TrainingRecord,
    stages: Sequence[StageRecord],
    history: Sequence[Mapping[str, float]],
    started: datetime,
    seconds: Mapping[str, float],
    quiet: bool,
) -> RunRecord:
    """Ask the student for the emoji of validation and test, and write everything.

    Args:
        folder: the run folder; `model/` is there already.
        student: the best weights.
        recipe: the resolved recipe.
        loaded: the rows by split.
        data: what was learned from.
        model: what was trained.
        training: how it went.
        stages: how the stages before went.
        history: the Trainer's log entries.
        started: when the run began.
        seconds: wall time of the steps before (s).
        quiet: no progress bar.
    """
    begun = time.perf_counter()
    answers = {}
    for split in ("validation", "test"):
        texts = [row[recipe.data.input_column] for row in loaded[split].rows]
        found = student.answer(texts, quiet=quiet)
        answers[split] = found.emojis
        data = dataclasses.replace(data, cut={**data.cut, split: found.cut})
    scores = _scores(answers["validation"], [row["emojis"] for row in loaded["validation"].rows])
    predicted = round(time.perf_counter() - begun, 1)
    record = RunRecord(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        started=started.isoformat(timespec="seconds"),
        seed=recipe.train.seed,
        recipe=json.loads(json.dumps(published(recipe, data.name))),
        data=data,
        model=model,
        training=training,
        stages=tuple(stages),
        validation=scores,
        seconds={**seconds, "predict": predicted, "total": round(sum(seconds.values()) + predicted, 1)},
        code=code(),
        versions=package_versions(TRAINING_PACKAGES),
        hardware=hardware(),
    )
    log = _log(history)
    write_text(folder / "train_log.csv", _csv(log))
    _write_predictions(folder / "predictions.parquet", recipe.data.input_column, loaded, answers)
    write_text(
        folder / "predictions_sample.jsonl", _sample(loaded["test"].rows, answers["test"], recipe.data.input_column)
    )
    _plot(log, folder / "plots" / "training.png")
    write_json(
        folder / "eval_metrics.json",
        # Of another layout than the report of `emojit evaluate`, which takes its place and has a schema version.
        {"written_by": "emojit train", "split": "validation", "rows": data.rows["validation"], **scores},
    )
    write_text(folder / "summary.md", _summary(record))
    write_json(folder / FILE_NAME, record.as_dict())
    return record


def published(recipe: TrainRecipe, dataset: str) -> dict[str, Any]:
    """Return the recipe as files that are published state it: with names in place of paths of this machine.

    Args:
        recipe: the resolved recipe.
        dataset: repository id of the data set, or the name of its folder.
    """
    table = dataclasses.asdict(recipe)
    table["data"]["dataset"] = dataset
    if recipe.model.base is not None and Path(recipe.model.base).is_dir():
        table["model"]["base"] = Path(recipe.model.base).name
    for stage in table["stages"]:
        stage["source"] = released_name(stage["source"])
    return table


def _scores(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> dict[str, float]:
    jaccards = jaccard_scores(predictions, references)
    micro = precision_recall_f1(predictions, references, average="micro")
    macro = precision_recall_f1(predictions, references, average="macro")
    return {
        "jaccard": sum(jaccards) / len(jaccards),
        "exact_match": exact_match(predictions, references),
        "precision_micro": micro.precision,
        "recall_micro": micro.recall,
        "f1_micro": micro.f1,
        "f1_macro": macro.f1,
        "empty_predictions": empty_share(predictions),
        "emojis_per_text": sum(map(len, predictions)) / len(predictions),
    }


def _log(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Merge the log entries of one step: training and evaluation are logged apart."""
    steps: dict[float, dict[str, float]] = {}
    for entry in history:
        kept = {key: value for key, value in entry.items() if key in _LOG_COLUMNS}
        steps.setdefault(entry["step"], {}).update(kept)
    return [row for row in steps.values() if len(row) > 2]


def _csv(log: Sequence[Mapping[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _LOG_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(log)
    return text.getvalue()


def _write_predictions(
    path: Path, column: str, loaded: Mapping[str, Loaded], answers: Mapping[str, Sequence[Sequence[str]]]
) -> None:
    columns = {"id": "string", "split": "string", "text": "string", "emojis": "strings", "student": "strings"}
    if any(_article(row) for split in answers for row in loaded[split].rows):
        columns["article"] = "string"
    with TableWriter(path, columns) as table:
        for split, predictions in answers.items():
            for row, prediction in zip(loaded[split].rows, predictions, strict=True):
                table.add(
                    {
                        "id": row["id"],
                        "split": split,
                        "text": row[column],
                        "emojis": row["emojis"],
                        "student": list(prediction),
                        "article": _article(row),
                    }
                )


def _article(row: Mapping[str, Any]) -> str | None:
    """Return what article a row was written from, for intervals that know that its sentences are alike; None where the data set does not say."""
    return f"{row.get('source')}/{row['doc_id']}" if row.get("doc_id") else None


def _sample(rows: Sequence[Mapping[str, Any]], predictions: Sequence[Sequence[str]], column: str) -> str:
    count = min(SAMPLE_ROWS, len(rows))
    lines = []
    for index in (place * len(rows) // count for place in range(count)):
        gold, predicted = rows[index]["emojis"], predictions[index]
        scores = row_scores(predicted, gold)
        line = {
            "text": rows[index][column],
            "gold": " ".join(gold),
            "pred": " ".join(predicted),
            "jaccard": round(scores.jaccard, 6),
            "precision": round(scores.precision, 6),
            "recall": round(scores.recall, 6),
            "f1": round(scores.f1, 6),
            "exact_match": scores.exact_match,
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return "".join(lines)


def _plot(log: Sequence[Mapping[str, float]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.add_subplot()
    right = left.twinx()
    for axis, key, label, style in (
        (left, "loss", "training loss", "C0-"),
        (left, "eval_loss", "validation loss", "C0--"),
        (right, "eval_jaccard", "validation Jaccard", "C1-"),
    ):
        points = [(row["epoch"], row[key]) for row in log if key in row]
        if points:
            axis.plot(*zip(*points, strict=True), style, marker=".", label=label)
    left.set_xlabel("epoch")
    left.set_ylabel("loss (nats per token)")
    right.set_ylabel("mean Jaccard")
    right.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=3)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def _summary(record: RunRecord) -> str:
    data, training, model = record.data, record.training, record.model
    source = f"{data.name}@{data.commit[:12]}" if data.commit else data.name
    extra = "".join(f", {count} from {name}" for name, count in data.extra_rows.items())
    gpu = f", {', '.join(record.hardware.gpus)}" if record.hardware.gpus else ""
    return f"""# {record.name}

Validation Jaccard **{record.validation["jaccard"]:.3f}** ({data.rows["validation"]} rows) at step {training.best_step} of {training.steps}
(epoch {training.best_epoch:g}{", stopped early" if training.stopped_early else ""}). `emojit evaluate --model` on this folder puts the test split next to the
trivial answers.

| | |
|---|---|
| data | {source}: {data.rows["train"]} training rows{extra} |
| model | {model.base or "T5 from nothing"}: {model.parameters:,} parameters, {model.vocabulary:,} tokens |
| exact match | {record.validation["exact_match"]:.3f} |
| precision, recall, F1 (micro) | {record.validation["precision_micro"]:.3f}, {record.validation["recall_micro"]:.3f}, {record.validation["f1_micro"]:.3f} |
| emoji per text | {record.validation["emojis_per_text"]:.2f} |
| time | {record.seconds["total"]:.0f} s on {record.hardware.cpu}, {record.hardware.cores} cores{gpu} |
"""
