"""Forms that only this Hub's own pages can send."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response

from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.call import Call
from emojit.localhub.web.sessions import cookie_name, session_of

MAX_FORM_BYTES = 16 * 1024
_MAX_FIELDS = 10


def form_token(call: Call, purpose: str, secret: str | None = None) -> str:
    """What a form carries to show that it came from here: a signature over its purpose and the visitor's cookie.

    Args:
        call: the request for the page with the form.
        purpose: of the form.
        secret: the content of the cookie; None for that of the session.
    """
    cookie = session_of(call.request) if secret is None else secret
    return call.hub.large_files.sign("form", purpose, cookie or "")


def guest_cookie(call: Call) -> str:
    """Name of the cookie that a visitor has before there is a session."""
    return cookie_name(call.request) + "-form"


def new_secret() -> str:
    """Content of a guest's cookie."""
    return secrets.token_urlsafe(24)


def read_form(call: Call) -> dict[str, str]:
    """The fields of a form that was sent.

    Raises:
        RefusalError: 400 or 413, it is no form or too large.
    """
    if len(call.body) > MAX_FORM_BYTES:
        raise RefusalError(413, f"A form has at most {MAX_FORM_BYTES} bytes")
    try:
        fields = parse_qs(call.body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise RefusalError(400, "The form cannot be read") from None
    return {name: values[0] for name, values in fields.items()}


def check_form(call: Call, purpose: str, secret: str | None, given: str) -> None:
    """Refuse a form that another page made.

    Args:
        call: the request.
        purpose: of the form.
        secret: the cookie that the form belongs to; None when it was not sent.
        given: what the form carries.

    Raises:
        RefusalError: 403.
    """
    # The host alone: before this server may stand another that speaks https.
    host = urlsplit(call.request.headers.get("origin", call.endpoint)).netloc
    expected = form_token(call, purpose, secret) if secret else ""
    if not secret or host != call.request.url.netloc or not hmac.compare_digest(expected.encode(), given.encode()):
        raise RefusalError(403, "This form has expired or was sent by another page; load the page again")


def set_cookie(call: Call, response: Response, name: str, value: str, *, lifetime_s: int | None) -> None:
    """Set a cookie that no script reads and no other site sends.

    Args:
        call: the request.
        response: what carries it.
        name: of the cookie.
        value: its content.
        lifetime_s: None until the browser is closed; 0 removes it.
    """
    secure = call.request.url.scheme == "https"
    response.set_cookie(name, value, max_age=lifetime_s, path="/", httponly=True, samesite="strict", secure=secure)
