"""Where the Hub listens: on loopback, or on another address if that was asked for in so many words and tokens are set."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emojit.errors import HubServerError, UsageError

if TYPE_CHECKING:
    import uvicorn

LOOPBACK = "127.0.0.1"
STOP_TIMEOUT_S = 10

_MAX_CONNECTIONS = 1000
_MAX_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a Hub listens and by which names it may be called."""

    host: str = LOOPBACK
    """An IPv4 or IPv6 address."""
    expose: bool = False
    """Whether other machines may reach it."""
    public_url: str | None = None
    """What clients call it when a proxy stands before it, such as "https://hub.example.org"."""

    def __post_init__(self) -> None:
        """Refuse an address that nobody asked for.

        Raises:
            UsageError: with what to do.
        """
        if not self.expose and (self.host != LOOPBACK or self.public_url):
            what = f"not {self.host!r}" if self.host != LOOPBACK else "and has no other name"
            raise UsageError(
                f"the embedded Hub serves only {LOOPBACK}, {what}",
                hint="use an SSH tunnel; or make tokens with emojit hub token create, then add --expose: it speaks plain "
                "HTTP, which everybody on the way can read, so put a proxy with TLS before it",
            )
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            raise UsageError(
                f"the Hub listens on an IP address, not on {self.host!r}", hint="for instance --host 0.0.0.0 --expose"
            ) from None
        parts = urlsplit(self.public_url or "http://localhost")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise UsageError(
                f"the public URL {self.public_url!r} is not http(s)://name[:port]",
                hint="for instance --public-url https://hub.example.org",
            )

    @property
    def public_host(self) -> str | None:
        """Name and port of the public URL, as a Host header has them."""
        return urlsplit(self.public_url).netloc.lower() if self.public_url else None

    @property
    def public_scheme(self) -> str:
        """The scheme of the public URL."""
        return urlsplit(self.public_url or "http:").scheme

    def endpoint(self, port: int) -> str:
        """The address for `HF_ENDPOINT`."""
        if self.public_url:
            return self.public_url.rstrip("/")
        address = ipaddress.ip_address(self.host)
        if address.is_unspecified:
            return f"http://{LOOPBACK}:{port}"
        return f"http://[{self.host}]:{port}" if address.version == 6 else f"http://{self.host}:{port}"

    def answers_to(self, hostname: str | None) -> bool:
        """Whether a request may call this server so.

        A web page could name it by a host of its own (DNS rebinding) and read public repositories. That takes a name, not an address.
        """
        if hostname in {LOOPBACK, "localhost"}:
            return True
        if not self.expose or not hostname:
            return False
        if self.public_url and hostname == urlsplit(self.public_url).hostname:
            return True
        try:
            ipaddress.ip_address(hostname)
        except ValueError:
            return False
        return True

    def check_tokens(self, count: int) -> None:
        """Refuse to be exposed without a token.

        Raises:
            UsageError: there is none.
        """
        if self.expose and count == 0:
            raise UsageError(
                "a Hub that other machines can reach needs tokens, and this store has none",
                hint="make one with: emojit hub token create --user me, and the same --root",
            )

    def bind(self, port: int) -> socket.socket:
        """Take the port now, so that a taken one is an error of the caller's thread.

        Raises:
            HubServerError: the port is taken, reserved or out of range, or the address is not of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # The protocol is named because asyncio sets TCP_NODELAY only on sockets that name it; without, most answers take 40 ms longer.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, port))
            listener.listen(128)
        except (OSError, OverflowError) as exc:
            listener.close()
            if getattr(exc, "errno", None) == errno.EADDRINUSE:
                raise HubServerError(f"port {port} is in use", hint="choose another with --port, or --port 0") from exc
            where = f"port {port}" if self.host == LOOPBACK else f"{self.host} port {port}"
            raise HubServerError(f"cannot listen on {where}: {exc}", hint="choose another with --port") from exc
        return listener


def http_server(application: object) -> uvicorn.Server:
    """The HTTP server around the application, not yet started."""
    import uvicorn

    from emojit.localhub.protocol import PatientProtocol

    config = uvicorn.Config(
        application,  # type: ignore[arg-type]
        http=PatientProtocol,
        lifespan="off",
        ws="none",
        loop="asyncio",
        log_config=None,  # logging is configured by the command line, not by the server
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what a client says about its address must not change whose failed logins are counted
        limit_concurrency=_MAX_CONNECTIONS,
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )
    return uvicorn.Server(config)
