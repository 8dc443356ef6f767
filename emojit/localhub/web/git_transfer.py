"""`git clone` and `git fetch` over HTTP. Pushing is for the Hub's own clients: git knows no large files and no size limits by itself."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from starlette.responses import Response, StreamingResponse

from emojit.localhub.git_serve import advertise, send_pack, unpack_request
from emojit.localhub.refusal import RefusalError, credentials_wanted, gated
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.call import Call, MovedError
from emojit.localhub.web.streams import blocks

_REQUEST_TYPE = "application/x-git-upload-pack-request"


def info_refs(call: Call) -> Response:
    """`GET /{prefix}{id}[.git]/info/refs?service=git-upload-pack`: the references."""
    record = readable_repo(call)
    service = call.request.query_params.get("service")
    if service == "git-receive-pack":
        raise _no_push()
    if service != "git-upload-pack":
        raise RefusalError(403, "This Hub speaks git's smart protocol only; use git 1.6.6 or newer")
    return _answer(call, record, advertise, "application/x-git-upload-pack-advertisement")


def upload_pack(call: Call) -> Response:
    """`POST /{prefix}{id}[.git]/git-upload-pack`: the objects that a client lacks."""
    record = readable_repo(call)
    headers = call.request.headers
    # As `git http-backend` does. A browser asks before it sends this type to another site.
    if headers.get("content-type") != _REQUEST_TYPE:
        raise RefusalError(415, f"The content type must be {_REQUEST_TYPE}")
    request = unpack_request(call.body, headers.get("content-encoding"))
    return _answer(
        call,
        record,
        lambda repository, out: send_pack(repository, request, out),
        "application/x-git-upload-pack-result",
    )


def receive_pack(call: Call) -> Response:
    """`POST /{prefix}{id}[.git]/git-receive-pack`: refused."""
    readable_repo(call)
    raise _no_push()


def readable_repo(call: Call) -> RepoRecord:
    """The repository that the path names, if the caller may read its files.

    git asks without a token first and sends one only after a 401. So who sent none is asked for it before every repository that is not public, be it
    hidden, missing or gated: the answer is the same.

    Raises:
        RefusalError: 401, 404 with a token, 403 before the gate of a gated repository, or 307 to the present id.
    """
    try:
        record = call.repo()
    except MovedError:
        raise
    except RefusalError as exc:
        if call.caller is None:
            raise credentials_wanted() from exc
        raise
    if not record.files_open_to(call.caller):
        if call.caller is None:
            raise credentials_wanted()
        raise gated(record.type, record.id)
    return record


def _answer(call: Call, record: RepoRecord, write: Callable[[Path, IO[bytes]], None], media_type: str) -> Response:
    """Write the answer to disk, then stream it: a pack can be larger than memory, and an error must come before the first byte."""
    # Without a name, so nothing is left behind when the client goes away.
    out = cast("IO[bytes]", tempfile.TemporaryFile(dir=call.hub.store.tmp))  # noqa: SIM115 - closed by `blocks`
    try:
        write(call.hub.store.repo(record.key), out)
    except BaseException:
        out.close()
        raise
    size = out.seek(0, os.SEEK_END)
    headers = {"Cache-Control": "no-cache", "Content-Length": str(size)}
    return StreamingResponse(blocks(out, 0, size), headers=headers, media_type=media_type)


def _no_push() -> RefusalError:
    return RefusalError(403, "git push is not possible here; use huggingface_hub, for instance 'hf upload'")
