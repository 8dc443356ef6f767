"""Serving files: `GET` and `HEAD /{prefix}{id}/resolve/{revision}/{path}`, whole or in ranges."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from emojit.localhub.git import Entry, GitRepository
from emojit.localhub.pointers import Pointer
from emojit.localhub.refusal import RefusalError, entry_not_found, gated
from emojit.localhub.web.answers import IMAGE_TYPES, NOT_A_PAGE
from emojit.localhub.web.call import Call
from emojit.localhub.web.streams import blocks, byte_range
from emojit.localhub.web.xet_download import xet_headers


def resolve(call: Call) -> Response:
    """Serve one file, by `/raw/` in place of `/resolve/` as git has it. Large files are served directly; the redirect of the public Hub is optional for clients."""
    record = call.repo()
    path = call.values["path"]
    with call.hub.repositories.open(record) as git:
        commit = git.resolve(call.values["revision"])
        if not record.files_open_to(call.caller):
            raise gated(record.type, record.id)
        entry = git.entry(commit, path)
        if entry is None or entry.is_folder:
            raise entry_not_found(path, commit=commit)
        size, pointer = git.facts(entry.oid)
        if "raw" in call.values:
            pointer = None  # as git has it: for a large file the pointer
        if pointer and not call.hub.registry.granted(record.key, pointer.sha256):
            raise entry_not_found(path, commit=commit)  # it was deleted for good, the history still names it
        headers = {"X-Repo-Commit": commit, **_file_headers(entry, pointer)}
        if pointer:
            size = pointer.size
            headers |= xet_headers(call, record, commit, pointer)
        part = byte_range(call.request.headers.get("range"), size)
        first, last = part or (0, size - 1)
        headers["Content-Length"] = str(last - first + 1)
        if part:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        status = 206 if part else 200
        if call.request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        content = _open(call, git, entry, pointer)
    return StreamingResponse(blocks(content, first, last - first + 1), status_code=status, headers=headers)


def _file_headers(entry: Entry, pointer: Pointer | None) -> dict[str, str]:
    content_type = "application/octet-stream" if pointer else "text/plain; charset=utf-8"
    headers = {
        "ETag": f'"{pointer.sha256 if pointer else entry.oid}"',
        "Accept-Ranges": "bytes",
        "Content-Type": IMAGE_TYPES.get(PurePosixPath(entry.path).suffix.lower(), content_type),
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(entry.path.rpartition('/')[2])}",
        **NOT_A_PAGE,
    }
    if pointer:
        headers |= {"X-Linked-Etag": f'"{pointer.sha256}"', "X-Linked-Size": str(pointer.size)}
    return headers


def _open(call: Call, git: GitRepository, entry: Entry, pointer: Pointer | None) -> BinaryIO:
    if pointer is None:
        return io.BytesIO(git.read(entry.oid))
    try:
        return call.hub.large_files.path(pointer.sha256).open("rb")
    except FileNotFoundError:
        raise RefusalError(500, f"The large file {pointer.sha256} is missing from the store") from None
