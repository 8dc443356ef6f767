"""`emojit push`: publish a folder as a tagged version on the Hub that `HF_ENDPOINT` names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption

if TYPE_CHECKING:
    from emojit.release.address import Kind
    from emojit.release.push import PushResult

app = typer.Typer(no_args_is_help=True, help="Publish a data set, a model, a metric or a Space as a tagged version.")

PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="Folder to publish.", show_default=False)]
RepoArgument = Annotated[str, typer.Argument(metavar="REPO_ID", help="Where to: namespace/name.", show_default=False)]
TagOption = Annotated[str, typer.Option("--tag", metavar="vN", help="Version; never moved.", show_default=False)]
PrivateOption = Annotated[bool, typer.Option("--private", help="Create the repository for its owners' eyes only.")]


@app.command()
def dataset(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a build folder as a version of a data set.

    Example: emojit push dataset builds/v1 you/emoji-pairs --tag v1
    """
    _push("dataset", path, repo_id, tag=tag, private=private, dry_run=dry_run, as_json=as_json)


@app.command()
def model(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish an evaluated run folder, or a plain model folder, as a version of a model.

    Example: emojit push model outputs/experiments/demo_20260101 you/emoji-student --tag v1
    """
    _push("model", path, repo_id, tag=tag, private=private, dry_run=dry_run, as_json=as_json)


@app.command()
def metric(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a metric folder as the Space that `evaluate.load` reads.

    Example: emojit push metric eval_modules/emoji_jaccard you/emoji_jaccard --tag v1
    """
    _push("metric", path, repo_id, tag=tag, private=private, dry_run=dry_run, as_json=as_json)


@app.command()
def space(
    path: PathArgument,
    repo_id: RepoArgument,
    tag: TagOption,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish any folder whose README.md names a Space sdk.

    Example: emojit push space my-space you/emoji-demo --tag v1 --dry-run
    """
    _push("space", path, repo_id, tag=tag, private=private, dry_run=dry_run, as_json=as_json)


def _push(kind: Kind, path: Path, repo_id: str, *, tag: str, private: bool, dry_run: bool, as_json: bool) -> None:
    from emojit.release.push import push

    result = push(kind, path, repo_id, tag=tag, private=private, dry_run=dry_run, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_text(result))


def _text(result: PushResult) -> str:
    if result.already_there:
        return f"{result.repo_id} {result.tag} is published already with the same bytes: {result.url}"
    sent = [file for file in result.files if file.change in ("new", "changed")]
    counts = f"{len(sent)} of {len(result.files)} files to send, {_size(result.uploaded_bytes)}"
    if not result.dry_run:
        return f"published {result.repo_id} {result.tag} ({counts.replace(' to send', ' sent')})\n{result.url}"
    lines = [f"  {file.change:<8} {_size(file.size):>9}  {file.path}" for file in result.files]
    target = f"{'a new' if result.created else 'the'} repository {result.repo_id}"
    return "\n".join(
        [
            *lines,
            f"{counts}, to {target}",
            f"commit message: {result.message}",
            f"tag: {result.tag}",
            "dry run: nothing was sent",
        ]
    )


def _size(size: int) -> str:
    """Return a size in bytes for people, in powers of 1,000 as the Hub writes them."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
