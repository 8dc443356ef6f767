"""Which Hub is meant, whether it may be asked, and what of its answers may be shown: the one place that reads `HF_ENDPOINT` and `EMOJIT_OFFLINE`.

`EMOJIT_OFFLINE=1` keeps every call on this machine. A server on loopback (the embedded Hub, a local teacher) is no network, so it may always be asked.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import sys
from urllib.parse import urlsplit

from emojit.errors import OfflineError, UsageError

_TOKEN = re.compile(r"(bearer\s+)\S+|\b(sk-)[\w*-]{4,}|\b(hf_|gsk_)[a-z0-9]{16,}", re.IGNORECASE)
_SECRETS = ("HF_TOKEN", "EMOJIT_BOX_TOKEN", "EMOJIT_API_KEY", "OPENAI_API_KEY")
_SHORTEST_SECRET = (
    8  # characters; what is shorter is a placeholder such as "EMPTY" and would take words out of a message
)


def mask_secrets(text: str) -> str:
    """Return a message without tokens and keys: those of the environment, and whatever looks like one. Servers like to repeat what they were sent."""
    for name in _SECRETS:
        if len(secret := os.environ.get(name, "").strip()) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return _TOKEN.sub(r"\1\2\3***", text)


def hub_endpoint() -> str:
    """Return the Hub that `HF_ENDPOINT` names now, without a trailing slash; huggingface_hub reads it only once, when it is imported.

    Raises:
        UsageError: the variable holds no http(s) URL, or one with credentials, which messages and logs would show.
    """
    url = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port above 65535
        usable = False
    else:
        if parts.username or parts.password:
            raise UsageError("HF_ENDPOINT must not hold a user or a password", hint="the token goes into HF_TOKEN")
    if not usable:
        raise UsageError(
            f"HF_ENDPOINT is no http(s) URL: {url!r}", hint="for example export HF_ENDPOINT=https://huggingface.co"
        )
    return url


def check_environment() -> None:
    """Refuse values that the Hub's clients stumble over when they are imported or make their first call, whatever the command needs of them.

    Raises:
        UsageError: `HF_ENDPOINT` is no http(s) URL, or `HF_TOKEN` cannot stand in an HTTP header.
    """
    hub_endpoint()
    token = os.environ.get("HF_TOKEN", "").strip()
    if not (token.isascii() and token.isprintable()):
        raise UsageError(
            "HF_TOKEN holds characters that no HTTP header can carry",
            hint="export it again, without quotes or line breaks",
        )


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


def hub_progress(*, quiet: bool = False) -> contextlib.AbstractContextManager[object]:
    """Switch the Hub client's progress bars off where they are not wanted, or where stderr is no terminal that could redraw them."""
    from huggingface_hub.utils.tqdm import disable_progress_bars

    return disable_progress_bars() if quiet or not sys.stderr.isatty() else contextlib.nullcontext()


def hub_failure(exc: BaseException) -> str:
    """Say in words why a call to the Hub failed: it answered with an error, or it did not answer at all."""
    status = getattr(getattr(exc, "response", None), "status_code", None)
    reason = next((line for line in str(exc).splitlines() if line.strip()), type(exc).__name__)
    what = "cannot be reached" if status is None else f"answered {status}"
    return f"the Hub at {hub_endpoint()} {what} ({reason})"
