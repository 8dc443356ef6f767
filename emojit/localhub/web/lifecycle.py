"""Creating, deleting, moving and configuring repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from starlette.responses import Response

from emojit.localhub.card_rules import LICENSES
from emojit.localhub.names import check_name, check_path
from emojit.localhub.permissions import Caller
from emojit.localhub.refusal import RefusalError, gated, malformed
from emojit.localhub.registry import (
    RepoRecord,
    RepoType,
    already_exists,
    new_record,
    visible_or_refuse,
)
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import REPO_TYPES, Call, objects, optional_text, text
from emojit.localhub.web.commit import file_content


def create(call: Call) -> Response:
    """`POST /api/repos/create`."""
    data = call.json()
    type_, namespace, name = _named(call, data)
    call.check_create(namespace)
    namespace = _spelling(call, namespace)
    check_name(name, what="repository")
    sdk = optional_text(data, "sdk")
    existing = call.hub.registry.find(type_, namespace, name)
    if existing:
        raise _with_url(call, already_exists(existing.id), existing)
    record = new_record(type_, namespace, name, private=_private(data) or False, sdk=sdk)
    files = _first_readme(data, type_, name, sdk)
    files |= {check_path(item.get("path")): file_content(item) for item in _files(data)}
    try:
        call.hub.repositories.create(record, files)
    except RefusalError as exc:
        raise _with_url(call, exc, record) from exc
    return ok({"url": f"{call.endpoint}/{record.url_path}", "name": record.id, "id": record.key})


def delete(call: Call) -> Response:
    """`DELETE /api/repos/delete`."""
    type_, namespace, name = _named(call, call.json())
    record = visible_or_refuse(call.hub.registry.find(type_, namespace, name), call.caller)
    call.check_write(record)
    call.hub.repositories.delete(record)
    return ok()


def move(call: Call) -> Response:
    """`POST /api/repos/move`: the old id answers with a redirect afterwards."""
    data = call.json()
    type_ = _type(data)
    source, target = text(data, "fromRepo"), text(data, "toRepo")
    namespace, _, name = source.partition("/")
    record = visible_or_refuse(call.hub.registry.find(type_, namespace, name), call.caller)
    call.check_write(record)
    new_namespace, _, new_name = target.partition("/")
    call.check_create(new_namespace)
    new_name = check_name(new_name, what="repository")
    call.hub.registry.move(record, _spelling(call, new_namespace), new_name)
    return ok()


def settings(call: Call) -> Response:
    """`PUT /api/{types}/{id}/settings`: visibility and gate."""
    record = call.writable_repo()
    data = call.json()
    private = _private(data)
    if private is not None:
        call.hub.registry.set_private(record.key, private)
    if "gated" in data:
        gated = data["gated"]
        if gated not in ("auto", "manual", False, None):
            raise malformed("'gated' must be 'auto', 'manual' or false")
        call.hub.registry.set_gated(record.key, cast("str", gated) or None)
    return ok({"private": private, "gated": data.get("gated", record.gated or False)})


def auth_check(call: Call) -> Response:
    """`GET /api/{types}/{id}/auth-check`: may the caller read the files of this repository?"""
    record = call.repo()
    if not record.files_open_to(call.caller):
        raise gated(record.type, record.id)
    return ok()


def auth_check_write(call: Call) -> Response:
    """`GET /api/{types}/{id}/auth-check/write`: may the caller write to it?"""
    call.writable_repo()
    return ok()


def _named(call: Call, data: Mapping[str, object]) -> tuple[RepoType, str, str]:
    """Type, namespace and name of a body; without an organisation the caller's own namespace is meant."""
    caller: Caller = call.user()
    return _type(data), optional_text(data, "organization") or caller.user, text(data, "name")


def _first_readme(data: Mapping[str, object], type_: RepoType, name: str, sdk: str | None) -> dict[str, bytes]:
    """The README.md that a repository begins with: a Space says what it is made with, and who names a licence gets it written down."""
    license_ = optional_text(data, "license")
    if license_ is not None and license_ not in LICENSES:
        raise malformed(f"Unknown license {license_!r}")
    lines = [f"title: {name}", f"sdk: {sdk}"] if type_ == "space" and sdk else []
    lines += [f"license: {license_}"] if license_ else []
    return {"README.md": "\n".join(["---", *lines, "---", ""]).encode()} if lines else {}


def _files(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The files of the first commit, which the JavaScript client sends along."""
    return objects(data, "files") if data.get("files") is not None else []


def _spelling(call: Call, namespace: str) -> str:
    """The namespace as its owner spells it; the caller was just found to write to it, so it exists."""
    return call.hub.accounts.namespace(namespace) or namespace


def _type(data: Mapping[str, object]) -> RepoType:
    given = optional_text(data, "type") or "model"
    type_ = REPO_TYPES.get(f"{given}s")
    if type_ is None:
        raise malformed(f"Unknown repository type {given!r}")
    return type_


def _private(data: Mapping[str, object]) -> bool | None:
    """huggingface_hub 2 sends `visibility`, older releases `private`."""
    visibility = optional_text(data, "visibility")
    if visibility is not None:
        return visibility != "public"
    private = data.get("private")
    return private if isinstance(private, bool) else None


def _with_url(call: Call, error: RefusalError, record: RepoRecord) -> RefusalError:
    """With `exist_ok=True` the client reads the address out of the refusal."""
    error.body["url"] = f"{call.endpoint}/{record.url_path}"
    return error
