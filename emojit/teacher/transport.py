"""The HTTP connections of the endpoint teacher.

httpx2 looks through all idle connections of a pool, with a system call each, whenever it hands one out: with 64 calls in flight that is a third of
the CPU time of a call. Spread over pools of eight the same 2,000 calls take 1.8 instead of 2.1 s of CPU time per 1,000 and reach 0.77–0.84 instead
of 0.59–0.76 of the ideal throughput (200 ms per answer, two busy cores; httpx2 2.16, openai 3.54).
"""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_POOL = 8  # connections per pool
_CONNECT_S = 10.0  # longest wait for a connection


def http_client(width: int, timeout_s: float, *, loopback: bool) -> httpx2.AsyncClient:
    """Make the client that carries the calls.

    Args:
        width: calls in flight at most (count).
        timeout_s: longest silence of the endpoint (s).
        loopback: the endpoint is on this machine: a proxy of the environment has no business there.
    """
    import httpx2
    import openai

    timeout = httpx2.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
    if not loopback and urllib.request.getproxies():  # a transport of one's own would go past the proxy
        limits = httpx2.Limits(max_connections=width, max_keepalive_connections=width)
        return openai.DefaultAsyncHttpxClient(limits=limits, timeout=timeout)
    context = httpx2.create_ssl_context()
    limits = httpx2.Limits(max_connections=width, max_keepalive_connections=_POOL)
    pools = [httpx2.AsyncHTTPTransport(verify=context, limits=limits) for _ in range(-(-width // _POOL))]

    class Spread(httpx2.AsyncBaseTransport):
        """Hands each call to the next pool."""

        turn = 0

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.turn = (self.turn + 1) % len(pools)
            return await pools[self.turn].handle_async_request(request)

        async def aclose(self) -> None:
            for pool in pools:
                await pool.aclose()

    return openai.DefaultAsyncHttpxClient(transport=Spread(), timeout=timeout)
