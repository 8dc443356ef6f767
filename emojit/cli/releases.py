"""`emojit releases`: the versions of a repository and what changed between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, TypeOption

if TYPE_CHECKING:
    from emojit.release.releases import Releases, Version

_VALUE_CHARS = 60

RepoArgument = Annotated[str, typer.Argument(metavar="REPO", help="Repository: namespace/name.", show_default=False)]
RowsOption = Annotated[
    bool,
    typer.Option("--rows", help="Compare the rows of a data set by their id; downloads the data of every version."),
]


def releases(
    repo: RepoArgument, kind: TypeOption = None, rows: RowsOption = False, as_json: JsonOption = False
) -> None:
    """List the tags of a data set or a model: date, commit, rows or score, and what changed against the tag before.

    Example: emojit releases you/emoji-pairs
    """
    from emojit.release.releases import list_releases

    result = list_releases(repo, kind=kind, rows=rows)
    output.show(result.as_dict(), as_json=as_json, text=_text(result))


def _text(result: Releases) -> str:
    if not result.versions:
        return f"{result.repo_id}: no tag yet; the next free version is {result.next_tag}"
    said = {"dataset": ("rows",), "model": ("Jaccard",)}.get(result.kind, ())
    head = ("tag", "date", "commit", *said)
    table = [head, *(_line(version)[: len(head)] for version in result.versions)]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    details: list[str] = []
    for version in result.versions:
        if version.before is not None:
            details += ["", f"{version.tag} against {version.before}:", *(f"  {line}" for line in _changed(version))]
    doubts = [
        f"{one.tag}: {one.doubt}; `emojit verify {result.repo_id}@{one.tag}` looks closer"
        for one in result.versions
        if one.doubt is not None
    ]
    return "\n".join([*lines, *([""] if doubts else []), *doubts, *details])


def _line(version: Version) -> tuple[str, str, str, str]:
    if version.rows is not None:
        said = f"{sum(version.rows.values()):,} ({', '.join(f'{split} {n:,}' for split, n in version.rows.items())})"
    else:
        said = "–" if version.jaccard is None else f"{version.jaccard:.3f}"
    return version.tag, version.created[:10], version.commit[:12], said


def _changed(version: Version) -> list[str]:
    lines = [f"{change.key}: {_shown(change.before)} → {_shown(change.after)}" for change in version.changes]
    if (rows := version.row_changes) is not None:
        lines.append(
            f"rows by id: {rows.added:,} added, {rows.removed:,} removed, {rows.changed:,} changed, {rows.same:,} the same"
        )
    if version.files is not None:
        lines.append("files: " + ", ".join(f"{n:,} {what}" for what, n in version.files.items()))
    return lines


def _shown(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= _VALUE_CHARS else f"{text[:_VALUE_CHARS]}…"
