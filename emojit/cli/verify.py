"""`emojit verify`: whether a release is what it says it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, TypeOption

if TYPE_CHECKING:
    from emojit.release.verify.findings import Findings
    from emojit.release.verify.run import Verified

_SHOWN = 5  # findings of one kind

ReleaseArgument = Annotated[
    str,
    typer.Argument(metavar="REPO[@TAG]|DIR", help="Release on the Hub, or a folder of one.", show_default=False),
]
CommitOption = Annotated[
    str | None,
    typer.Option(
        "--commit",
        metavar="SHA",
        help="Commit that the tag must stand on, as a paper or a run names it.",
        show_default=False,
    ),
]


def verify(
    release: ReleaseArgument, commit: CommitOption = None, kind: TypeOption = None, as_json: JsonOption = False
) -> None:
    """Check a release: files, card, rows, splits, statistics, replies, scores, licence, provenance, tag. Exit code 1 when something is wrong.

    A data set, a model, a metric or a Space. Works on data sets that others made as far as they go, and says what could not be checked.

    Example: emojit verify you/emoji-pairs@v1
    """
    from emojit.release.verify.run import verify as run

    result = run(release, kind=kind, commit=commit, quiet=as_json)
    output.show(result.as_dict(), as_json=as_json, text=_text(result))
    if result.findings.total:
        raise typer.Exit(1)


def _text(result: Verified) -> str:
    findings = result.findings
    name = f"{result.what}@{result.revision}" if result.revision else result.what
    where = f"{name} (commit {result.commit[:12]})" if result.commit else name
    if not findings.total:
        verdict = f"{where}: nothing is wrong"
    else:
        verdict = f"{where}: {findings.total:,} {'thing is' if findings.total == 1 else 'things are'} wrong"
    lines = [*_wrong(findings), *(f"checked: {line}" for line in findings.checked)]
    lines += [f"not checked: {line}" for line in findings.unchecked]
    lines += [f"note: {line}" for line in findings.notes]
    return "\n".join([*lines, verdict])


def _wrong(findings: Findings) -> list[str]:
    lines = []
    shown: Counter[tuple[str, str]] = Counter()
    for kind, count in findings.counts.items():
        lines.append(f"{kind[0]}: {kind[1]} ({count:,})")
        for finding in findings.kept:
            if (finding.check, finding.what) == kind and shown[kind] < _SHOWN:
                shown[kind] += 1
                lines.append(f"  {finding.where}: expected {finding.expected}, found {finding.found}")
        if count > shown[kind]:
            lines.append(f"  and {count - shown[kind]:,} more; --json lists them")
    return lines
