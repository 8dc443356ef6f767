"""Commits and tags of a repository."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.frame import Frame, open_frame

_PAGE = 50
_MAX_CHANGES = 200
_MAX_DIFF_BLOB = 128 * 1024
_MAX_DIFF_BYTES = 256 * 1024
"""Limits of the differences that one page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file that a commit touched."""

    path: str
    kind: str
    """"added", "changed" or "removed"."""
    diff: str | None
    """In git's format; None for what is large or no text."""


def commits(call: Call) -> Response:
    """`GET /{id}/commits/{revision}`, newest first."""
    with open_frame(call) as frame:
        assert frame.commit is not None
        given = call.request.query_params.get("start", "0")
        start = int(given) if given.isdecimal() and len(given) < 9 else 0
        found = list(itertools.islice(frame.git.history(frame.commit), start, start + _PAGE + 1))
        tags: dict[str, list[str]] = {}
        for tag, commit in frame.git.references("tags").items():
            tags.setdefault(commit, []).append(tag)
        values = {
            "history": found[:_PAGE],
            "tags": tags,
            "start": start,
            "next_start": start + _PAGE if len(found) > _PAGE else None,
        }
        return frame.show("commits.html", "commits", values)


def commit(call: Call) -> Response:
    """`GET /{id}/commit/{revision}`: what one commit changed."""
    with open_frame(call) as frame:
        assert frame.commit is not None
        facts = frame.git.commit_facts(frame.commit)
        changed = frame.git.difference(facts.parent, facts.id)
        shown = changes(frame, changed)
        return frame.show("commit.html", "commits", {"facts": facts, "changes": shown, "count": len(changed)})


def tags(call: Call) -> Response:
    """`GET /{id}/tags`."""
    with open_frame(call) as frame:
        return frame.show("tags.html", "tags", {"tags": frame.tags()})


def changes(frame: Frame, changed: Mapping[str, tuple[str | None, str | None]]) -> list[Change]:
    """What files became of a commit or pull request, with differences where they can be read.

    Args:
        frame: the repository.
        changed: blob ids before and after by path.
    """
    left, found = _MAX_DIFF_BYTES, []
    for path, (before, after) in itertools.islice(sorted(changed.items()), _MAX_CHANGES):
        diff = _diff(frame, path, before, after) if frame.files_open and left > 0 else None
        if diff is not None and len(diff) > left:
            diff = None
        left -= len(diff or "")
        kind = "added" if before is None else "removed" if after is None else "changed"
        found.append(Change(path=path, kind=kind, diff=diff))
    return found


def _diff(frame: Frame, path: str, before: str | None, after: str | None) -> str | None:
    for oid in (before, after):
        if oid is not None:
            size, pointer = frame.git.facts(oid)
            if pointer or size > _MAX_DIFF_BLOB:
                return None
    out = io.BytesIO()
    frame.git.write_diff(out, path, before, after)
    lines = out.getvalue().decode("utf-8", errors="replace").splitlines()
    # From the first "@@" on: the rest names the file once more. Without one the file is no text.
    start = next((position for position, line in enumerate(lines) if line.startswith("@@")), None)
    return None if start is None else "\n".join(lines[start:])
