"""Uploads by Git LFS: the batch call and the transfer itself."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from emojit.localhub.lfs import HashingWriter, expiry_from_now
from emojit.localhub.refusal import RefusalError, malformed, repo_not_found
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call, number, objects, text
from emojit.localhub.web.streams import receive

SHA256 = re.compile(r"[0-9a-f]{64}")

_MEDIA_TYPE = "application/vnd.git-lfs+json"


def batch(call: Call) -> Response:
    """`POST /{prefix}{id}.git/info/lfs/objects/batch`: where to send each object; no action means that it is here."""
    record = replace(call, values={**call.values, "name": call.values["git_name"]}).proposable_repo()
    data = call.json()
    if data.get("operation") != "upload":
        raise RefusalError(422, "Large files are downloaded from /resolve/, not by Git LFS")
    answers: list[dict[str, object]] = []
    for item in objects(data, "objects"):
        sha256, size = text(item, "oid"), number(item, "size")
        answer: dict[str, object] = {"oid": sha256, "size": size}
        if not SHA256.fullmatch(sha256):
            answer["error"] = {"code": 422, "message": "The oid is not a sha256"}
        elif not call.hub.large_files.has(record.key, sha256):
            answer["actions"] = _actions(call, record, sha256, size)
        answers.append(answer)
    return JSONResponse({"transfer": "basic", "objects": answers}, media_type=_MEDIA_TYPE)


def _actions(call: Call, record: RepoRecord, sha256: str, size: int) -> dict[str, object]:
    expiry = expiry_from_now()
    signature = call.hub.large_files.sign("lfs", record.key, sha256, size, expiry)
    base = f"{call.endpoint}/api/local/lfs/{record.key}/{sha256}"
    href = f"{base}?size={size}&expiry={expiry}&signature={signature}"
    return {"upload": {"href": href, "header": {}}, "verify": {"href": f"{base}/verify", "header": {}}}


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
