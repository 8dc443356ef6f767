"""One call to an endpoint over HTTP: the only place that knows the HTTP client.

aiohttp carries the calls, because the client's own work is what bounds a fast teacher: of the CPU time of 1,000 calls it takes 0.2 s, the `openai` client
2.0 s and its aiohttp transport 1.6 s (`benchmarks/teacher_engine.py` measures them side by side). It makes no call twice by itself: a POST that
got no answer is ours to judge.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from emojit import __version__
from emojit.errors import ConfigError
from emojit.teacher.address import Address

if TYPE_CHECKING:
    import ssl

    import aiohttp


_CONNECT_S = 10.0  # longest wait for a connection
_MOST_BYTES = 2**24  # of an answer; a long one has some kilobytes
_KEPT_S = 30.0  # how long an idle connection is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What an endpoint sent back.

    Attributes:
        status: HTTP status.
        headers: response headers, case-insensitive.
        body: the body as text; bytes that are no UTF-8 are replaced.
    """

    status: int
    headers: Mapping[str, str]
    body: str


class CallError(Exception):
    """A call that got no response.

    Attributes:
        kind: "unreached" where there was no connection, "late" where the time was up, "lost" where the connection broke.
    """

    def __init__(self, kind: Literal["unreached", "late", "lost"], reason: str) -> None:
        """Say what happened, in the words of the client; they may hold anything that stood in the call."""
        super().__init__(reason)
        self.kind: Literal["unreached", "late", "lost"] = kind


class Http:
    """Connections to one endpoint, kept open between calls. Make and close it in the event loop that uses it."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        """Prepare the client; nothing is opened.

        Args:
            address: the endpoint and its key.
            timeout_s: longest time of a call, from looking for a connection to the last byte of the body (s).

        Raises:
            ConfigError: the environment names a proxy that cannot be used.
        """
        import aiohttp

        base = address.base_url.rstrip("/")
        self._post_url = f"{base}/chat/completions"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_certificates(base), keepalive_timeout=_KEPT_S),
            headers={
                "Authorization": f"Bearer {address.key}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": f"emojit/{__version__}",
            },
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s)),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=None if address.loopback else _proxy(base),
        )

    async def post(self, body: bytes) -> Response:
        """Send a chat-completions request.

        Raises:
            CallError: there is no whole response.
        """
        import aiohttp

        try:
            # A redirect is an answer: followed, a POST would become a GET, and the prompts would go where nobody sent them.
            async with self._session.post(self._post_url, data=body, allow_redirects=False) as response:
                content = await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError) as exc:
            raise CallError("unreached", _words(exc)) from exc
        except TimeoutError as exc:
            raise CallError("late", _words(exc)) from exc
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as exc:
            raise CallError("lost", _words(exc)) from exc
        return Response(status=response.status, headers=response.headers, body=content.decode(errors="replace"))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, unpacked, unless it is longer than any answer: an endless one in every connection would fill the memory."""
    content = bytearray()
    async for block in response.content.iter_any():
        content += block
        if len(content) > _MOST_BYTES:
            raise CallError("lost", f"the answer is longer than {_MOST_BYTES:,} bytes")
    return bytes(content)


def _words(exc: BaseException) -> str:
    import aiohttp

    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {exc.status} {exc.message}"
    if isinstance(exc, aiohttp.ClientConnectorCertificateError):
        return str(exc.certificate_error)
    if isinstance(exc, aiohttp.ClientConnectorError):  # its own words show an object of the ssl module
        return str(exc.os_error)
    return str(exc) or type(exc).__name__


def _certificates(url: str) -> ssl.SSLContext | bool:
    """Return the certificates that the other clients of this machine trust: the system's, or what SSL_CERT_FILE names."""
    if not url.startswith("https:"):
        return True
    import httpx2

    return httpx2.create_ssl_context()


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment has for a URL.

    aiohttp's own `trust_env` is not used: it looks through the environment at every call and passes an unknown kind of proxy by in silence.
    """
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in {"http", "https"}:
        raise ConfigError(
            f"a proxy of the kind {urlsplit(proxy).scheme!r} cannot be used for the teacher",
            hint=f"set {parts.scheme.upper()}_PROXY to an http:// proxy, or NO_PROXY={parts.hostname} to go without",
        )
    return proxy
