"""Who is logged in with a browser. A session lives in memory: it ends with its time, with its token, and with the server."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

LIFETIME_S = 12 * 3600
"""A session ends after that, used or not."""
_MAX_SESSIONS = 1_000
_OWN_PAGES = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of a request that a page of this Hub or the address bar made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    token: str = field(repr=False)
    """Looked up anew with every request, so that a token that was taken back ends its sessions."""
    ends: float


class Sessions:
    """The sessions of one Hub. The cookie holds a random id and nothing else; here it is kept as a hash."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none.

        Args:
            clock: seconds, from any start.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def begin(self, token: str) -> str:
        """Start a session for a token that is known to be right; returns what the cookie holds."""
        name = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_hash(name)] = _Session(token=token, ends=self._clock() + LIFETIME_S)
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return name

    def token(self, name: str) -> str | None:
        """The token of a running session."""
        with self._lock:
            session = self._sessions.get(_hash(name))
            if session is None or session.ends < self._clock():
                self._sessions.pop(_hash(name), None)
                return None
            return session.token

    def end(self, name: str) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(_hash(name), None)


def cookie_name(request: Request) -> str:
    """Browsers share cookies between the ports of a host, so the port stands in the name."""
    return f"emojit-hub-{request.url.port or request.url.scheme}"


def session_of(request: Request) -> str | None:
    """What the session cookie of a request holds, if this Hub's own page or the address bar made the request.

    `SameSite=Strict` keeps the cookie from other sites, but another port of this machine counts as the same site.
    """
    if request.headers.get("sec-fetch-site", "none") not in _OWN_PAGES:
        return None
    return request.cookies.get(cookie_name(request))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", errors="replace")).hexdigest()
