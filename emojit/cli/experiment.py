"""`emojit experiment`: run a plan of many trainings, and read off what helped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emojit.cli import experiment_table, output
from emojit.cli.options import DryRunOption, JsonOption, OutOption, RevisionOption, SetOption
from emojit.cli.stopping import stopped_by_sigterm

_HELP = """Plans of many trainings: run them, and read off what helped.

Example: emojit experiment run v3-small --dataset builds/v1 --dry-run

Example: emojit experiment run v3-small --dataset builds/v1

Example: emojit experiment table v3-small
"""
app = typer.Typer(no_args_is_help=True, help=_HELP)
app.command()(experiment_table.table)

PlanArgument = Annotated[
    str,
    typer.Argument(
        metavar="PLAN", help="TOML file, or the name of a packaged plan such as v3-small.", show_default=False
    ),
]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", metavar="DIR|REPO", help="Build folder or Hub data set; overrides the plan's."),
]
SeedOption = Annotated[
    list[int] | None, typer.Option("--seed", help="Seed of every variant, in place of the plan's; may be repeated.")
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Trainings side by side; one per GPU, or one, without it.", show_default=False),
]
AnyCodeOption = Annotated[
    bool, typer.Option("--any-code", help="A run counts as done whichever version of emojit made it.")
]
NoTimingOption = Annotated[
    bool, typer.Option("--no-timing", help="With --dry-run: do not time a few steps where no run has finished.")
]


@app.command()
def run(
    plan: PlanArgument,
    dataset: DatasetOption = None,
    revision: RevisionOption = None,
    out: OutOption = None,
    seeds: SeedOption = None,
    overrides: SetOption = None,
    jobs: JobsOption = None,
    any_code: AnyCodeOption = False,
    dry_run: DryRunOption = False,
    no_timing: NoTimingOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train every variant of a plan, each seed in a process of its own, and skip what is done.

    The folder is outputs/experiments/NAME unless --out is given. After Ctrl-C, SIGTERM, kill -9 or a failed run the same command goes on. --set changes
    a key of the base recipe for every variant. Conditions are decided on the validation split: "improved" is any higher mean than the base's. Exit code 1 where a
    run failed.

    Example: emojit experiment run v3-small --dataset builds/v1
    """
    from emojit.experiment.layout import EXPERIMENTS, PlanFolder
    from emojit.experiment.plan.resolve import resolve_plan
    from emojit.experiment.plan.run import run_plan
    from emojit.experiment.plan.view import view_plan
    from emojit.student.extra import require_train_extra

    require_train_extra()
    resolved = resolve_plan(plan, dataset=dataset, revision=revision, seeds=seeds or (), overrides=overrides or ())
    folder = PlanFolder(out or EXPERIMENTS / resolved.config.name)
    if dry_run:
        view = view_plan(resolved, folder, jobs=jobs, any_code=any_code, timing=not no_timing, say=output.note)
        output.show(view.as_dict(), as_json=as_json, text=view.text())
        return
    with stopped_by_sigterm():
        result = run_plan(resolved, folder, jobs=jobs, any_code=any_code, say=output.note, quiet=as_json)
    counts = [
        (state, sum(status.state == state for status in result.statuses)) for state in ("done", "failed", "skipped")
    ]
    text = f"{', '.join(f'{count} {state}' for state, count in counts if count)}: {folder.path}"
    failed = [f"failed: {status.variant} seed {status.seed}: {status.reason}" for status in result.failed]
    output.show(
        result.as_dict(),
        as_json=as_json,
        text="\n".join([*failed, text, f"next: emojit experiment table {_again(plan, out)}"]),
    )
    if result.failed:
        raise typer.Exit(1)


def _again(plan: str, out: Path | None) -> str:
    return str(out) if out is not None else plan
