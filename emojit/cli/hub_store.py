"""`emojit hub check` and `emojit hub gc`: looking after a store while no Hub serves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.hub_root import default_root
from emojit.cli.options import DryRunOption, JsonOption

if TYPE_CHECKING:
    from emojit.localhub.audit.collect import Collected
    from emojit.localhub.audit.findings import Findings

_SHOWN = 50
_HOUR_S = 3600

RootOption = Annotated[Path | None, typer.Option("--root", help="Folder of the store.", file_okay=False)]


def check(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Audit the store of a Hub: git objects, references, large files, database. Exit code 1 when something is damaged.

    Stop the Hub first: a store is open once.

    Example: emojit hub check --root hub
    """
    from emojit.localhub.audit.check import check as run

    where = root or default_root()
    findings = run(where, quiet=as_json)
    output.show({"root": str(where), **findings.as_dict()}, as_json=as_json, text=_found(findings))
    if findings.problem_count:
        raise typer.Exit(1)


def gc(
    root: RootOption = None,
    dry_run: DryRunOption = False,
    grace: Annotated[
        float, typer.Option("--grace", metavar="HOURS", help="Keep large files that came in the last hours.", min=0)
    ] = 24,
    as_json: JsonOption = False,
) -> None:
    """Remove from the store of a Hub what no branch, tag or pull request needs, and pack many small git objects.

    Stop the Hub first: a store is open once.

    Example: emojit hub gc --root hub --dry-run
    """
    from emojit.localhub.audit.collect import collect

    where = root or default_root()
    collected = collect(where, dry_run=dry_run, grace_s=grace * _HOUR_S, quiet=as_json)
    result = {"root": str(where), "dry_run": dry_run, **collected.as_dict()}
    output.show(result, as_json=as_json, text=_removed(collected, dry_run=dry_run))


def _found(findings: Findings) -> str:
    counts = findings.counts
    lines = [
        f"{counts['repositories']:,} repositories, {counts['references']:,} references, {counts['objects']:,} git objects, "
        f"{counts['large_files']:,} large files ({counts['large_bytes']:,} bytes): "
        + (f"{findings.problem_count:,} problems" if findings.problem_count else "everything is there")
    ]
    lines += _listed(findings.problems, findings.problem_count)
    if counts["void_pointers"]:
        lines.append(
            f"{counts['void_pointers']:,} pointers in git are to large files that were deleted for good or not copied"
        )
    if findings.remain_count:
        lines.append(
            f"{findings.remain_count:,} remains, harmless; the next start or `emojit hub gc` clears them away:"
        )
        lines += _listed(findings.remains, findings.remain_count)
    return "\n".join(lines)


def _listed(entries: list[str], count: int) -> list[str]:
    lines = [f"  {entry}" for entry in entries[:_SHOWN]]
    return [*lines, f"  … and {count - _SHOWN:,} more"] if count > _SHOWN else lines


def _removed(collected: Collected, *, dry_run: bool) -> str:
    lines = [
        f"{'Would free' if dry_run else 'Freed'} {collected.freed:,} bytes:",
        f"  {collected.large_files:,} large files, {collected.large_bytes:,} bytes",
        f"  {collected.objects:,} git objects; {collected.packed:,} repositories packed anew, {collected.git_bytes:,} bytes",
        f"  {collected.remains:,} files of uploads and repositories that were cut off, {collected.remain_bytes:,} bytes",
    ]
    if collected.waiting_files:
        lines.append(
            f"{collected.waiting_files:,} large files ({collected.waiting_bytes:,} bytes) are needed by nothing, but came "
            "lately; their commit may follow (--grace)"
        )
    return "\n".join(lines)
