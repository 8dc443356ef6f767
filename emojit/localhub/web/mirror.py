"""Taking a repository from another Hub as it is, commits and tags included. The large files come before, by the Git LFS protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emojit.localhub.git import DEFAULT_BRANCH
from emojit.localhub.receiving import Wanted, is_untouched, receive
from emojit.localhub.refusal import RefusalError, malformed
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call
from emojit.localhub.web.streams import receive as receive_body

_MAX_HEADER_BYTES = 4 * 1024 * 1024
_MAX_PACK_BYTES = 64 * 1024**3
_OBJECT_ID = re.compile(r"[0-9a-f]{40}")


def about(call: Call) -> Response:
    """`GET /api/local/mirror`: says that this Hub takes history as it is; no other Hub has this route."""
    return ok({"version": 1})


def state(call: Call) -> Response:
    """`GET /api/{types}/{id}/mirror`: whether the repository holds nothing but the commit that it was created with."""
    with call.hub.repositories.change(call.writable_repo()) as git:
        return ok({"untouched": is_untouched(git)})


async def take(call: Call) -> Response:
    """`POST /api/{types}/{id}/mirror`: one line of JSON, `{"branches": {name: commit}, "tags": {name: object}}`, then a git pack."""
    record = await run_in_threadpool(call.writable_repo)
    with call.hub.store.incoming() as file:
        await receive_body(call.request, file.write, limit=_MAX_PACK_BYTES)
        return await run_in_threadpool(_take, call, record, file)


def _take(call: Call, record: RepoRecord, file: IO[bytes]) -> Response:
    file.seek(0)
    line = file.readline(_MAX_HEADER_BYTES)
    try:
        header = json.loads(line)
    except ValueError:
        raise malformed("The first line is not JSON") from None
    if not isinstance(header, dict):
        raise malformed("The first line is not a JSON object")
    wanted = Wanted(branches=_references(header, "branches"), tags=_references(header, "tags"))
    has_pack = bool(file.read(1))
    file.seek(len(line))
    with call.hub.repositories.change(record) as git:
        if has_pack:
            try:
                git.add_pack(file)
            except ValueError as exc:
                raise malformed(str(exc).capitalize()) from exc
        received = receive(git, wanted, call.hub.large_files, record.key)
    branch = DEFAULT_BRANCH if DEFAULT_BRANCH in wanted.branches else next(iter(wanted.branches), DEFAULT_BRANCH)
    call.hub.registry.note_committed(record.key, received.large, f"refs/heads/{branch}")
    return ok({"files": received.files, "size": received.size, "large": len(received.large)})


def _references(header: Mapping[str, object], kind: str) -> dict[str, str]:
    given = header.get(kind, {})
    if not isinstance(given, dict):
        raise malformed(f"'{kind}' must be an object")
    for name, oid in given.items():
        if not isinstance(oid, str) or not _OBJECT_ID.fullmatch(oid):
            raise RefusalError(400, f"The reference {name!r} holds no object id")
    return given
