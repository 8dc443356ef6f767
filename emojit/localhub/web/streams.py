"""Receiving and sending bodies piece by piece, so that memory does not grow with their size."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from emojit.localhub.refusal import RefusalError

_BLOCK_BYTES = 1024 * 1024
"""Pieces arrive in 64 KiB; a worker thread per MiB costs nothing, one per piece would."""
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


async def receive(request: Request, write: Callable[[bytes], object], *, limit: int) -> None:
    """Hand the body to `write` in a worker thread, in blocks of about 1 MiB; the next block arrives while one is being written.

    When this returns or raises, nothing is being written any more.

    Args:
        request: whose body.
        write: takes the blocks in order.
        limit: the most that is taken (bytes).

    Raises:
        RefusalError: 413, the body is longer, or says that it will be.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:  # h11 takes no more than 20 digits
        raise RefusalError(413, f"The body is longer than {limit} bytes")
    pieces: list[bytes] = []
    pending = received = 0
    writing: asyncio.Task[object] | None = None
    try:
        async for piece in request.stream():
            received += len(piece)
            if received > limit:
                raise RefusalError(413, f"The body is longer than {limit} bytes")
            pieces.append(piece)
            pending += len(piece)
            if pending >= _BLOCK_BYTES:
                if writing:
                    await writing
                writing = asyncio.create_task(run_in_threadpool(write, b"".join(pieces)))
                pieces.clear()
                pending = 0
    finally:
        if writing:
            await writing
    if pending:
        await run_in_threadpool(write, b"".join(pieces))


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte to send; None for the whole file. A header that is no single byte range is ignored, as RFC 9110 section 14.2 allows.

    Raises:
        RefusalError: 416, the range lies behind the end.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    start, stop = match.groups()
    if start:
        first, last = int(start), min(int(stop), size - 1) if stop else size - 1
        if stop and int(stop) < int(start):
            return None
    else:
        first, last = max(size - int(stop), 0), size - 1
    if first > last:
        raise RefusalError(416, "Requested range not satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return first, last


def blocks(content: IO[bytes], offset: int, count: int) -> Iterator[bytes]:
    """Yield `count` bytes of an open file from `offset` on, and close it."""
    with content:
        content.seek(offset)
        while count > 0 and (block := content.read(min(_BLOCK_BYTES, count))):
            count -= len(block)
            yield block
