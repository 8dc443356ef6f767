"""Receiving bodies piece by piece, so that memory does not grow with their size."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Message, Receive

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


class Body:
    """The incoming side of one request; it knows whether the client is still sending."""

    def __init__(self, receive_event: Receive) -> None:
        self._receive_event = receive_event
        self._has_ended = False

    async def receive(self) -> Message:
        """Pass an event on."""
        message = await self._receive_event()
        self._has_ended = not message.get("more_body", False)
        return message

    async def drain(self, *, limit: int) -> None:
        """Take what the client is still sending, up to `limit` bytes.

        A client that is answered in the middle of its body reports a broken connection instead of the answer.
        """
        while not self._has_ended and limit > 0:
            message = await self.receive()
            limit -= len(message.get("body", b""))
