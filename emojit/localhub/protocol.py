"""HTTP connections that cannot be held for ever: a client that stops sending or reading in the middle is disconnected.

uvicorn bounds how large a head may be (64 KiB) and how long a connection may rest between two requests, but not how slowly a request may come. And it
reads on, and throws away, what belongs to a request that was answered already: a body without end would keep its connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """One connection, with a limit on each kind of waiting."""

    head_timeout_s: ClassVar[float] = 20.0
    """From the first moment of a connection, or the first byte of a further request, to the end of its head."""
    body_timeout_s: ClassVar[float] = 60.0
    """For the next `body_block_bytes` of a body that this server is ready to take, or for its end."""
    body_block_bytes: ClassVar[int] = 4096
    """With single bytes a client could hold a connection for years; the slowest line sends this much in a minute."""
    linger_s: ClassVar[float] = 30.0
    """From an answer that came before the end of the body to the end of the connection: most clients read no answer before they sent all."""
    answer_timeout_s: ClassVar[float] = 120.0
    """For the client to read on when some hundred KiB of an answer wait for it."""

    _receiving: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None
    _in_head: bool = False
    """Whether the timer is that of a head."""
    _lingers: bool = False
    """Whether the present request was answered and its body still comes; the timer runs."""
    _block_bytes: int = 0
    """What came since the timer of the body was set."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the first head its time."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, then wait for what is still missing, if something is."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:  # uvicorn takes it for granted that a target is ASCII
            self.send_400_response("Invalid HTTP request received.")
        if self.transport.is_closing():
            return
        if self._lingers:
            if self._body_is_missing():
                return
            self._lingers = False
            self._stop_waiting()
        self._block_bytes += len(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_head()
        elif self.cycle.more_body:
            if self._receiving is None or self._in_head or self._block_bytes >= self.body_block_bytes:
                self._wait_for_body()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """The answer is sent. When the body of its request is not over, only so much more time is given to it."""
        super().on_response_complete()
        if not self.transport.is_closing() and self._body_is_missing():
            self._stop_waiting()
            self._lingers = True
            self._receiving = self.loop.call_later(self.linger_s, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read as fast as this server writes: give it some time."""
        super().pause_writing()
        self._sending = self.loop.call_later(self.answer_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client read on."""
        if self._sending:
            self._sending.cancel()
            self._sending = None
        super().resume_writing()

    def _wait_for_head(self) -> None:
        # Counted from the start: bytes that come one by one do not prolong it.
        if self._receiving is None:
            self._receiving = self.loop.call_later(self.head_timeout_s, self.transport.abort)
            self._in_head = True

    def _wait_for_body(self) -> None:
        self._stop_waiting()
        self._block_bytes = 0
        self._receiving = self.loop.call_later(self.body_timeout_s, self._body_is_late)

    def _body_is_late(self) -> None:
        self._receiving = None
        if self.cycle.response_complete or not self.cycle.more_body:
            return
        if self.flow.read_paused:  # it is this server that does not read
            self._wait_for_body()
        else:
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._receiving:
            self._receiving.cancel()
            self._receiving = None
        self._in_head = False

    def _body_is_missing(self) -> bool:
        """Whether the client has not yet sent all of the request that was answered."""
        return self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY
