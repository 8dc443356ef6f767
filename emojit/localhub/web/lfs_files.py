"""The large files of a repository: listing them and deleting them for good. Both are for those who write to it, since they show what history hides."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from emojit.localhub.refusal import gated, malformed
from emojit.localhub.registry import LargeFileRecord, RepoRecord, visible_or_refuse
from emojit.localhub.rewriting import forget_large_files
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import REPO_TYPES, Call, objects, text

_PAGE = 1000
_MAX_DELETIONS = 1000


def list_files(call: Call) -> Response:
    """`GET /api/{types}/{id}/lfs-files`: every large file that was ever committed, also if no commit names it any more."""
    record = call.writable_repo()
    found = call.hub.registry.large_files(record.key)
    names = _present_names(call, record) if any(item.path is None for item in found) else {}
    items = [
        _item(item, path, reference, size)
        for item in found
        for path, reference in [(item.path, item.reference) if item.path else names.get(item.sha256, (None, None))]
        if path and (size := call.hub.large_files.size(item.sha256)) is not None
    ]
    shown, headers = page(call.request, items, size=_PAGE)
    return JSONResponse(list(shown), headers=headers)


def delete_files(call: Call) -> Response:
    """`POST /api/{types}/{id}/lfs-files/batch`: no reader of this repository gets these contents any more.

    The space on disk is not given back here: other repositories may hold the same content.
    """
    record = call.writable_repo()
    deletions = call.json().get("deletions")
    sha256s = deletions.get("sha") if isinstance(deletions, dict) else None
    if not isinstance(sha256s, list) or not all(isinstance(item, str) for item in sha256s):
        raise malformed("'deletions.sha' must be a list of strings")
    if len(sha256s) > _MAX_DELETIONS:
        raise malformed(f"At most {_MAX_DELETIONS} files per request")
    assert isinstance(deletions, dict)
    with call.hub.repositories.change(record) as git:
        if deletions.get("rewriteHistory") is True:
            call.hub.discussions.replace_commits(record.key, forget_large_files(git, set(sha256s)))
        call.hub.registry.revoke(record.key, sha256s)
    return ok()


def duplicate(call: Call) -> Response:
    """`POST /api/{types}/{id}/lfs-files/duplicate`: another repository may point to large files of this one, so that a commit can copy them.

    Whoever asks must be able to read here and to write there.
    """
    record = call.repo()
    if not record.files_open_to(call.user()):
        raise gated(record.type, record.id)
    data = call.json()
    target = data.get("target")
    if not isinstance(target, dict):
        raise malformed("'target' must be an object")
    type_ = REPO_TYPES.get(f"{text(target, 'type')}s")
    namespace, _, name = text(target, "name").partition("/")
    found = call.hub.registry.find(type_, namespace, name) if type_ else None
    destination = visible_or_refuse(found, call.caller)
    call.check_write(destination)
    failed = []
    for item in objects(data, "files"):
        sha256 = text(item, "sha256")
        if call.hub.large_files.has(record.key, sha256):
            call.hub.registry.grant(destination.key, sha256)
        else:
            failed.append({"sha256": sha256, "error": "not a file of the source repository"})
    return ok({"failed": failed})


def _present_names(call: Call, record: RepoRecord) -> dict[str, tuple[str, str]]:
    """Path and branch by sha256 of the large files that a branch has now: stores of the first release noted no names."""
    with call.hub.repositories.open(record) as git:
        return {
            pointer.sha256: (entry.path, f"refs/heads/{branch}")
            for branch, head in git.references("heads").items()
            for entry in git.files(head)
            if (pointer := git.facts(entry.oid)[1])
        }


def _item(item: LargeFileRecord, path: str, reference: str | None, size: int) -> dict[str, object]:
    return {
        "oid": item.sha256,
        "fileOid": item.sha256,
        "filename": path,
        "size": size,
        "pushedAt": item.pushed or "1970-01-01T00:00:00.000Z",
        "ref": reference,
    }
