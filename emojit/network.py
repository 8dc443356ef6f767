"""Which Hub is meant, and whether it may be asked: the one place that reads `HF_ENDPOINT` and `EMOJIT_OFFLINE`.

`EMOJIT_OFFLINE=1` keeps every call on this machine. A server on loopback (the embedded Hub, a local teacher) is no network, so it may always be asked.
"""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from emojit.errors import OfflineError, UsageError


def hub_endpoint() -> str:
    """Return the Hub that `HF_ENDPOINT` names now, without a trailing slash; huggingface_hub reads it only once, when it is imported.

    Raises:
        UsageError: the variable holds no http(s) URL.
    """
    url = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # half an IPv6 address
        usable = False
    if not usable:
        raise UsageError(
            f"HF_ENDPOINT is no http(s) URL: {url!r}", hint="for example export HF_ENDPOINT=https://huggingface.co"
        )
    return url


def is_loopback(url: str) -> bool:
    """Say whether a URL's host is this machine by name: localhost or a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_barred(url: str) -> bool:
    """Say whether `EMOJIT_OFFLINE` forbids asking a URL."""
    return os.environ.get("EMOJIT_OFFLINE", "") not in {"", "0"} and not is_loopback(url)


def require_online(repo_id: str) -> None:
    """Refuse to leave this machine for a Hub repository while `EMOJIT_OFFLINE` is set.

    Raises:
        OfflineError: it is set, and the Hub is elsewhere.
    """
    if is_barred(hub_endpoint()):
        raise OfflineError(
            f"{repo_id} is on {hub_endpoint()} and EMOJIT_OFFLINE is set",
            hint="unset EMOJIT_OFFLINE, give something that is on this machine, or set HF_ENDPOINT to `emojit hub serve`",
        )


def hub_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what the Hub's clients raise when a call does not get through, to be caught, and `others` with it.

    That is OSError and the transport's own error, whichever httpx the clients use.
    """
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return HTTPError, OSError, *others
