"""`emojit replies`: share a reply store through a data set repository on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption

if TYPE_CHECKING:
    from emojit.release.replies import RepliesPulled, RepliesPushed

app = typer.Typer(
    no_args_is_help=True, help="Share the replies of a teacher through the Hub, so that they are paid for once."
)

RepoArgument = Annotated[
    str, typer.Argument(metavar="REPO_ID", help="Data set repository: namespace/name.", show_default=False)
]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="Reply store; the only one in builds/ otherwise.", dir_okay=False),
]
PrivateOption = Annotated[bool, typer.Option("--private", help="Create the repository for its owners' eyes only.")]


@app.command()
def push(
    repo_id: RepoArgument,
    store: StoreOption = None,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send the replies that the Hub does not hold yet, as one more file.

    Example: emojit replies push you/emoji-replies --store builds/v1.replies.sqlite
    """
    from emojit.release.replies import only_store, push_replies

    result = push_replies(repo_id, store or only_store(), private=private, dry_run=dry_run, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_pushed(result))


@app.command()
def pull(
    repo_id: RepoArgument,
    store: StoreOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Merge the replies of a repository into a reply store; what the store has stands.

    Example: emojit replies pull you/emoji-replies --store builds/v1.replies.sqlite
    """
    from emojit.release.replies import only_store, pull_replies

    result = pull_replies(repo_id, store or only_store(), dry_run=dry_run, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_pulled(result))


def _pushed(result: RepliesPushed) -> str:
    if not result.sent:
        return f"nothing to do: {result.repo_id} holds all {result.held:,} replies of {result.store}"
    counts = f"{result.sent:,} replies ({result.bytes:,} bytes) as {result.path}; {result.held:,} were there"
    if result.dry_run:
        target = f"{'a new' if result.created else 'the'} repository {result.repo_id}"
        return f"{counts}, to {target}\ndry run: nothing was sent"
    return f"sent {counts}\n{result.url}"


def _pulled(result: RepliesPulled) -> str:
    lines = [
        f"{result.files:,} new files of {result.repo_id}, {result.files_known:,} merged before",
        f"replies: {result.added:,} added to {result.store}, {result.known:,} known",
    ]
    if result.conflicts:
        lines.append(f"         {result.conflicts:,} that the store answers otherwise; its own answers stand")
    if result.damaged_rows:
        lines.append(f"         {result.damaged_rows:,} damaged rows refused")
    lines += [f"damaged file passed over: {path}" for path in result.damaged_files]
    if result.dry_run:
        lines.append("dry run: nothing was stored")
    return "\n".join(lines)
