"""What a model card says: from `run.json`, `eval_metrics.json` and `predictions_sample.jsonl` of a run folder, nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emojit.dataset.licences import UNKNOWN, Licence, combined_licence
from emojit.emoji import INVENTORY
from emojit.errors import CardError, DatasetError, StudentError
from emojit.lexicon.vectors import LICENCE as VECTORS_LICENCE
from emojit.lexicon.vectors import URL as VECTORS_URL
from emojit.recipe import TrainRecipe
from emojit.release.carbon import carbon_fields, carbon_rows, read_carbon
from emojit.release.eval_results import TASK, evaluation_facts, find_system, model_index
from emojit.release.facts import Facts
from emojit.release.loss_words import loss_words
from emojit.release.score_facts import figure_table
from emojit.release.templates import front_matter
from emojit.student.export import ExportRecord, Format, find_records
from emojit.student.record import RunRecord, StageRecord, read_run
from emojit.student.run_folder import MODEL

_SAMPLE = "predictions_sample.jsonl"
_SHOWN = 5  # good and bad predictions each
_PLOT = "plots/jaccard.png"
_CURVE = "plots/training.png"
_NO_REPOSITORY = "NAMESPACE"
_TRAINED_ON = "train"
_RUNTIMES: dict[Format, str] = {"onnx": "ONNX Runtime", "ctranslate2": "CTranslate2"}
_SHOWN_ELSEWHERE = ("name", "data.dataset", "data.revision", "model.base", "model.revision", "stages")
"""Keys of the recipe that the card's first table names already."""


def model_context(
    run_folder: Path, *, repo_id: str | None, revision: str | None, model: Path | None = None
) -> dict[str, object]:
    """Return the variables of the model card's template.

    Args:
        run_folder: a finished and evaluated run.
        repo_id: the repository that the snippet names; None leaves a gap to fill.
        revision: the tag that it names.
        model: the folder beside whose weights the exports lie; None is the run's own, which a release lays out otherwise.

    Raises:
        CardError: one of the files, or a fact in them, is missing.
    """
    try:
        run = read_run(run_folder)
    except StudentError as exc:
        raise CardError(f"the card needs the run's record: {exc}", hint=exc.hint) from exc
    facts = evaluation_facts(run_folder)
    licence = _licence(run)
    samples = _samples(run_folder / _SAMPLE)
    exports = find_records(model or run_folder / MODEL)
    carbon = read_carbon(run_folder)
    title = repo_id.split("/")[1] if repo_id else run.name
    return {
        "front_matter": front_matter(
            {
                "language": ["ja"],
                "license": licence.id,
                "library_name": "transformers",
                "pipeline_tag": TASK,
                "tags": ["emoji", "t5", "distillation", "emojit", *(one.format for one in exports)],
                "base_model": run.model.base if run.model.base_commit else None,
                "datasets": [run.data.repo_id] if run.data.repo_id else None,
                "metrics": [metric["name"] for metric in facts.items("metrics")],
                "co2_eq_emissions": carbon_fields(carbon, run.hardware, from_nothing=run.model.base is None),
                "model-index": model_index(facts, name=title),
            }
        ),
        "title": title,
        "repo_id": repo_id or f"{_NO_REPOSITORY}/{run.name}",
        "revision": revision,
        "example": json.dumps(samples[0]["text"], ensure_ascii=False),
        "data": {"name": run.data.name, "revision": run.data.revision, "commit": run.data.commit},
        "evaluated": {
            "name": facts.text("dataset.name"),
            "split": facts.text("dataset.split"),
            "rows": facts.count("dataset.rows"),
            "commit": facts.text("dataset.commit") if facts.has("dataset.commit") else None,
            "percent": f"{100 * facts.number('confidence'):g}",
        },
        "systems": [_system(facts, index) for index in range(len(facts.items("systems")))],
        "figures": figure_table(facts),
        "verdict": facts.text("verdict"),
        "plot": f"run/{_PLOT}" if (run_folder / _PLOT).is_file() else None,
        "curve": f"run/{_CURVE}" if (run_folder / _CURVE).is_file() else None,
        "loss": loss_words(run.recipe),
        "exports": [_export(one) for one in exports],
        "samples": _good_and_bad(samples),
        "training": [*_training(run), *carbon_rows(carbon)],
        "changed": list(_changed(run.recipe)),
        "method": _own_method(run.recipe),
        "emojis": run.model.emojis,
        "licence": {"name": licence.id, "known": licence.id != UNKNOWN, "reason": licence.note},
    }


def _export(record: ExportRecord) -> dict[str, object]:
    """Return what the card says of an export that lies beside the weights."""
    return {
        "name": record.format,
        "folder": f"{record.format}/",
        "runtime": _RUNTIMES[record.format],
        "precision": "float32" if record.precision == "float32" else "matrices in int8",
        "megabytes": f"{record.size / 1e6:,.1f}",
        "texts": record.check.texts,
        "source": record.check.source,
        "equal": record.check.equal,
    }


def _licence(run: RunRecord) -> Licence:
    """Return the licence that the model inherits from its data and from the model it started from."""
    inherited = {"the data set": run.data.licence}
    if run.model.base is not None:
        inherited["the base model"] = run.model.base_licence or UNKNOWN
    if run.model.vectors is not None:
        inherited["the word vectors"] = VECTORS_LICENCE.lower()
    inherited.update({f"the sentences of stage {stage.name}": stage.licence for stage in run.stages if stage.licence})
    try:
        licence = combined_licence(inherited.values())
    except DatasetError as exc:
        raise CardError(
            f"the licences of what the model was made of do not go together: {exc}", hint=exc.hint
        ) from exc
    return Licence(id=licence.id, note=", ".join(f"{what}: {said}" for what, said in inherited.items()))


def _system(facts: Facts, index: int) -> dict[str, object]:
    system = find_system(facts, str(facts.items("systems")[index].get("name")))
    try:
        interval, overlap = system["jaccard"], system["overlap"]
        return {
            "label": system["label"],
            "jaccard": f"{interval['mean']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]",  # type: ignore[index]
            "exact_match": overlap["exact_match"],  # type: ignore[index]
            "f1": overlap["f1_micro"],  # type: ignore[index]
            "rows": system["rows"],
        }
    except KeyError as exc:
        raise CardError(f"{facts.path}: systems[{index}] lacks {exc}", hint=facts.hint) from exc


def _samples(path: Path) -> list[dict[str, Any]]:
    """Read the sample of predictions: text, gold, pred and jaccard of each."""
    hint = "evaluate the run again"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError as exc:
        raise CardError(f"{path} is missing, and the card needs it", hint=hint) from exc
    except (OSError, ValueError) as exc:
        raise CardError(f"{path} cannot be read: {exc}", hint=hint) from exc
    if not rows:
        raise CardError(f"{path} holds no prediction", hint=hint)
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in ("text", "gold", "pred", "jaccard") if name not in row]:
            raise CardError(f"{path}:{number}: {missing[0]} is missing", hint=hint)
    return rows


def _good_and_bad(rows: list[dict[str, Any]]) -> list[dict[str, object]]:
    """Return the best and the worst predictions of the sample; no row stands in both."""
    ranked = sorted(rows, key=lambda row: -row["jaccard"])
    shown = min(_SHOWN, (len(ranked) + 1) // 2)
    groups: list[dict[str, object]] = [
        {"title": f"The best {shown} of {len(rows)} rows spread over the split", "rows": ranked[:shown]}
    ]
    if worst := ranked[shown:][-_SHOWN:]:
        groups.append({"title": f"And the worst {len(worst)}", "rows": worst})
    return groups


def _training(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Yield what the card's table says about the run."""
    data, training, hardware = run.data, run.training, run.hardware
    yield "data set", data.name
    if data.revision:
        yield "revision", data.revision
    if data.commit:
        yield "commit", data.commit
    yield "rows learned from", f"{data.rows[_TRAINED_ON]:,}"
    for name, rows in data.extra_rows.items():
        yield f"rows besides: {name}", f"{rows:,}"
    yield "started from", run.model.base or "nothing: a new T5 and its own SentencePiece tokenizer"
    if run.model.base_commit:
        yield "commit of the base model", run.model.base_commit
    yield "parameters", f"{run.model.parameters:,}"
    yield "vocabulary", f"{run.model.vocabulary:,} tokens, {run.model.new_emoji:,} of them emoji that were added"
    if run.model.emojis is not None and run.model.emojis < len(INVENTORY):
        yield "emoji it can write", f"the {run.model.emojis:,} most frequent of the training split"
        yield "rows left out, without any of them", f"{data.unanswerable:,}"
    if run.model.words is not None:
        yield "pieces are words of", run.model.words
    if run.model.vectors is not None:
        yield "pieces started from", f"word vectors: {run.model.vectors}, {VECTORS_URL}"
    for stage in run.stages:
        yield f"stage {stage.name}", _stage(stage)
    early = ", stopped early" if training.stopped_early else ""
    yield "updates", f"{training.steps:,} ({training.epochs:.1f} epochs{early})"
    yield "weights of", f"update {training.best_step:,} (epoch {training.best_epoch:.1f}), the best on validation"
    yield "training loss of the last epoch", f"{training.train_loss:.3f} {loss_words(run.recipe).unit}"
    yield "precision", "bfloat16" if training.bf16 else "float32"
    yield "seed", str(run.seed)
    yield "wall time", f"{run.seconds['total']:,.0f} s"
    yield "hardware", ", ".join([*hardware.gpus, f"{hardware.cpu} ({hardware.cores} cores)"])
    dirty = " with changes" if run.code.changed else ""
    yield "code", f"emojit {run.code.version}" + (f", commit {run.code.commit[:12]}{dirty}" if run.code.commit else "")
    for name in ("torch", "transformers", "datasets"):
        if name in run.versions:
            yield name, run.versions[name]


def _stage(stage: StageRecord) -> str:
    origin = stage.origin
    name = next(origin[key] for key in ("repo", "name", "path", "kind") if origin.get(key))
    version = str(next((origin[key] for key in ("revision", "commit", "sha256") if origin.get(key)), ""))[:12]
    score = "" if stage.best_score is None else f", {stage.chosen_by} {stage.best_score:.3f}"
    return (
        f"{stage.objective.replace('_', ' ')} on {stage.rows:,} rows from {name}{f' ({version})' if version else ''}: "
        f"{stage.steps:,} updates ({stage.epochs:.1f} epochs), weights of update {stage.best_step:,}{score}"
    )


def _own_method(recipe: Mapping[str, Any]) -> str | None:
    """Return the method of decoding where plain `generate` answers otherwise, else None."""
    method = recipe.get("decoding", {}).get("method", "greedy")
    return None if method == "greedy" else str(method)


def _changed(recipe: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the keys of a recipe that differ from emojit's defaults, by dotted path."""
    defaults = dict(_flat(dataclasses.asdict(TrainRecipe())))
    for key, value in _flat(recipe):
        if key not in _SHOWN_ELSEWHERE and value != defaults.get(key):
            yield {"key": key, "value": _toml(value), "default": _toml(defaults.get(key))}


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", list(value) if isinstance(value, tuple) else value


def _toml(value: object) -> str:
    """Write a value as a recipe does; None, which TOML lacks, as "not set"."""
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)
