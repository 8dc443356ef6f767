"""One request with everything a handler needs to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

from starlette.requests import Request

from emojit.localhub.access_requests import AccessRequests
from emojit.localhub.accounts import Accounts
from emojit.localhub.discussions import Discussions
from emojit.localhub.lfs import LargeFiles
from emojit.localhub.markdown import Markdown
from emojit.localhub.permissions import Caller
from emojit.localhub.preview.runner import Previews
from emojit.localhub.refusal import (
    RefusalError,
    foreign_namespace,
    gated,
    login_required,
    malformed,
    out_of_scope,
    read_only_token,
)
from emojit.localhub.registry import Registry, RepoRecord, RepoType, visible_or_refuse
from emojit.localhub.repositories import Repositories
from emojit.localhub.store import Store
from emojit.localhub.web.attempts import Attempts
from emojit.localhub.web.json_input import MAX_INTEGER, parse_json
from emojit.localhub.web.sessions import Sessions
from emojit.localhub.xet_uploads import XetUploads

REPO_TYPES: Mapping[str, RepoType] = {"models": "model", "datasets": "dataset", "spaces": "space"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The parts of the embedded Hub that handlers work with."""

    store: Store
    accounts: Accounts
    registry: Registry
    access_requests: AccessRequests
    discussions: Discussions
    repositories: Repositories
    large_files: LargeFiles
    xet_uploads: XetUploads
    attempts: Attempts = field(default_factory=Attempts)
    """The failed logins of late."""
    sessions: Sessions = field(default_factory=Sessions)
    """Who is logged in with a browser."""
    previews: Previews = field(default_factory=Previews)
    markdown: Markdown = field(default_factory=Markdown)
    xet_downloads: bool = True
    """Whether clients are told that they may download by Xet."""


class MovedError(RefusalError):
    """307: the repository has another id now."""

    def __init__(self, location: str) -> None:
        super().__init__(307, "This repository has moved", headers={"Location": location})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request on its way to a handler."""

    hub: Hub
    request: Request
    values: Mapping[str, str]
    """Placeholders of the route, unquoted."""
    caller: Caller | None
    """Who asks; None without a token."""
    body: bytes = b""
    """The request body; empty for handlers that stream it."""

    @property
    def endpoint(self) -> str:
        """Scheme, host and port by which the client reached this Hub."""
        return str(self.request.base_url).rstrip("/")

    def json(self) -> Mapping[str, object]:
        """The body as a JSON object.

        Raises:
            RefusalError: 400, it is something else.
        """
        data = parse_json(self.body or b"{}", what="The body")
        if not isinstance(data, dict):
            raise malformed("The body is not a JSON object")
        return cast("Mapping[str, object]", data)

    def user(self) -> Caller:
        """Who asks.

        Raises:
            RefusalError: 401, nobody is logged in.
        """
        if self.caller is None:
            raise login_required()
        return self.caller

    def repo(self) -> RepoRecord:
        """The repository that the path names, if the caller may read it.

        Raises:
            RefusalError: 404, or 307 to its present id.
        """
        type_ = REPO_TYPES[self.values["types"]]
        namespace, name = self.values["namespace"], self.values["name"]
        record = self.hub.registry.find(type_, namespace, name)
        if record is None:
            moved = visible_or_refuse(self.hub.registry.find_former(type_, namespace, name), self.caller)
            raise MovedError(self._location(namespace, name, moved))
        return visible_or_refuse(record, self.caller)

    def writable_repo(self) -> RepoRecord:
        """The repository that the path names, if the caller may write to it.

        Raises:
            RefusalError: 404 when it is hidden, 401 without a token, 403 for others' repositories and read tokens.
        """
        record = self.repo()
        self.check_write(record)
        return record

    def proposable_repo(self) -> RepoRecord:
        """The repository that the path names, if the caller may discuss it and open pull requests.

        Everybody who reads it may, with a token that writes.

        Raises:
            RefusalError: 404 when it is hidden, 401 without a token, 403 for read tokens and before the gate of a gated repository.
        """
        record = self.repo()
        caller = self.user()
        if caller.role == "read":
            raise read_only_token()
        if not record.files_open_to(caller):
            raise gated(record.type, record.id)
        if not caller.may_discuss(record):
            raise out_of_scope()
        return record

    def check_write(self, record: RepoRecord) -> Caller:
        """Refuse a caller who may not change a repository.

        Raises:
            RefusalError: 401 or 403.
        """
        return self._check(record.namespace, lambda caller: caller.may_write(record))

    def check_create(self, namespace: str) -> Caller:
        """Refuse a caller who may not add repositories to `namespace`.

        Raises:
            RefusalError: 401 or 403.
        """
        return self._check(namespace, lambda caller: caller.may_create_in(namespace))

    def _check(self, namespace: str, may: Callable[[Caller], bool]) -> Caller:
        caller = self.user()
        if not caller.owns(namespace):
            raise foreign_namespace(namespace)
        if not may(caller):
            raise read_only_token() if caller.role == "read" else out_of_scope()
        return caller

    def _location(self, namespace: str, name: str, record: RepoRecord) -> str:
        """The path and query of this request with the new id; relative, since clients follow only those on every route."""
        raw_path = cast("bytes", self.request.scope["raw_path"]).decode("ascii")
        old, new = f"/{quote(namespace)}/{quote(name)}", f"/{record.id}"
        query = self.request.url.query
        return raw_path.replace(old, new, 1) + (f"?{query}" if query else "")


def text(data: Mapping[str, object], key: str) -> str:
    """A required text field of a JSON body.

    Raises:
        RefusalError: 400, missing or no text.
    """
    value = data.get(key)
    if not isinstance(value, str):
        raise malformed(f"'{key}' must be a string")
    return value


def optional_text(data: Mapping[str, object], key: str) -> str | None:
    """A text field of a JSON body that may be missing or null.

    Raises:
        RefusalError: 400, it is something else.
    """
    return None if data.get(key) is None else text(data, key)


def objects(data: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """A required list of objects of a JSON body.

    Raises:
        RefusalError: 400, missing or of another type.
    """
    value = data.get(key)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise malformed(f"'{key}' must be a list of objects")
    return cast("list[Mapping[str, object]]", value)


def number(data: Mapping[str, object], key: str) -> int:
    """A required count or size of a JSON body.

    Raises:
        RefusalError: 400, missing, negative, no integer or a larger one than can be stored.
    """
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        raise malformed(f"'{key}' must be a non-negative integer")
    return value
