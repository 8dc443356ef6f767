"""Listing files: tree and paths-info."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response

from emojit.localhub.git import Entry, GitRepository
from emojit.localhub.git_cache import CommitFacts
from emojit.localhub.refusal import entry_not_found, malformed
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import Call

_PAGE = 1000
_EXPANDED_PAGE = 50
_MAX_PATHS = 1000
"""Limits of the public Hub, which clients batch for."""


def tree(call: Call) -> Response:
    """`GET /api/{types}/{id}/tree/{revision}[/{path}]`."""
    query = call.request.query_params
    expand, recursive = _flag(query.get("expand")), _flag(query.get("recursive"))
    path = call.values.get("path", "").strip("/")
    with call.hub.repositories.open(call.repo()) as git:
        commit = git.resolve(call.values["revision"])
        folder = git.entry(commit, path)
        if folder is None or not folder.is_folder:
            raise entry_not_found(path, commit=commit)
        entries = list(git.entries(folder, recursive=recursive))
        shown, headers = page(call.request, entries, size=_EXPANDED_PAGE if expand else _PAGE)
        return JSONResponse(_items(git, commit, shown, expand=expand, xet=call.hub.xet_downloads), headers=headers)


def paths_info(call: Call) -> Response:
    """`POST /api/{types}/{id}/paths-info/{revision}`: a form with several `paths`."""
    record = call.repo()
    if call.request.headers.get("content-type", "").startswith("application/json"):
        data = call.json()
        given = data.get("paths")
        paths = [path for path in given if isinstance(path, str)] if isinstance(given, list) else []
        expand = data.get("expand") is True
    else:
        form = parse_qs(call.body.decode("utf-8", errors="replace"), keep_blank_values=True)
        paths = form.get("paths", [])
        expand = _flag(form.get("expand", [""])[0])
    if len(paths) > _MAX_PATHS:
        raise malformed(f"At most {_MAX_PATHS} paths per request")
    with call.hub.repositories.open(record) as git:
        commit = git.resolve(call.values["revision"])
        found = [entry for path in paths if (entry := git.entry(commit, path.strip("/"))) and entry.path]
        return ok(_items(git, commit, found, expand=expand, xet=call.hub.xet_downloads))


def _items(
    git: GitRepository, commit: str, entries: Sequence[Entry], *, expand: bool, xet: bool
) -> list[dict[str, object]]:
    changes = git.last_changes(commit, [entry.path for entry in entries]) if expand else {}
    return [_item(git, entry, changes.get(entry.path), xet=xet) for entry in entries]


def _item(git: GitRepository, entry: Entry, change: CommitFacts | None, *, xet: bool) -> dict[str, object]:
    item: dict[str, object] = {"type": "directory", "path": entry.path, "oid": entry.oid, "size": 0}
    if not entry.is_folder:
        size, pointer = git.facts(entry.oid)
        item |= {"type": "file", "size": pointer.size if pointer else size}
        if pointer:
            item["lfs"] = {"oid": pointer.sha256, "size": pointer.size, "pointerSize": size}
            if xet and pointer.size:
                item["xetHash"] = pointer.sha256
    if change:
        item["lastCommit"] = {"id": change.id, "title": change.title, "date": iso(change.time)}
    return item


def iso(seconds: float) -> str:
    """Seconds since 1970 in the form that the clients parse."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _flag(value: str | None) -> bool:
    return value is not None and value.lower() in {"true", "1"}
