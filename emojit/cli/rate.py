"""`emojit rate`: people rate the answers of several systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption
from emojit.cli.stopping import INTERRUPTED

app = typer.Typer(no_args_is_help=True, help="Let people rate answers, blind, and report what they say.")

TaskArgument = Annotated[Path, typer.Argument(metavar="TASK", help="Folder of `rate prepare`.", show_default=False)]
SourceArgument = Annotated[
    Path,
    typer.Argument(metavar="TASK|FILE", help="Task folder, or JSON lines of ratings.", show_default=False),
]
ReportOut = Annotated[
    Path | None, typer.Option("--out", help="Folder for the report; the task unless told.", show_default=False)
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")]


@app.command()
def prepare(
    predictions: Annotated[
        list[str],
        typer.Option("--predictions", metavar="[NAME=]FILE", help="eval_predictions.parquet; may be repeated."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Task folder to write.", file_okay=False)],
    systems: Annotated[
        str | None,
        typer.Option("--systems", metavar="A,B,C", help="Who is rated beside the references.", show_default=False),
    ] = None,
    items: Annotated[int, typer.Option("--items", help="Texts to draw; 50 to 100 are usual.", min=1)] = 50,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Draw texts by topic and write what raters see, and the key that says which answer is whose.

    Example: emojit rate prepare --predictions runs/base/eval_predictions.parquet --systems student,linear --out rating
    """
    from emojit.evaluation.rating.prepare import named
    from emojit.evaluation.rating.prepare import prepare as prepare_task

    chosen = None if systems is None else [name.strip() for name in systems.split(",") if name.strip()]
    task = prepare_task(predictions, out, systems=chosen, items=items, seed=seed)
    output.show(
        {"task": task.name, "folder": out, "items": len(task.items), "systems": list(task.systems)},
        as_json=as_json,
        text=f"{named(task)}, in {out}\nkey.json says which answer is whose: do not publish it\nnext: emojit rate space {out}",
    )


@app.command()
def space(
    task: TaskArgument,
    answers: Annotated[
        str | None,
        typer.Option("--answers", metavar="REPO", help="Private data set for the answers.", show_default=False),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option("--push", metavar="REPO", help="Publish the page as this Space.", show_default=False),
    ] = None,
    tag: Annotated[str, typer.Option("--tag", metavar="vN", help="Version of the Space.")] = "v1",
    private: Annotated[
        bool, typer.Option("--private", help="Create the Space so that its owners alone see it.")
    ] = False,
    raters: Annotated[int, typer.Option("--raters", help="Codes that are given out at most.", min=1)] = 50,
    contact: Annotated[
        str | None,
        typer.Option("--contact", help="Whom raters may ask; stands in the consent text.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="TCP port; 0 takes a free one.", min=0, max=65535)] = 7860,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Serve the rater page on 127.0.0.1 until Ctrl-C, or publish it as a Space with --push.

    Answers wait in TASK/rater-queue, or in the Space's own disk, and go into the private data set with the token of the environment, which a Space finds among
    its secrets as HF_TOKEN.

    Example: emojit rate space rating --push you/emoji-rating --answers you/emoji-ratings
    """
    from emojit.space.rater import PageSettings, prepare_answers, rater_page

    settings = PageSettings(answers=answers, raters=raters, contact=contact)
    with rater_page(task, settings, published=push is not None, dry_run=dry_run) as (folder, environment):
        if answers is not None and not dry_run:
            prepare_answers(answers)
        if push is None:
            _serve(folder, environment, port=port, dry_run=dry_run, as_json=as_json)
        else:
            _publish(folder, push, tag, private=private, dry_run=dry_run, as_json=as_json)


@app.command()
def collect(
    task: TaskArgument,
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="REPO|DIR|FILE", help="Where else answers are; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch answers, merge them, and write ratings.jsonl: a rater's last answer to a text counts, earlier ones stay in answers.jsonl.

    Example: emojit rate collect rating
    """
    from emojit.evaluation.rating.collect import collect as collect_answers

    found = collect_answers(task, sources or (), quiet=as_json).as_dict()
    raters, damaged = found["raters"], found["damaged"]
    assert isinstance(raters, list)
    assert isinstance(damaged, list)
    lines = [
        (
            f"{len(raters)} rater{'' if len(raters) == 1 else 's'}, {found['answers']} answer{'' if found['answers'] == 1 else 's'} "
            f"({found['superseded']} changed later)"
        )
    ]
    lines += [f"  {one['rater']}  {one['answers']} of {found['items']}" for one in raters]
    if damaged or found["of_other_tasks"]:
        lines.append(f"left out: {len(damaged)} damaged, {found['of_other_tasks']} of other tasks")
    output.show(found, as_json=as_json, text="\n".join([*lines, f"next: emojit rate report {task}"]))


@app.command()
def report(source: SourceArgument, out: ReportOut = None, seed: SeedOption = 0, as_json: JsonOption = False) -> None:
    """Say per system what raters think, how far they agree, and how many texts it takes to tell two systems apart.

    A FILE may also come from the older rating tool: JSON lines with semantic, naturalness, misleading for each model and a preference.

    Example: emojit rate report rating
    """
    from emojit.evaluation.rating.report import load_ratings, make_report, write_report
    from emojit.evaluation.rating.table import markdown

    found = make_report(load_ratings(source), seed=seed)
    text = markdown(found)
    if (folder := out or (source if source.is_dir() else None)) is not None:
        write_report(folder, found, text)
    output.show(found.as_dict(), as_json=as_json, text=text.rstrip("\n"))


@app.command()
def calibrate(
    source: SourceArgument,
    judge: Annotated[
        list[Path] | None,
        typer.Option("--judge", metavar="DIR|FILE", help="What `emojit judge` wrote; may be repeated."),
    ] = None,
    predictions: Annotated[
        list[str] | None,
        typer.Option("--predictions", metavar="[NAME=]FILE", help="The answers, where no task folder holds them."),
    ] = None,
    out: ReportOut = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Hold the judge and the overlap with the references against people, on the same answers.

    Example: emojit rate calibrate rating --judge outputs/judge
    """
    from emojit.evaluation.rating.calibration import calibrate as compare
    from emojit.evaluation.rating.calibration import known_answers, write_calibration
    from emojit.evaluation.rating.calibration_table import markdown
    from emojit.evaluation.rating.judgements import read_judgements
    from emojit.evaluation.rating.report import load_ratings

    ratings = load_ratings(source)
    judgements = read_judgements(judge) if judge else None
    found = compare(ratings, judgements, known_answers(source, predictions or ()), seed=seed)
    text = markdown(found)
    if (folder := out or (source if source.is_dir() else None)) is not None:
        write_calibration(folder, found, text)
    output.show(found.as_dict(), as_json=as_json, text=text.rstrip("\n"))


def _serve(folder: Path, environment: dict[str, str], *, port: int, dry_run: bool, as_json: bool) -> None:
    from emojit.space import run_space

    def announce(url: str) -> None:
        output.show({"url": url}, as_json=as_json, text=f"rater page at {url}\nStop with Ctrl-C.")

    if dry_run:
        output.show({"dry_run": True}, as_json=as_json, text="dry run: the page is laid out and would be served")
        return
    try:
        run_space(folder, port=port, settings=environment, announce=announce)
    except KeyboardInterrupt:  # once the page is there, Ctrl-C is how it ends
        output.note("stopped before the page was there; the same command starts it again")
        raise SystemExit(INTERRUPTED) from None


def _publish(folder: Path, repo_id: str, tag: str, *, private: bool, dry_run: bool, as_json: bool) -> None:
    from emojit.release.push import push

    result = push("space", folder, repo_id, tag=tag, private=private, dry_run=dry_run, quiet=as_json)
    what = "dry run: would publish" if dry_run else "there already:" if result.already_there else "published"
    output.show(
        result.as_dict(),
        as_json=as_json,
        text=f"{what} {repo_id} {tag}\n{result.url}\n"
        "next: put a token that may write to the answers' data set alone among the Space's secrets, as HF_TOKEN",
    )
