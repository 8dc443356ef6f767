"""`emojit hub import` and `emojit hub export`: repositories between the Hub that HF_ENDPOINT names and the box."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emojit.cli import output
from emojit.cli.hub_root import default_root
from emojit.cli.options import DryRunOption, JsonOption
from emojit.errors import HubServerError, UsageError

if TYPE_CHECKING:
    from emojit.mirror.box import Box
    from emojit.mirror.commits import CommitPlan
    from emojit.mirror.plan import Plan
    from emojit.mirror.side import Address, Side

RepoArgument = Annotated[
    str,
    typer.Argument(metavar="REPO[@REV]", help="For example datasets/you/emoji-pairs, or spaces/you/emoji_jaccard@v1."),
]
TypeOption = Annotated[
    Literal["model", "dataset", "space"] | None,
    typer.Option(
        "--type", help="Kind of repository; a model without it, unless REPO begins with datasets/ or spaces/."
    ),
]
RootOption = Annotated[
    Path | None, typer.Option("--root", help="Folder of the box's store, while no Hub serves it.", file_okay=False)
]
BranchOption = Annotated[
    list[str] | None, typer.Option("--branch", metavar="NAME", help="A branch beside main; may be repeated.")
]
PrivateOption = Annotated[
    bool, typer.Option("--private", help="Hide the repository there; a private one is hidden without it.")
]
AsOption = Annotated[
    str | None, typer.Option("--as", metavar="NAMESPACE/NAME", help="Another name on the side it is copied to.")
]


def import_(
    repo: RepoArgument,
    type_: TypeOption = None,
    root: RootOption = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="A box that runs; its token is EMOJIT_BOX_TOKEN.")
    ] = None,
    as_: AsOption = None,
    branch: BranchOption = None,
    private: PrivateOption = False,
    user: Annotated[str, typer.Option("--user", help="Who shares the repository's namespace in a new one.")] = "me",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy a repository from the Hub that HF_ENDPOINT names into the box: main and all tags, commit by commit as they are.

    What is there already is not sent again, so a second run brings what is new, and an interrupted one goes on.

    Example: emojit hub import datasets/you/emoji-pairs --root hub
    """
    from emojit.mirror import copy
    from emojit.mirror.plan import make_plan

    source = _far(repo, type_)
    _check_branches(source.address, branch)
    address = _renamed(source.address, as_)
    with _box(root, to, address, option="--to", user=user, changes=not dry_run, plan=dry_run) as box:
        target = _near(box, address)
        _refuse_same(source, target)
        plan = make_plan(source, target, branches=branch or ())
        if not dry_run:
            if not as_json:
                output.note(_planned(plan))
            copy.run(source, target, plan, private=private, quiet=as_json)
        where = to or str(root or default_root())
    output.show(
        {"source": str(source), "box": where, "repository": address.path, "dry_run": dry_run, **_facts(plan)},
        as_json=as_json,
        text=_told(plan, f"{address.path} in {where}", dry_run=dry_run),
    )


def export(
    repo: RepoArgument,
    type_: TypeOption = None,
    root: RootOption = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="A box that runs; its token is EMOJIT_BOX_TOKEN.")
    ] = None,
    as_: AsOption = None,
    branch: BranchOption = None,
    private: PrivateOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy a repository from the box to the Hub that HF_ENDPOINT names, with main and all tags.

    Another embedded Hub gets the commits as they are. The public Hub gets one new commit for each tag, with the same files and message: ids, authors and
    dates differ there.

    Example: emojit hub export datasets/lab/emoji-pairs --root hub --as you/emoji-pairs
    """
    from emojit.mirror import copy
    from emojit.mirror.commits import make_commit_plan, run_commits
    from emojit.mirror.exact import takes_history
    from emojit.mirror.plan import make_plan
    from emojit.mirror.side import parse_address

    address = parse_address(repo, type_)
    _check_branches(address, branch)
    with _box(root, from_, address, option="--from", user="", changes=False, plan=False) as box:
        source = _near(box, address)
        far = _far(_renamed(address, as_).path, None)
        _refuse_same(source, far)
        if takes_history(far):
            plan = make_plan(source, far, branches=branch or ())
            if not dry_run:
                copy.run(source, far, plan, private=private, quiet=as_json)
            facts, text = _facts(plan), _told(plan, str(far), dry_run=dry_run)
        else:
            steps = make_commit_plan(source, far, branches=branch or ())
            made = {} if dry_run else run_commits(source, far, steps, private=private, quiet=as_json)
            facts, text = _commit_facts(steps, made), _told_commits(steps, str(far), dry_run=dry_run)
    output.show(
        {"repository": address.path, "target": str(far), "dry_run": dry_run, **facts}, as_json=as_json, text=text
    )


@contextmanager
def _box(
    root: Path | None, url: str | None, address: Address, *, option: str, user: str, changes: bool, plan: bool
) -> Iterator[Box]:
    from emojit.mirror.box import has_store, planned_box, running_box, stored_box

    if root and url:
        raise UsageError(
            f"--root and {option} exclude each other", hint="a store that is served is reached by its address"
        )
    where, namespace = root or default_root(), address.id.partition("/")[0]
    if url:
        with running_box(url) as box:
            yield box
    elif plan:
        with _told_of(option), planned_box(where, namespace) as box:
            yield box
    elif changes or has_store(where):
        with _told_of(option), stored_box(where, namespace, user=user, changes=changes) as box:
            yield box
    else:
        raise UsageError(f"there is no store of a Hub in {where}", hint="name its folder with --root")


@contextmanager
def _told_of(option: str) -> Iterator[None]:
    """Where a Hub serves the store, it can be reached in another way."""
    try:
        yield
    except HubServerError as exc:
        if "serving" in str(exc):
            exc.hint = (
                f"reach it by its address instead: {option} http://127.0.0.1:8765, with its token in EMOJIT_BOX_TOKEN"
            )
        raise


def _far(repo: str, type_: Literal["model", "dataset", "space"] | None) -> Side:
    """The repository on the Hub that HF_ENDPOINT names."""
    from huggingface_hub import get_token

    from emojit.mirror.side import Side, parse_address
    from emojit.network import hub_endpoint

    return Side(hub_endpoint(), parse_address(repo, type_), get_token(), variable="HF_TOKEN")


def _near(box: Box, address: Address) -> Side:
    from emojit.mirror.box import VARIABLE
    from emojit.mirror.side import Side

    return Side(box.endpoint, address, box.token, variable=VARIABLE)


def _renamed(address: Address, name: str | None) -> Address:
    """The address on the other side, where no revision counts; it needs a namespace there."""
    from emojit.mirror.side import Address, parse_address

    found = parse_address(name, address.type) if name else address
    if "/" not in found.id:
        raise UsageError(f"{found.id!r} has no namespace", hint=f"name it on the other side: --as you/{found.id}")
    return Address(type=address.type, id=found.id)


def _check_branches(address: Address, branches: list[str] | None) -> None:
    if address.revision and branches:
        raise UsageError(
            f"@{address.revision} asks for that alone, --branch for more", hint="leave one of the two out"
        )


def _refuse_same(source: Side, target: Side) -> None:
    if str(source) == str(target):
        raise UsageError(f"both sides are {source}", hint="HF_ENDPOINT names the other Hub, or give a name with --as")


def _facts(plan: Plan) -> dict[str, object]:
    return {
        "exact": True,
        "branches": plan.branches,
        "tags": plan.tags,
        "tags_there": plan.kept_tags,
        "commits_checked": len(plan.trees),
        "files": plan.files,
        "bytes": plan.size,
        "large_files": len(plan.large),
        "large_bytes": plan.large_size,
    }


def _planned(plan: Plan) -> str:
    tags = f"{len(plan.tags):,} new tags ({', '.join(list(plan.tags)[-5:])})" if plan.tags else "no new tag"
    branches = f"branches {', '.join(plan.branches)}" if plan.branches else "no branch to move"
    return (
        f"{tags}, {plan.kept_tags:,} there; {branches}; {plan.files:,} files, {plan.size:,} bytes, of them to fetch "
        f"{len(plan.large):,} large files, {plan.large_size:,} bytes"
    )


def _told(plan: Plan, where: str, *, dry_run: bool) -> str:
    if not plan.trees:
        return f"{where}: everything is there ({plan.kept_tags:,} tags)"
    if dry_run:
        return f"Would copy to {where}: {_planned(plan)}"
    return (
        f"Copied to {where}: {len(plan.tags):,} new tags, {plan.kept_tags:,} were there; {plan.files:,} files, {plan.size:,} bytes "
        f"checked in {len(plan.trees):,} commits, {plan.large_size:,} bytes of large files fetched; commit ids are the same"
    )


def _commit_facts(plan: CommitPlan, made: dict[str, str]) -> dict[str, object]:
    return {
        "exact": False,
        "commits": made,
        "new_commits": sum(step.there is None for step in plan.steps),
        "tags": [tag for step in plan.steps for tag in step.tags],
        "tags_there": plan.kept_tags,
        "bytes": plan.size,
    }


def _told_commits(plan: CommitPlan, where: str, *, dry_run: bool) -> str:
    commits, tags = sum(step.there is None for step in plan.steps), sum(len(step.tags) for step in plan.steps)
    if not commits and not tags:
        return f"{where}: everything is there ({plan.kept_tags:,} tags)"
    did = "Would make" if dry_run else "Made and read back"
    return (
        f"{did} {commits:,} commits and {tags:,} tags at {where} ({plan.size:,} bytes); {plan.kept_tags:,} tags were there. "
        "Commit ids, authors and dates are new there; each message names the commit that it was."
    )
