"""Downloads by Xet: a token for one repository, then the reconstruction of a file, then its xorbs by signed addresses.

Plain HTTP serves the same bytes; Xet is here for clients that prefer it or that copy between repositories, which `huggingface_hub` does by Xet hash only.
"""

from __future__ import annotations

import time

from starlette.responses import Response, StreamingResponse

from emojit.localhub.lfs import DOWNLOAD_LIFETIME_S, expiry_from_now, is_count
from emojit.localhub.pointers import Pointer
from emojit.localhub.refusal import RefusalError, gated, malformed
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import NOT_A_PAGE, ok
from emojit.localhub.web.call import Call
from emojit.localhub.web.streams import byte_range
from emojit.localhub.web.xet_token import token_answer
from emojit.localhub.xet_layout import CHUNK_BYTES, packed, packed_size, terms, xorb_name

_SCOPE, _DATA_SCOPE = "xet-read", "xet-data"


def xet_headers(call: Call, record: RepoRecord, commit: str, pointer: Pointer) -> dict[str, str]:
    """What `resolve` adds for a large file, so that clients may fetch it by Xet."""
    if not call.hub.xet_downloads or not pointer.size:
        return {}
    address = f"{call.endpoint}/api/{record.type}s/{record.id}/xet-read-token/{commit}"
    return {"X-Xet-Hash": pointer.sha256, "Link": f'<{address}>; rel="xet-auth"'}


def read_token(call: Call) -> Response:
    """`GET /api/{types}/{id}/xet-read-token/{revision}`: for this repository alone, for one hour."""
    record = call.repo()
    if not call.hub.xet_downloads:
        raise RefusalError(404, "This Hub serves downloads by plain HTTP only")
    if not record.files_open_to(call.caller):
        raise gated(record.type, record.id)
    with call.hub.repositories.open(record) as git:
        git.resolve(call.values["revision"])
    expiry = expiry_from_now(DOWNLOAD_LIFETIME_S)
    token = f"{expiry}.{call.hub.large_files.sign(_SCOPE, record.key, expiry)}"
    address = f"{call.endpoint}/api/local/xet-read/{record.key}"
    return token_answer(address, token, expiry)


def reconstruction(call: Call) -> Response:
    """`GET {address}/v1/reconstructions/{hash}`, with a `Range` for a part: which chunks of which xorbs make up the file, and where they are."""
    key, sha256 = call.values["key"], call.values["hash"]
    scheme, _, token = call.request.headers.get("authorization", "").partition(" ")
    expiry, _, signature = token.partition(".")
    if scheme.lower() != "bearer" or not is_count(expiry) or int(expiry) < time.time():
        raise RefusalError(401, "The Xet access token is missing or has expired")
    call.hub.large_files.check(signature, int(expiry), _SCOPE, key)
    size = _size(call, key, sha256)
    if size == 0:
        return ok({"offset_into_first_range": 0, "terms": [], "fetch_info": {}})
    first, last = byte_range(call.request.headers.get("range"), size) or (0, size - 1)
    listed, places = [], {}
    url_expiry = expiry_from_now(DOWNLOAD_LIFETIME_S)
    for term in terms(size, first, last):
        name, chunks = xorb_name(sha256, term.xorb), {"start": term.start, "end": term.stop}
        url_signature = call.hub.large_files.sign(_DATA_SCOPE, key, sha256, term.xorb, url_expiry)
        query = f"expiry={url_expiry}&signature={url_signature}"
        url = f"{call.endpoint}/api/local/xet-data/{key}/{sha256}/{term.xorb}?{query}"
        listed.append({"hash": name, "unpacked_length": term.size, "range": chunks})
        places[name] = [
            {"range": chunks, "url": url, "url_range": {"start": term.first_byte, "end": term.last_byte}},
        ]
    return ok({"offset_into_first_range": first % CHUNK_BYTES, "terms": listed, "fetch_info": places})


def xorb(call: Call) -> Response:
    """`GET` of a signed address with a `Range`: the chunks of one xorb."""
    key, sha256, number = call.values["key"], call.values["hash"], call.values["number"]
    query = call.request.query_params
    expiry = query.get("expiry", "")
    if not (is_count(expiry) and is_count(number)):
        raise malformed("'expiry' and the number of the xorb must be numbers")
    call.hub.large_files.check(query.get("signature", ""), int(expiry), _DATA_SCOPE, key, sha256, number)
    size = packed_size(_size(call, key, sha256), int(number))
    part = byte_range(call.request.headers.get("range"), size)
    first, last = part or (0, size - 1)
    headers = {"Content-Length": str(last - first + 1), "Accept-Ranges": "bytes", **NOT_A_PAGE}
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    content = call.hub.large_files.path(sha256).open("rb")
    status = 206 if part else 200
    return StreamingResponse(
        packed(content, int(number), first, last), status, headers, media_type="application/octet-stream"
    )


def _size(call: Call, key: str, sha256: str) -> int:
    """Of a large file of the repository `key` (bytes).

    Raises:
        RefusalError: 404, it was not uploaded there, or is not here any more.
    """
    size = call.hub.large_files.size(sha256) if call.hub.large_files.has(key, sha256) else None
    if size is None:
        raise RefusalError(404, "There is no such file")
    return size
