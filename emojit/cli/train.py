"""`emojit train`: train a student from a recipe, or an encoder where the recipe says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption, RevisionOption, SetOption
from emojit.cli.stopping import stopped_by_sigterm

if TYPE_CHECKING:
    from emojit.recipe import DomainRecipe

RecipeArgument = Annotated[str, typer.Argument(help="TOML file, or the name of a packaged recipe such as demo.")]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", metavar="DIR|REPO", help="Build folder or Hub data set; overrides the recipe's."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted run from its last checkpoint.")
]


def train(
    recipe: RecipeArgument,
    dataset: DatasetOption = None,
    revision: RevisionOption = None,
    out: OutOption = None,
    overrides: SetOption = None,
    resume: ResumeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train a student and write its run folder: model, log, scores on validation, predictions, record.

    A recipe with objective = "mlm" lets an encoder go on learning masked words instead, for `emojit baseline fit bert --set base=FOLDER`.
    The folder is outputs/experiments/NAME_YYYYMMDD unless --out is given. --revision belongs to the data set. After Ctrl-C, SIGTERM or a crash the same
    command goes on with --resume, to the same weights. Several GPUs: torchrun --nproc-per-node N -m emojit train ...

    Example: emojit train demo --dataset builds/v1
    """
    from emojit.recipe import DomainRecipe, load_training
    from emojit.student import is_first
    from emojit.student import train as train_student

    resolved = load_training(recipe, overrides=overrides or ())
    if isinstance(resolved, DomainRecipe):
        _train_encoder(resolved, dataset=dataset, revision=revision, out=out, resume=resume, as_json=as_json)
        return
    with stopped_by_sigterm():
        result = train_student(resolved, dataset=dataset, revision=revision, out=out, resume=resume, quiet=as_json)
    if not is_first():  # of several processes one speaks
        return
    record = result.record
    text = (
        f"validation Jaccard {record.validation['jaccard']:.3f} on {record.data.rows['validation']} rows, "
        f"step {record.training.best_step} of {record.training.steps}, {record.seconds['total']:.0f} s\n"
        f"run folder: {result.folder}\nnext: emojit evaluate --model {result.folder} --dataset {dataset or resolved.data.dataset}"
    )
    output.show(
        {"out": str(result.folder), "model": str(result.model_folder), **record.as_dict()}, as_json=as_json, text=text
    )


def _train_encoder(
    recipe: DomainRecipe,
    *,
    dataset: str | None,
    revision: str | None,
    out: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    from emojit.student import is_first
    from emojit.student.domain import train_domain

    with stopped_by_sigterm():
        result = train_domain(recipe, dataset=dataset, revision=revision, out=out, resume=resume, quiet=as_json)
    if not is_first():
        return
    record = result.record
    text = (
        f"hit@1 {record.best.hit_at_1:.3f}, hit@5 {record.best.hit_at_5:.3f} on {record.text.asked} masked words of articles that were not read "
        f"(the base: {record.before.hit_at_1:.3f}, {record.before.hit_at_5:.3f}), step {record.training.best_step} of {record.training.steps}, "
        f"{record.seconds['total']:.0f} s\nrun folder: {result.folder}\n"
        f"next: emojit baseline fit bert --dataset {dataset or recipe.data.dataset} --set base={result.folder} --out outputs/bert"
    )
    output.show(
        {"out": str(result.folder), "model": str(result.model_folder), **record.as_dict()}, as_json=as_json, text=text
    )
