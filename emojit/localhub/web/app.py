"""The ASGI application: routes, authentication, and the one place where a refusal becomes a response."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emojit.localhub.git_serve import MAX_REQUEST_BYTES
from emojit.localhub.listening import Address
from emojit.localhub.permissions import Caller
from emojit.localhub.refusal import RefusalError, bad_token, malformed, repo_not_found
from emojit.localhub.store import is_disk_full
from emojit.localhub.web import (
    access_requests,
    commit,
    discussions,
    files,
    git_transfer,
    identity,
    info,
    lfs_files,
    lfs_multipart,
    lfs_transfer,
    lifecycle,
    mirror,
    people,
    preupload,
    references,
    resolve,
    xet_download,
    xet_transfer,
)
from emojit.localhub.web.answers import refused
from emojit.localhub.web.call import REPO_TYPES, Call, Hub
from emojit.localhub.web.pages.routes import page_router
from emojit.localhub.web.pages.showing import asset
from emojit.localhub.web.routing import Router
from emojit.localhub.web.sessions import session_of
from emojit.localhub.web.streams import receive

_MAX_BODY_BYTES = 1024 * 1024
"""Of a body that a handler gets whole, unless `_LONG_BODIES` says otherwise. As objects a JSON text can take twenty times its length."""
_LONG_BODIES_AT_ONCE = 4
"""How many handlers with a body above `_MAX_BODY_BYTES` run at the same time; the others wait."""

Handler: TypeAlias = Callable[[Call], Response] | Callable[[Call], Awaitable[Response]]


def _routes() -> Router[Handler]:
    router: Router[Handler] = Router()
    router.add("api/whoami-v2", {"GET": identity.whoami})
    router.add("api/validate-yaml", {"POST": identity.validate_yaml})
    router.add("api/repos/create", {"POST": lifecycle.create})
    router.add("api/repos/delete", {"DELETE": lifecycle.delete})
    router.add("api/repos/move", {"POST": lifecycle.move})
    router.add("api/settings/repositories", {"GET": people.list_repositories})
    router.add("api/users/{user}/overview", {"GET": people.user_overview})
    router.add("api/organizations/{namespace}/overview", {"GET": people.organization_overview})
    router.add("api/organizations/{namespace}/members", {"GET": people.list_members})
    router.add("api/organizations/{namespace}/settings/repositories", {"GET": people.list_repositories})
    router.add("api/local/mirror", {"GET": mirror.about})
    router.add("api/local/lfs/{key}/{sha256}", {"PUT": lfs_transfer.upload, "GET": lfs_transfer.download})
    router.add("api/local/lfs/{key}/{sha256}/verify", {"POST": lfs_transfer.verify})
    multipart: Mapping[str, Handler] = {"PUT": lfs_multipart.upload_part, "POST": lfs_multipart.complete}
    router.add("api/local/lfs/{key}/{sha256}/multipart/{upload}/{part}", multipart)
    router.add("api/local/xet/{key}/{upload}/v1/xorbs/default/{hash}", {"POST": xet_transfer.upload_xorb})
    router.add("api/local/xet/{key}/{upload}/v1/shards", {"POST": xet_transfer.upload_shard})
    router.add("api/local/xet-read/{key}/v1/reconstructions/{hash}", {"GET": xet_download.reconstruction})
    router.add("api/local/xet-data/{key}/{hash}/{number}", {"GET": xet_download.xorb})
    for name in ("style.css", "icon.svg"):
        router.add(f"api/local/pages/{name}", {"GET": asset}, asset=name)
    for types, type_ in REPO_TYPES.items():
        router.add(f"api/{types}", {"GET": info.list_repos}, types=types)
        for pattern, handlers in _API_ROUTES.items():
            router.add(f"api/{types}/{{namespace}}/{{name}}{pattern}", handlers, types=types)
        web = "" if type_ == "model" else f"{types}/"
        router.add(
            f"{web}{{namespace}}/{{name}}/resolve/{{revision}}/{{path*}}", {"GET": resolve.resolve}, types=types
        )
        router.add(
            f"{web}{{namespace}}/{{name}}/raw/{{revision}}/{{path*}}", {"GET": resolve.resolve}, types=types, raw="1"
        )
        router.add(
            f"{web}{{namespace}}/{{name}}.git/info/lfs/objects/batch", {"POST": lfs_transfer.batch}, types=types
        )
        for suffix in (".git", ""):
            git = f"{web}{{namespace}}/{{name}}{suffix}"
            router.add(f"{git}/info/refs", {"GET": git_transfer.info_refs}, types=types)
            router.add(f"{git}/git-upload-pack", {"POST": git_transfer.upload_pack}, types=types)
            router.add(f"{git}/git-receive-pack", {"POST": git_transfer.receive_pack}, types=types)
    return router


_API_ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "": {"GET": info.repo_info},
    "/revision/{revision}": {"GET": info.repo_info},
    "/tree/{revision}": {"GET": files.tree},
    "/tree/{revision}/{path*}": {"GET": files.tree},
    "/paths-info/{revision}": {"POST": files.paths_info},
    "/refs": {"GET": references.list_refs},
    "/commits/{revision}": {"GET": references.list_commits},
    "/branch/{branch}": {"POST": references.create_branch, "DELETE": references.delete_branch},
    "/tag/{revision}": {"POST": references.create_tag, "DELETE": references.delete_tag},
    "/super-squash/{revision}": {"POST": references.super_squash},
    "/preupload/{revision}": {"POST": preupload.preupload},
    "/commit/{revision}": {"POST": commit.commit},
    "/xet-write-token/{revision}": {"GET": xet_transfer.write_token},
    "/xet-read-token/{revision}": {"GET": xet_download.read_token},
    "/discussions": {"GET": discussions.list_discussions, "POST": discussions.create},
    "/discussions/{number}": {"GET": discussions.details},
    "/discussions/{number}/comment": {"POST": discussions.comment},
    "/discussions/{number}/comment/{comment}/edit": {"POST": discussions.edit_comment},
    "/discussions/{number}/comment/{comment}/hide": {"POST": discussions.hide_comment},
    "/discussions/{number}/title": {"POST": discussions.rename},
    "/discussions/{number}/status": {"POST": discussions.change_status},
    "/discussions/{number}/merge": {"POST": discussions.merge_pull_request},
    "/lfs-files": {"GET": lfs_files.list_files},
    "/lfs-files/batch": {"POST": lfs_files.delete_files},
    "/lfs-files/duplicate": {"POST": lfs_files.duplicate},
    "/user-access-request/grant": {"POST": access_requests.grant},
    "/user-access-request/handle": {"POST": access_requests.handle},
    "/user-access-request/{status}": {"GET": access_requests.list_requests},
    "/settings": {"PUT": lifecycle.settings},
    "/auth-check": {"GET": lifecycle.auth_check},
    "/mirror": {"GET": mirror.state, "POST": mirror.take},
    "/auth-check/write": {"GET": lifecycle.auth_check_write},
}
"""Handlers below `/api/{types}/{namespace}/{name}`."""

_GIT = (git_transfer.info_refs, git_transfer.upload_pack, git_transfer.receive_pack, lfs_transfer.batch)
"""Handlers that git and git-lfs call, which can send a token only as a password. Nowhere else a password counts: a browser remembers one and sends it
with every request, also with those that another site makes it send."""

_OWN_AUTHENTICATION = (
    lfs_transfer.upload,
    lfs_transfer.download,
    lfs_multipart.upload_part,
    lfs_multipart.complete,
    xet_transfer.upload_xorb,
    xet_transfer.upload_shard,
    xet_download.reconstruction,
    xet_download.xorb,
)
"""Handlers whose permission is in the URL or in a token of another kind."""


_LONG_BODIES: Mapping[Handler, int] = {
    identity.validate_yaml: 8 * 1024 * 1024,  # a card
    lifecycle.create: 16 * 1024 * 1024,  # the first files
    preupload.preupload: 8 * 1024 * 1024,  # 512 bytes of each file
    files.paths_info: 4 * 1024 * 1024,
    lfs_files.delete_files: 4 * 1024 * 1024,
    lfs_files.duplicate: 4 * 1024 * 1024,
    git_transfer.upload_pack: MAX_REQUEST_BYTES,
}
"""What a body may hold where clients send long ones (bytes). Files come by handlers that write them to disk piece by piece."""


class Application:
    """The embedded Hub as an ASGI application."""

    def __init__(self, hub: Hub, address: Address) -> None:
        self._hub = hub
        self._address = address
        self._router = _routes()
        self._pages = page_router()
        self._long_bodies = asyncio.Semaphore(_LONG_BODIES_AT_ONCE)

    async def __call__(self, scope: Scope, receive_event: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if self._address.public_host and Request(scope).headers.get("host", "").lower() == self._address.public_host:
            scope = {**scope, "scheme": self._address.public_scheme}  # said by who started the Hub, not by the request
        try:
            response = await self._answer(Request(scope, receive_event))
        except ClientDisconnect:
            return
        except RefusalError as exc:
            response = refused(exc)
        except (OSError, sqlite3.OperationalError) as exc:
            if not is_disk_full(exc):
                raise
            response = refused(RefusalError(507, "The disk of the Hub is full"))
        response.headers["X-Request-Id"] = secrets.token_hex(8)  # clients print it in their errors
        await response(scope, receive_event, send)

    async def _answer(self, request: Request) -> Response:
        try:
            hostname = urlsplit(f"//{request.headers.get('host', '')}").hostname
        except ValueError:
            raise malformed("The Host header cannot be read") from None
        if not self._address.answers_to(hostname):
            raise RefusalError(421, "This Hub answers only to 127.0.0.1; start it with --public-url for another name")
        handler, values, is_page = self._find(request)
        caller = None
        if handler not in _OWN_AUTHENTICATION:
            caller = await run_in_threadpool(self._caller, request, handler, is_page=is_page)
        call = Call(hub=self._hub, request=request, values=values, caller=caller)
        if inspect.iscoroutinefunction(handler):
            return await cast("Callable[[Call], Awaitable[Response]]", handler)(call)
        body = bytearray()
        await receive(request, body.extend, limit=_LONG_BODIES.get(handler, _MAX_BODY_BYTES))
        whole_body = cast("Callable[[Call], Response]", handler)
        async with self._long_bodies if len(body) > _MAX_BODY_BYTES else contextlib.nullcontext():
            call = Call(hub=self._hub, request=request, values=values, caller=caller, body=bytes(body))
            del body
            return await run_in_threadpool(whole_body, call)

    def _find(self, request: Request) -> tuple[Handler, dict[str, str], bool]:
        """The handler, the values of its placeholders, and whether it is a page."""
        method = "GET" if request.method == "HEAD" else request.method
        fits = False
        for handlers, values in self._router.find(request.scope["raw_path"]):
            fits = True
            if method in handlers:
                return handlers[method], values, False
        if fits:
            raise RefusalError(405, f"{request.method} is not possible here")
        if not request.url.path.startswith("/api/"):
            for pages, values in self._pages.find(request.scope["raw_path"]):
                if method in pages:
                    return pages[method], values, True
        raise _unknown_route(request)

    def _caller(self, request: Request, handler: Handler, *, is_page: bool) -> Caller | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            # A browser sends its cookie with whatever a page asks for, so it counts for pages and for the files that they show, never for the API.
            session = session_of(request) if is_page or handler is resolve.resolve else None
            session_token = self._hub.sessions.token(session) if session else None
            return self._hub.accounts.caller(session_token) if session_token else None
        if scheme.lower() == "basic" and handler in _GIT:
            token = _password(token)
        elif scheme.lower() != "bearer":
            raise bad_token()
        token = token.strip()
        caller = self._hub.accounts.caller(token)
        if caller is None:
            address = request.client.host if request.client else None
            self._hub.attempts.check(address, token)
            self._hub.attempts.failed(address, token)
            raise bad_token()
        return caller


def _password(credentials: str) -> str:
    """The password of basic authentication; the user name beside it says nothing that the token does not."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        raise bad_token() from None


def _unknown_route(request: Request) -> RefusalError:
    """404. Ids without a namespace, as old models of the public Hub have them, exist here no more than any unknown repository."""
    first, _, rest = request.url.path.strip("/").partition("/")
    is_repo = (first == "api" and rest.partition("/")[0] in REPO_TYPES) or "/resolve/" in request.url.path
    return repo_not_found() if is_repo else RefusalError(404, "Not found")
