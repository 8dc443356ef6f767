"""`emojit sweep`: find where a run was best, and which of its checkpoints to take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption

SourcesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN|CSV...", help="Run folders that kept checkpoints, and tables: run, step, epoch, metrics."
    ),
]
MetricsOption = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="NAME,...",
        help="What runs are scored by: jaccard, exact_match, precision, recall, f1, f1_macro, diversity, outside_top, "
        "distinct, entropy_bits, emojis_per_text, empty, loss. Without it jaccard, exact_match, outside_top, distinct, loss.",
        show_default=False,
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option("--weights", metavar="NAME=W,...", help="Make a composite score of these; it then chooses."),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="What chooses; else composite, jaccard, or a table's first metric."),
]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", metavar="POINTS", help="So much below the peak is as good as the peak.")
]
AverageOption = Annotated[
    int | None, typer.Option("--average", metavar="K", help="Also score the mean of every K neighbours.")
]
TakeOption = Annotated[
    str | None, typer.Option("--take", metavar="CHECKPOINT", help="Choose this one, whatever its score.")
]
SaveOption = Annotated[
    Path | None, typer.Option("--save", metavar="DIR", help="Write the chosen weights there as a model folder.")
]


def sweep(
    sources: SourcesArgument,
    metrics: MetricsOption = None,
    weights: WeightsOption = None,
    by: ByOption = None,
    tolerance: ToleranceOption = 0.5,
    average: AverageOption = None,
    take: TakeOption = None,
    save: SaveOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every kept checkpoint on validation: peak, plateau, onset of overfitting, and which one to take.

    Writes sweep.html, sweep.md, sweep.json and plots/, into the folder sweep/ of a single run, else below outputs/sweeps, unless --out is given. What a checkpoint
    answered is kept in sweep/.scores/ of its run folder, also with --out, and is not asked again; remove that folder to ask anew. Train with --set
    train.keep_checkpoints=0.5 to keep two checkpoints an epoch.

    Example: emojit sweep runs/v1 --weights jaccard=0.7,exact_match=0.3 --average 3 --save models/v1-chosen
    """
    from emojit.errors import UsageError
    from emojit.experiment.sweep.composite import parse_weights
    from emojit.experiment.sweep.markdown import summary
    from emojit.experiment.sweep.report import sweep as swept
    from emojit.experiment.sweep.writing import check_target, default_out, save_choice, write_sweep

    if save is not None:
        if len(sources) != 1 or not sources[0].is_dir():
            raise UsageError("--save writes the chosen weights of one run", hint="give one run folder")
        check_target(save)
    found = swept(
        sources,
        metrics=[name.strip() for name in metrics.split(",")] if metrics else None,
        weights=None if weights is None else parse_weights(weights),
        by=by,
        tolerance=tolerance,
        average=average,
        take=take,
        quiet=as_json,
    )
    report, folder = found.sweep, out or default_out(sources)
    write_sweep(report, folder)
    if save is not None:
        if report.best is None:
            raise UsageError(f"--save {save}: no checkpoint could be scored", hint=f"see {folder}/sweep.md")
        save_choice(sources[0], report.best, report.by, save)
    saved = f"\nmodel folder: {save}" if save is not None else ""
    asked = {run.curve.run: run.asked for run in found.runs}
    result = {
        "out": str(folder),
        "saved": None if save is None else str(save),
        "scored_now": asked,
        **report.as_dict(),
    }
    output.show(result, as_json=as_json, text=f"{summary(report)}\nwritten to {folder}{saved}")
