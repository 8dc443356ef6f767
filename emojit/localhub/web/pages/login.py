"""Logging in with a token, and out again."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.forms import (
    check_form,
    form_token,
    guest_cookie,
    new_secret,
    read_form,
    set_cookie,
)
from emojit.localhub.web.pages.showing import HEADERS, show
from emojit.localhub.web.sessions import LIFETIME_S, cookie_name, session_of


def login_form(call: Call) -> Response:
    """`GET /login?next=…`."""
    return _form(call, next_page=call.request.query_params.get("next", "/"), problem=None, status=200)


def log_in(call: Call) -> Response:
    """`POST /login`: a form with `token`, `next` and `check`."""
    form = read_form(call)
    check_form(call, "login", call.request.cookies.get(guest_cookie(call)), form.get("check", ""))
    next_page, token = form.get("next", "/"), form.get("token", "").strip()
    address = call.request.client.host if call.request.client else None
    if not token or call.hub.accounts.caller(token) is None:
        try:
            call.hub.attempts.check(address, token)
        except RefusalError as exc:
            response = _form(call, next_page=next_page, problem=exc.message, status=exc.status)
            response.headers.update(exc.headers)
            return response
        call.hub.attempts.failed(address, token)
        return _form(call, next_page=next_page, problem="This Hub does not know this token.", status=401)
    previous = session_of(call.request)
    if previous:
        call.hub.sessions.end(previous)
    response = RedirectResponse(_own(next_page), status_code=303, headers=HEADERS)
    set_cookie(call, response, cookie_name(call.request), call.hub.sessions.begin(token), lifetime_s=LIFETIME_S)
    set_cookie(call, response, guest_cookie(call), "", lifetime_s=0)
    return response


def log_out(call: Call) -> Response:
    """`POST /login/out`: a form with `check`."""
    session = session_of(call.request)
    check_form(call, "logout", session, read_form(call).get("check", ""))
    if session:
        call.hub.sessions.end(session)
    response = RedirectResponse("/", status_code=303, headers=HEADERS)
    set_cookie(call, response, cookie_name(call.request), "", lifetime_s=0)
    return response


def _form(call: Call, *, next_page: str, problem: str | None, status: int) -> Response:
    secret = call.request.cookies.get(guest_cookie(call)) or new_secret()
    values = {"next": _own(next_page), "check": form_token(call, "login", secret), "problem": problem}
    response = show(call, "login.html", values, status=status)
    set_cookie(call, response, guest_cookie(call), secret, lifetime_s=None)
    return response


def _own(address: str) -> str:
    """`address` if it is a path of this Hub, else the first page."""
    is_path = address.startswith("/") and not address.startswith("//") and address.isascii() and address.isprintable()
    return address if is_path and "\\" not in address else "/"
