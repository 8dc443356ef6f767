"""Git LFS: the batch call and the transfers themselves."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from emojit.localhub.lfs import DOWNLOAD_LIFETIME_S, HashingWriter, expiry_from_now, is_count
from emojit.localhub.refusal import PASSWORD_CHALLENGE, RefusalError, malformed, repo_not_found
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web import lfs_multipart
from emojit.localhub.web.answers import NOT_A_PAGE, ok
from emojit.localhub.web.call import Call, number, objects, text
from emojit.localhub.web.git_transfer import readable_repo
from emojit.localhub.web.streams import blocks, byte_range, receive

SHA256 = re.compile(r"[0-9a-f]{64}")

_MAX_OBJECTS = 1000
"""Clients send 256 or fewer."""
_MEDIA_TYPE = "application/vnd.git-lfs+json"


def batch(call: Call) -> Response:
    """`POST /{prefix}{id}.git/info/lfs/objects/batch`: where to send or fetch each object; no action for an upload means that it is here."""
    record = readable_repo(call)
    data = call.json()
    operation = data.get("operation")
    if operation == "upload":
        if call.caller is None:
            raise RefusalError(401, "Log in to upload", headers=PASSWORD_CHALLENGE)
        call.proposable_repo()
    elif operation != "download":
        raise RefusalError(422, "'operation' must be 'upload' or 'download'")
    transfers = data.get("transfers")
    in_parts_possible = isinstance(transfers, list) and "multipart" in transfers
    answers: list[dict[str, object]] = []
    items = objects(data, "objects")
    if len(items) > _MAX_OBJECTS:
        raise RefusalError(413, f"At most {_MAX_OBJECTS} objects per request")
    for item in items:
        sha256, size = text(item, "oid"), number(item, "size")
        answer: dict[str, object] = {"oid": sha256, "size": size}
        is_here = SHA256.fullmatch(sha256) is not None and call.hub.large_files.has(record.key, sha256)
        if not SHA256.fullmatch(sha256):
            answer["error"] = {"code": 422, "message": "The oid is not a sha256"}
        elif operation == "upload" and size > lfs_multipart.MAX_BYTES:
            answer["error"] = {"code": 422, "message": f"A file may have at most {lfs_multipart.MAX_BYTES} bytes"}
        elif operation == "upload" and not is_here:
            in_parts = size > lfs_multipart.MULTIPART_BYTES and in_parts_possible
            answer["actions"] = _upload_actions(call, record, sha256, size, in_parts=in_parts)
        elif operation == "download" and is_here:
            answer |= {"authenticated": True, "actions": _download_actions(call, record, sha256)}
        elif operation == "download":
            answer["error"] = {"code": 404, "message": "The large file is not in this repository"}
        answers.append(answer)
    return JSONResponse({"transfer": "basic", "objects": answers}, media_type=_MEDIA_TYPE)


def _download_actions(call: Call, record: RepoRecord, sha256: str) -> dict[str, object]:
    expiry = expiry_from_now(DOWNLOAD_LIFETIME_S)
    signature = call.hub.large_files.sign("lfs-download", record.key, sha256, expiry)
    href = f"{call.endpoint}/api/local/lfs/{record.key}/{sha256}?expiry={expiry}&signature={signature}"
    return {"download": {"href": href, "header": {}, "expires_in": DOWNLOAD_LIFETIME_S}}


def _upload_actions(call: Call, record: RepoRecord, sha256: str, size: int, *, in_parts: bool) -> dict[str, object]:
    expiry = expiry_from_now()
    signature = call.hub.large_files.sign("lfs", record.key, sha256, size, expiry)
    base = f"{call.endpoint}/api/local/lfs/{record.key}/{sha256}"
    href = f"{base}?size={size}&expiry={expiry}&signature={signature}"
    action = lfs_multipart.multipart_action(call, record, sha256, size) if in_parts else {"href": href, "header": {}}
    return {"upload": action, "verify": {"href": f"{base}/verify", "header": {}}}


def download(call: Call) -> Response:
    """`GET` or `HEAD` of a signed URL: the content, whole or in part."""
    key, sha256 = call.values["key"], call.values["sha256"]
    query = call.request.query_params
    expiry = query.get("expiry", "")
    if not is_count(expiry):
        raise malformed("'expiry' must be a number")
    call.hub.large_files.check(query.get("signature", ""), int(expiry), "lfs-download", key, sha256)
    size = call.hub.large_files.size(sha256) if call.hub.large_files.has(key, sha256) else None
    if size is None:
        raise RefusalError(404, f"The large file {sha256} is not here")
    part = byte_range(call.request.headers.get("range"), size)
    first, last = part or (0, size - 1)
    headers = {"Content-Length": str(last - first + 1), "Accept-Ranges": "bytes", "ETag": f'"{sha256}"', **NOT_A_PAGE}
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    status, media_type = 206 if part else 200, "application/octet-stream"
    if call.request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    content = call.hub.large_files.path(sha256).open("rb")
    return StreamingResponse(blocks(content, first, last - first + 1), status, headers, media_type)


async def upload(call: Call) -> Response:
    """`PUT` to a signed URL: store the body if it is what was announced."""
    key, sha256 = call.values["key"], call.values["sha256"]
    query = call.request.query_params
    try:
        size, expiry = int(query["size"]), int(query["expiry"])
    except (KeyError, ValueError):
        raise malformed("'size' and 'expiry' must be numbers") from None
    call.hub.large_files.check(query.get("signature", ""), expiry, "lfs", key, sha256, size)
    with call.hub.store.incoming() as file:
        writer = HashingWriter(file)
        await receive(call.request, writer.write, limit=size)
        if (writer.size, writer.sha256) != (size, sha256):
            raise malformed(f"The upload has {writer.size} bytes with sha256 {writer.sha256}; {sha256} was announced")
        await run_in_threadpool(call.hub.large_files.keep, key, file, sha256)
    return ok()


def verify(call: Call) -> Response:
    """`POST` after an upload: is it really here?"""
    record = call.hub.registry.by_key(call.values["key"])
    if record is None or call.caller is None or not record.visible_to(call.caller):
        raise repo_not_found()
    sha256 = call.values["sha256"]
    if not call.hub.large_files.has(record.key, sha256):
        raise RefusalError(404, f"The large file {sha256} is not here")
    return ok()
