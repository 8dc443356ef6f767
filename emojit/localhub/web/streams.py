"""Receiving bodies piece by piece, so that memory does not grow with their size."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from emojit.localhub.refusal import RefusalError

_BLOCK_BYTES = 1024 * 1024
"""Pieces arrive in 64 KiB; a worker thread per MiB costs nothing, one per piece would."""


async def receive(request: Request, write: Callable[[bytes], object], *, limit: int) -> None:
    """Hand the body to `write` in a worker thread, in blocks of about 1 MiB.

    Args:
        request: whose body.
        write: takes the blocks in order.
        limit: the most that is taken (bytes).

    Raises:
        RefusalError: 413, the body is longer.
    """
    block = bytearray()
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > limit:
            raise RefusalError(413, f"The body is longer than {limit} bytes")
        block += piece
        if len(block) >= _BLOCK_BYTES:
            await run_in_threadpool(write, bytes(block))
            block.clear()
    if block:
        await run_in_threadpool(write, bytes(block))
