"""Turning a template into a response, and a refusal into a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from starlette.responses import HTMLResponse, Response

from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.call import Call, MovedError
from emojit.localhub.web.pages import addresses
from emojit.localhub.web.pages.forms import form_token

if TYPE_CHECKING:
    from jinja2 import Environment

PageHandler: TypeAlias = Callable[[Call], Response]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache, private",
    "Vary": "Cookie, Authorization",
}
"""Of every page. Nothing on it runs, submits elsewhere, is framed, or is fetched from another server."""

_ASSETS = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_UNITS = ("B", "KB", "MB", "GB", "TB")


def show(call: Call, template: str, values: Mapping[str, object], *, status: int = 200) -> Response:
    """A page.

    Args:
        call: the request.
        template: name of the file in `templates/`.
        values: what the template asks for; whatever is missing is an error.
        status: of the response.
    """
    shared = {"endpoint": call.endpoint, "visitor": call.caller, "here": _here(call), "logout": _logout(call)}
    html = _environment().get_template(template).render({**shared, **values})
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def as_page(handler: PageHandler) -> PageHandler:
    """A handler whose refusals are pages, with the status and headers that the API gives them."""

    @wraps(handler)
    def wrapped(call: Call) -> Response:
        try:
            return handler(call)
        except MovedError:
            raise
        except RefusalError as exc:
            return refusal_page(call, exc)

    return wrapped


def refusal_page(call: Call, error: RefusalError) -> Response:
    """An error as a page. It says of a hidden repository what it says of a missing one."""
    response = show(call, "error.html", {"status": error.status, "message": error.message}, status=error.status)
    for name, value in error.headers.items():
        if name not in {"WWW-Authenticate", "LFS-Authenticate"}:
            response.headers[name] = value
    return response


def asset(call: Call) -> Response:
    """`GET /api/local/pages/style.css` and `icon.svg`."""
    name = call.values["asset"]
    content = (Path(__file__).parent / name).read_text(encoding="utf-8")
    headers = {**HEADERS, "Cache-Control": "max-age=300"}
    return Response(content, media_type=_ASSETS[name], headers=headers)


def _logout(call: Call) -> str:
    return form_token(call, "logout") if call.caller else ""


def _here(call: Call) -> str:
    """Path and query of this page, for coming back after logging in."""
    path: str = call.request.scope["raw_path"].decode("ascii", errors="replace")
    query = call.request.url.query
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "size": size,
        "day": day,
        "moment": moment,
        "home": addresses.home,
        "tree": addresses.tree,
        "blob": addresses.blob,
        "raw": addresses.raw,
        "commits": addresses.commits,
        "quoted": addresses.quoted,
    }
    return environment


def size(count: int) -> str:
    """A number of bytes for people, e.g. "1.4 MB"."""
    amount = float(count)
    for unit in _UNITS[:-1]:
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} {_UNITS[-1]}"


def day(seconds: float) -> str:
    """Seconds since 1970 as a date (UTC)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def moment(seconds: float) -> str:
    """Seconds since 1970 as date and time (UTC)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
