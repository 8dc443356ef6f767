"""Multipart uploads of very large files: what breaks is sent again by the part and not from the beginning.

Each part is a file of its own until all are there; then they are copied into one and hashed on the way. What is hashed is what is kept: a part that is
still being sent at that time cannot change it. Every URL is signed. An upload that is never completed leaves its parts in `tmp/` until the next start.
"""

from __future__ import annotations

import math
import re
import secrets
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emojit.localhub.lfs import HashingWriter, expiry_from_now
from emojit.localhub.refusal import malformed
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call
from emojit.localhub.web.streams import receive

MULTIPART_BYTES = 4 * 1024**3
"""Above this size the parts are worth their reading at the end."""
PART_BYTES = 512 * 1024**2

MAX_BYTES = 1024**4
"""Of one file: what has more parts than this gives is no file but an attempt to fill the memory with their addresses."""

_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_BLOCK_BYTES = 1024 * 1024


def multipart_action(call: Call, record: RepoRecord, sha256: str, size: int) -> dict[str, object]:
    """Where to send each part, and where to say that all were sent; read by `huggingface_hub.lfs._upload_multi_part`."""
    expiry = expiry_from_now()
    upload = secrets.token_hex(16)
    base = f"{call.endpoint}/api/local/lfs/{record.key}/{sha256}/multipart/{upload}"

    def address(part: int) -> str:
        signature = call.hub.large_files.sign("multipart", record.key, sha256, upload, part, size, expiry)
        return f"{base}/{part}?size={size}&expiry={expiry}&signature={signature}"

    parts = {str(part): address(part) for part in range(1, _count(size) + 1)}
    return {"href": address(0), "header": {"chunk_size": str(PART_BYTES), **parts}}


async def upload_part(call: Call) -> Response:
    """`PUT` one part to its signed URL."""
    part, size, path = _checked(call)
    if not 1 <= part <= _count(size):
        raise malformed("There is no such part")
    expected = min(PART_BYTES, size - (part - 1) * PART_BYTES)
    with call.hub.store.incoming() as file:
        writer = HashingWriter(file)
        await receive(call.request, writer.write, limit=expected)
        if writer.size != expected:
            raise malformed(f"Part {part} has {writer.size} bytes; {expected} were announced")
        file.flush()
        await run_in_threadpool(Path(file.name).replace, _part(path, part))
    response = ok()
    response.headers["ETag"] = f'"{writer.sha256}"'
    return response


def complete(call: Call) -> Response:
    """`POST` after the last part: keep the file if it is what was announced."""
    part, size, path = _checked(call)
    if part != 0:
        raise malformed("This is the address of a part")
    key, sha256 = call.values["key"], call.values["sha256"]
    if call.hub.large_files.has(key, sha256):
        return ok()  # the answer to an earlier completion was lost
    parts = [_part(path, number) for number in range(1, _count(size) + 1)]
    with call.hub.store.incoming() as whole:
        writer = HashingWriter(whole)
        for part_file in parts:
            _append(part_file, writer)
        is_right = (writer.size, writer.sha256) == (size, sha256)
        if is_right:
            call.hub.large_files.keep(key, whole, sha256)
    for part_file in parts:
        part_file.unlink(missing_ok=True)
    if not is_right:
        raise malformed(f"The parts do not make up {sha256}; begin again")
    return ok()


def _append(part_file: Path, writer: HashingWriter) -> None:
    try:
        file = part_file.open("rb")
    except FileNotFoundError:
        raise malformed("Not all parts were sent, or the upload is over; begin again") from None
    with file:
        while block := file.read(_BLOCK_BYTES):
            writer.write(block)


def _part(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}-{number}")


def _count(size: int) -> int:
    return math.ceil(size / PART_BYTES)


def _checked(call: Call) -> tuple[int, int, Path]:
    """Part, size of the whole and path of the upload, from a signed URL.

    Raises:
        RefusalError: 400 or 403.
    """
    upload, part, query = call.values["upload"], call.values["part"], call.request.query_params
    try:
        number, size, expiry = int(part), int(query["size"]), int(query["expiry"])
    except (KeyError, ValueError):
        raise malformed("The part, 'size' and 'expiry' must be numbers") from None
    fields = ("multipart", call.values["key"], call.values["sha256"], upload, part, size)
    call.hub.large_files.check(query.get("signature", ""), expiry, *fields)
    if not _UPLOAD_ID.fullmatch(upload):
        raise malformed("Not an upload")
    return number, size, call.hub.store.tmp / f"multipart-{upload}"
