"""The files of a finished domain run: model with card and lineage, log, plot, summary and, last, the record."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emojit.corpus.local import released_name
from emojit.dataset.folder import write_json, write_text
from emojit.dataset.licences import UNKNOWN, combined_licence
from emojit.errors import DatasetError
from emojit.lineage import Lineage, write_lineage
from emojit.recipe import DomainRecipe
from emojit.student.domain.encoder import Encoder
from emojit.student.domain.record import DomainRecord
from emojit.student.record import FILE_NAME
from emojit.student.run_folder import MODEL

_COLUMNS = ("step", "epoch", "loss", "learning_rate", "grad_norm", "eval_loss", "hit_at_1", "hit_at_5")
"""Of `train_log.csv`, one row per evaluation."""


_FEW_TEXTS = 50
"""Texts to measure on (count) below which a bootstrap over them is too sure."""
_FIGURES = {"hit_at_1": "hit@1", "hit_at_5": "hit@5", "loss": "loss (nats per token)"}
"""Field of the scores to what it is called."""


def published(recipe: DomainRecipe, dataset: str) -> dict[str, Any]:
    """Return the recipe as files that are published state it: with names in place of paths of this machine.

    Args:
        recipe: the resolved recipe.
        dataset: repository id of the data set, or the name of its folder.
    """
    table = dataclasses.asdict(recipe)
    table["data"]["dataset"] = dataset
    path = Path(recipe.model.base).expanduser()
    if path.is_dir():
        table["model"]["base"] = path.resolve().name
    table["text"]["source"] = released_name(table["text"]["source"])
    return table


def write_run(folder: Path, encoder: Encoder, record: DomainRecord, history: Sequence[Mapping[str, float]]) -> None:
    """Write everything.

    Args:
        folder: the run folder.
        encoder: with the weights of the chosen checkpoint.
        record: what `run.json` will say.
        history: the Trainer's log entries.
    """
    model = folder / MODEL
    encoder.model.save_pretrained(model)
    encoder.tokenizer.save_pretrained(model)
    lineage = _lineage(record)
    write_lineage(model, lineage)
    write_text(model / "README.md", _card(record, lineage))
    log = _log(history)
    write_text(folder / "train_log.csv", _csv(log))
    _plot(log, record, folder / "plots" / "training.png")
    write_text(folder / "summary.md", _summary(record))
    write_json(folder / FILE_NAME, record.as_dict())


def scores_at(history: Sequence[Mapping[str, float]], step: int) -> dict[str, float]:
    """Return what was measured after a step: loss, hit_at_1 and hit_at_5."""
    entry = next(entry for entry in history if entry["step"] == step and "eval_hit_at_1" in entry)
    return {name: entry[f"eval_{name}"] for name in ("loss", "hit_at_1", "hit_at_5")}


def _lineage(record: DomainRecord) -> Lineage:
    origin = record.text.origin
    version = origin.get("commit") or origin.get("sha256")
    return Lineage(
        name=record.name,
        objective=record.objective,
        base=record.model.base,
        base_commit=record.model.base_commit,
        base_licence=record.model.base_licence,
        texts=str(origin.get("name") or origin.get("path") or record.recipe["text"]["source"]),
        texts_version=None if version is None else str(version),
        texts_licence=record.text.licence,
        step=record.training.best_step,
        epoch=record.training.best_epoch,
        scores=dataclasses.asdict(record.best),
    )


def _log(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Merge the log entries of one step: training and evaluation are logged apart."""
    steps: dict[float, dict[str, float]] = {}
    for entry in history:
        named = {key.removeprefix("eval_") if "hit_at" in key else key: value for key, value in entry.items()}
        steps.setdefault(entry["step"], {}).update({key: named[key] for key in _COLUMNS if key in named})
    return [row for row in steps.values() if "hit_at_1" in row]


def _csv(log: Sequence[Mapping[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(log)
    return text.getvalue()


def _plot(log: Sequence[Mapping[str, float]], record: DomainRecord, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.add_subplot()
    right = left.twinx()
    before = {"epoch": 0.0, "eval_loss": record.before.loss, **dataclasses.asdict(record.before)}
    del before["loss"]  # nothing was learned yet
    for axis, key, label, style in (
        (left, "loss", "training loss", "C0-"),
        (left, "eval_loss", "loss of held-out words", "C0--"),
        (right, "hit_at_1", "hit@1", "C1-"),
        (right, "hit_at_5", "hit@5", "C2-"),
    ):
        points = [(row["epoch"], row[key]) for row in (before, *log) if key in row]
        if points:
            axis.plot(*zip(*points, strict=True), style, marker=".", label=label)
    left.set_xlabel("epoch")
    left.set_ylabel("loss (nats per token)")
    right.set_ylabel("share of held-out words")
    right.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=4)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def _table(record: DomainRecord) -> str:
    lines = ["| | base | chosen | change (95 % interval) |", "|---|---:|---:|---:|"]
    for name, label in _FIGURES.items():
        change = record.change[name]
        lines.append(
            f"| {label} | {getattr(record.before, name):.4f} | {getattr(record.best, name):.4f} | "
            f"{change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}] |"
        )
    return "\n".join(lines)


def _verdict(record: DomainRecord) -> str:
    """Say whether the chosen checkpoint is better than the base by what chose it."""
    name = record.recipe["train"]["best_by"]
    change, label = record.change[name], _FIGURES[name]
    sign = -1 if name == "loss" else 1
    worst = min(sign * change.low, sign * change.high)
    if sign * change.mean <= 0:
        said = f"**No checkpoint is better than the base by {name}:** take the base itself, or other texts."
    elif worst > 0:
        said = f"The chosen checkpoint is better than the base by {label}: the interval of the change leaves zero out."
    else:
        said = f"**The chosen checkpoint cannot be told from the base by {label}:** the interval of the change holds zero."
    texts = record.text.texts["held_out"]
    few = f" {texts} texts are few: such intervals are too narrow." if texts < _FEW_TEXTS else ""
    return (
        f"{said} Intervals are of a paired bootstrap over texts, each with all its words; they know nothing of other seeds. The best of several checkpoints "
        f"looks a little better on the words that chose it than it is.{few}"
    )


def _summary(record: DomainRecord) -> str:
    text, training, model = record.text, record.training, record.model
    base = f"{model.base}@{model.base_commit[:12]}" if model.base_commit else model.base
    gpu = f", {', '.join(record.hardware.gpus)}" if record.hardware.gpus else ""
    metric = record.recipe["train"]["best_by"]
    return f"""# {record.name}

{text.asked} masked words of {text.articles["held_out"]} articles that were never read, at step {training.best_step} of {training.steps}
(epoch {training.best_epoch:g}{", stopped early" if training.stopped_early else ""}), chosen by {metric}:

{_table(record)}

{_verdict(record)}

| | |
|---|---|
| encoder | {base}: {model.parameters:,} parameters, {model.vocabulary:,} tokens |
| read | {text.sentences["train"]:,} sentences of {text.articles["train"]:,} articles in {text.texts["train"]:,} texts, {text.tokens["train"]:,} tokens |
| licence of the sentences | {text.licence} |
| time | {record.seconds["total"]:.0f} s on {record.hardware.cpu}, {record.hardware.cores} cores{gpu} |

Next: `emojit baseline fit bert --dataset … --set base=…` with the path of this folder as base.
"""


def _card(record: DomainRecord, lineage: Lineage) -> str:
    """Return a card that says what this is to whoever finds the folder."""
    try:
        licence = combined_licence(lineage.licences).id
    except DatasetError:  # two that do not go together: whoever publishes it must decide
        licence = UNKNOWN
    front = ["library_name: transformers", "pipeline_tag: fill-mask", "language: ja"]
    if licence != UNKNOWN:
        front.insert(0, f"license: {licence}")
    if record.model.base_commit is not None:
        front.append(f"base_model: {json.dumps(record.model.base)}")
    matter = "\n".join(front)
    return f"""---
{matter}
---

# {record.name}

{lineage.in_words()}. Licences of both: {", ".join(lineage.licences)}.

{record.text.asked} masked nouns, verbs and adjectives of {record.text.articles["held_out"]} articles that were not learned from:

{_table(record)}

{_verdict(record)}
"""
