"""Users and organisations as others see them, and what the repositories of one take on disk."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from emojit.localhub.git import DEFAULT_BRANCH
from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import REPO_TYPES, Call
from emojit.localhub.web.files import iso

_PAGE = 500


def user_overview(call: Call) -> Response:
    """`GET /api/users/{user}/overview`, with the numbers of repositories that the caller may see."""
    name = call.values["user"]
    if not call.hub.accounts.has_user(name):
        raise RefusalError(404, "This user does not exist")
    name = call.hub.accounts.namespace(name) or name
    return ok({"type": "user", "user": name, "fullname": name, "avatarUrl": "", "isPro": False, **_counts(call, name)})


def organization_overview(call: Call) -> Response:
    """`GET /api/organizations/{namespace}/overview`, with the numbers of repositories that the caller may see."""
    name = _organization(call)
    members = len(call.hub.accounts.members(name))
    about = {"type": "org", "name": name, "fullname": name, "avatarUrl": "", "numUsers": members}
    return ok({**about, **_counts(call, name)})


def list_members(call: Call) -> Response:
    """`GET /api/organizations/{namespace}/members`, for who is logged in."""
    call.user()
    names = list(call.hub.accounts.members(_organization(call)))
    shown, headers = page(call.request, names, size=_PAGE)
    members = [{"type": "user", "user": name, "fullname": name, "avatarUrl": "", "isPro": False} for name in shown]
    return JSONResponse(members, headers=headers)


def list_repositories(call: Call) -> Response:
    """`GET /api/settings/repositories`, or of an organisation: its repositories with the bytes of their large files."""
    caller = call.user()
    namespace = _organization(call) if "namespace" in call.values else caller.user
    if namespace != caller.user and namespace not in caller.memberships:
        raise RefusalError(403, f"You are no member of {namespace!r}")
    found = [(record, _large_bytes(call, record)) for record in _visible(call, namespace)]
    total = sum(size for _, size in found) or 1
    shown, headers = page(call.request, found, size=_PAGE)
    items = [
        {
            "id": record.id,
            "type": record.type,
            "updatedAt": _updated(call, record),
            "visibility": "private" if record.private else "public",
            "storage": size,
            "storagePercent": 100 * size / total,
        }
        for record, size in shown
    ]
    return JSONResponse(items, headers=headers)


def _organization(call: Call) -> str:
    name = call.hub.accounts.namespace(call.values["namespace"])
    if name is None or call.hub.accounts.has_user(name):
        raise RefusalError(404, "This organization does not exist")
    return name


def _visible(call: Call, namespace: str) -> list[RepoRecord]:
    records = (record for type_ in REPO_TYPES.values() for record in call.hub.registry.all(type_))
    return [record for record in records if record.namespace == namespace and record.visible_to(call.caller)]


def _counts(call: Call, namespace: str) -> dict[str, int]:
    types = [record.type for record in _visible(call, namespace)]
    return {f"num{types_.capitalize()}": types.count(type_) for types_, type_ in REPO_TYPES.items()}


def _large_bytes(call: Call, record: RepoRecord) -> int:
    sizes = (call.hub.large_files.size(item.sha256) for item in call.hub.registry.large_files(record.key))
    return sum(size or 0 for size in sizes)


def _updated(call: Call, record: RepoRecord) -> str:
    with call.hub.repositories.open(record) as git:
        return iso(git.commit_facts(git.head(f"refs/heads/{DEFAULT_BRANCH}")).time)
