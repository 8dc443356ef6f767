"""`emojit push`: publish a folder as a tagged version on the Hub that `HF_ENDPOINT` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption

if TYPE_CHECKING:
    from emojit.release.address import Kind
    from emojit.release.plan import PushResult

app = typer.Typer(
    no_args_is_help=True, help="Publish a data set, a model, a metric, a Space or a report as a tagged version."
)

SpaceArgument = Annotated[
    Path,
    typer.Argument(metavar="PATH|NAME", help="Folder to publish, `demo`, or a metric's name.", show_default=False),
]
SpeakerOption = Annotated[
    str | None,
    typer.Option("--model", metavar="REPO@vN", help="For the demo: the model that answers.", show_default=False),
]
PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="Folder to publish.", show_default=False)]
RepoArgument = Annotated[str, typer.Argument(metavar="REPO_ID", help="Where to: namespace/name.", show_default=False)]
TagOption = Annotated[str, typer.Option("--tag", metavar="vN", help="Version; never moved.", show_default=False)]
PrivateOption = Annotated[bool, typer.Option("--private", help="Create the repository for its owners' eyes only.")]
BranchOption = Annotated[
    str | None,
    typer.Option(
        "--branch", metavar="NAME", help="Commit there and leave main alone; begun at main.", show_default=False
    ),
]
KeptOption = Annotated[
    bool, typer.Option("--kept-checkpoints", help="Publish the weights that train.keep_checkpoints kept as well.")
]
CreatePrOption = Annotated[
    bool,
    typer.Option("--create-pr", help="Open a pull request; the tag comes with a second push, once it is merged."),
]

_CHANGES = {"new": "new", "changed": "changed", "same": "there", "deleted": "delete", "kept": "stays"}
"""What a plan calls the fate of a file."""


@app.command()
def dataset(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    branch: BranchOption = None,
    create_pr: CreatePrOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a build folder as a version of a data set.

    Example: emojit push dataset builds/v1 you/emoji-pairs --tag v1
    """
    target = _Target(tag=tag, private=private, branch=branch, create_pr=create_pr)
    _push("dataset", path, repo_id, target, dry_run=dry_run, as_json=as_json)


@app.command()
def model(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    branch: BranchOption = None,
    create_pr: CreatePrOption = False,
    kept_checkpoints: KeptOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish an evaluated run folder, or a plain model folder, as a version of a model.

    Example: emojit push model outputs/experiments/demo_20260101 you/emoji-student --tag v1
    """
    target = _Target(tag=tag, private=private, branch=branch, create_pr=create_pr, kept_checkpoints=kept_checkpoints)
    _push("model", path, repo_id, target, dry_run=dry_run, as_json=as_json)


@app.command()
def metric(
    path: SpaceArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    branch: BranchOption = None,
    create_pr: CreatePrOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a metric as the Space that `evaluate.load` reads: a folder, or the name of one that emojit brings along.

    Example: emojit push metric emoji_jaccard you/emoji_jaccard --tag v1
    """
    from emojit.space import space_to_push

    target = _Target(tag=tag, private=private, branch=branch, create_pr=create_pr)
    with space_to_push(path, model=None) as folder:
        _push("metric", folder, repo_id, target, dry_run=dry_run, as_json=as_json)


@app.command()
def space(
    path: SpaceArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    model: SpeakerOption = None,
    private: PrivateOption = False,
    branch: BranchOption = None,
    create_pr: CreatePrOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a Space: the demo of a model, a metric (as `push metric` does), or any folder whose README.md names a Space sdk.

    Example: emojit push space demo you/emoji-demo --tag v1 --model you/emoji-student@v1
    """
    from emojit.release.contents import space_kind
    from emojit.space import space_to_push

    target = _Target(tag=tag, private=private, branch=branch, create_pr=create_pr)
    with space_to_push(path, model=model) as folder:
        _push(space_kind(folder), folder, repo_id, target, dry_run=dry_run, as_json=as_json)


@app.command()
def report(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    branch: BranchOption = None,
    create_pr: CreatePrOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the report in a plan's folder as a static Space: page, text and figures.

    Example: emojit push report outputs/experiments/v3-small you/emoji-report --tag v1
    """
    from emojit.experiment.page.space import report_to_push

    target = _Target(tag=tag, private=private, branch=branch, create_pr=create_pr)
    with report_to_push(path) as folder:
        _push("space", folder, repo_id, target, dry_run=dry_run, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The options that say where a version goes."""

    tag: str
    private: bool
    branch: str | None
    create_pr: bool
    kept_checkpoints: bool = False


def _push(kind: Kind, path: Path, repo_id: str, target: _Target, *, dry_run: bool, as_json: bool) -> None:
    from emojit.release.push import push

    def announce(plan: PushResult) -> None:
        if not as_json:
            output.note(_plan(plan, target))

    result = push(
        kind,
        path,
        repo_id,
        tag=target.tag,
        branch=target.branch,
        private=target.private,
        create_pr=target.create_pr,
        kept_checkpoints=target.kept_checkpoints,
        dry_run=dry_run,
        quiet=as_json,
        announce=announce,
    )
    output.show(result.as_dict(), as_json=as_json, text=_text(result, target))


def _text(result: PushResult, target: _Target) -> str:
    name = f"{result.repo_id} {result.tag}"
    if result.already_there and result.pull_request:
        number = result.pull_request.rsplit("/", 1)[-1]
        return f"pull request {number} holds the same content of {name}, and no other one is opened\n{result.pull_request}"
    if result.already_there:
        return f"{name} is published already with the same bytes: {result.url}"
    if result.dry_run:
        refused = f"\nthe push would be refused: {result.objection}" if result.objection is not None else ""
        return f"{_plan(result, target)}\ndry run: nothing was sent{refused}"
    counts = f"{_counts(result)} sent, {_size(result.uploaded_bytes)}"
    if result.pull_request:
        return f"proposed {name} ({counts}); no tag before it is merged\n{result.url}"
    return f"published {name} ({counts})\n{result.url}"


def _plan(plan: PushResult, target: _Target) -> str:
    """Return everything that a push is about to do."""
    lines = [f"  {_CHANGES[file.change]:<8} {_size(file.size):>9}  {file.path}" for file in plan.files]
    where = f"{'a new ' if plan.created else 'the '}{'private ' if plan.private else ''}repository {plan.repo_id}"
    lines.append(f"{_counts(plan)} to send, {_size(plan.uploaded_bytes)}, to {where}")
    if all(file.change in ("same", "kept") for file in plan.files):
        lines.append("commit: none, everything is there; only the tag is missing")
    else:
        lines.append(f"commit message: {plan.message}")
    lines.append(f"branch: {plan.branch}{', by a pull request' if target.create_pr else ''}")
    later = "the same command without --create-pr puts it once the pull request is merged"
    lines.append(f"tag: none yet; {later}" if target.create_pr else f"tag: {plan.tag}")
    return "\n".join(lines)


def _counts(result: PushResult) -> str:
    sent = sum(file.change in ("new", "changed") for file in result.files)
    return f"{sent} of {len(result.files)} files"


def _size(size: int) -> str:
    """Return a size in bytes for people, in powers of 1,000 as the Hub writes them."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
