"""`emojit evaluate`: score a model, or a file of predictions, beside the trivial answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypedDict

import typer

from emojit.cli import output
from emojit.cli.options import DatasetOption, JsonOption, OutOption, RevisionOption

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="DIR|REPO", help="Run folder, model or baseline folder, or Hub repository."),
]
ModelRevisionOption = Annotated[
    str | None, typer.Option("--model-revision", metavar="vN", help="Revision of a model repository.")
]
PredictionsOption = Annotated[
    Path | None,
    typer.Option(
        "--predictions", metavar="FILE", help="Score this file instead of a model: JSON lines with `emojis`."
    ),
]
SplitOption = Annotated[str, typer.Option("--split", help="Which rows are scored.")]
MetricsOption = Annotated[
    str | None,
    typer.Option(
        "--metrics-from", metavar="USER|DIR", help="Load all metric modules from this Hub account or folder."
    ),
]
ColumnOption = Annotated[
    str | None, typer.Option("--column", help="Column that is read: sns_text or original_text.", show_default=False)
]

BaselinesOption = Annotated[
    str | None,
    typer.Option(
        "--baselines",
        metavar="NAME,…",
        help="Score beside these, `emojit baseline list`; without it beside those that take seconds.",
        show_default=False,
    ),
]


def evaluate(
    dataset: DatasetOption,
    model: ModelOption = None,
    predictions: PredictionsOption = None,
    revision: RevisionOption = None,
    model_revision: ModelRevisionOption = None,
    split: SplitOption = "test",
    out: OutOption = None,
    metrics_from: MetricsOption = None,
    column: ColumnOption = None,
    baselines: BaselinesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a model next to the trivial answers and the teacher's second vote, with 95 % intervals.

    With breakdowns, calibration of scores and error analysis. Writes eval_metrics.json, results.md, results.html, plots/,
    eval_predictions.parquet and eval_errors.parquet, into the run folder unless --out is given. --revision belongs to the
    data set.

    Example: emojit evaluate --model outputs/experiments/base --dataset you/emoji-pairs --revision v1
    """
    from emojit.evaluation.modules import import_without_transformers
    from emojit.evaluation.run import default_out, evaluate_model, evaluate_predictions
    from emojit.evaluation.table import plain, scores

    source = _one_of(model, predictions, model_revision)
    import_without_transformers()
    common = _Common(
        out=out or default_out(source),
        revision=revision,
        split=split,
        metrics_from=metrics_from,
        input_column=column,
        baselines=[name.strip() for name in baselines.split(",")] if baselines else None,
        quiet=as_json,
    )
    if isinstance(source, Path):
        report = evaluate_predictions(source, dataset, **common)
    else:
        report = evaluate_model(source, dataset, model_revision=model_revision, **common)
    result = {"out": str(common["out"]), "scores": scores(report), **report.as_dict()}
    output.show(result, as_json=as_json, text=f"{plain(report)}\n\nwritten to {common['out']}")


class _Common(TypedDict):
    """The options that a model and a prediction file share."""

    out: Path
    revision: str | None
    split: str
    metrics_from: str | None
    input_column: str | None
    baselines: list[str] | None
    quiet: bool


def _one_of(model: str | None, predictions: Path | None, model_revision: str | None) -> str | Path:
    """Return what is to be scored: a model as a string, or a prediction file as a path."""
    from emojit.errors import UsageError

    if model is not None and predictions is None:
        return model
    if predictions is None or model is not None:
        raise UsageError("give either --model or --predictions", hint="emojit evaluate --help")
    if model_revision is not None:
        raise UsageError("--model-revision belongs to a --model", hint="emojit evaluate --help")
    return predictions
