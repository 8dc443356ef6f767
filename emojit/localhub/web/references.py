"""Branches, tags and history."""

from __future__ import annotations

from typing import Literal

from starlette.responses import JSONResponse, Response

from emojit.localhub.git import DEFAULT_BRANCH, GitRepository
from emojit.localhub.names import check_ref_name
from emojit.localhub.refusal import RefusalError, reference_exists
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import Call, optional_text, text
from emojit.localhub.web.files import iso
from emojit.localhub.web.targets import check_active, write_target

_PAGE = 1000


def list_refs(call: Call) -> Response:
    """`GET /api/{types}/{id}/refs`."""
    with call.hub.repositories.open(call.repo()) as git:
        lists = {"branches": _refs(git, "heads"), "tags": _refs(git, "tags"), "converts": []}
        if call.request.query_params.get("include_prs") in {"1", "true"}:
            lists["pullRequests"] = _refs(git, "pr")
    return ok(lists)


def _refs(git: GitRepository, kind: Literal["heads", "tags", "pr"]) -> list[dict[str, str]]:
    return [
        {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit}
        for name, commit in git.references(kind).items()
    ]


def list_commits(call: Call) -> Response:
    """`GET /api/{types}/{id}/commits/{revision}`, newest first."""
    with call.hub.repositories.open(call.repo()) as git:
        commits = list(git.history(git.resolve(call.values["revision"])))
    shown, headers = page(call.request, commits, size=_PAGE)
    formatted = "formatted" in call.request.query_params.getlist("expand[]")
    items = [
        {
            "id": commit.id,
            "title": commit.title,
            "message": commit.message,
            "date": iso(commit.time),
            "authors": [{"user": commit.author}],
            **({"formatted": {"title": commit.title, "message": commit.message}} if formatted else {}),
        }
        for commit in shown
    ]
    return JSONResponse(items, headers=headers)


def create_branch(call: Call) -> Response:
    """`POST /api/{types}/{id}/branch/{branch}`, from `startingPoint` or the head of `main`, or without files (`emptyBranch`)."""
    record = call.writable_repo()
    branch = check_ref_name(call.values["branch"])
    data = call.json()
    start = optional_text(data, "startingPoint")
    is_empty, overwrite = data.get("emptyBranch") is True, data.get("overwrite") is True
    with call.hub.repositories.change(record) as git:
        if branch in git.references("heads"):
            if not overwrite:
                raise reference_exists(f"refs/heads/{branch}")
            if not is_empty and start is None:
                return ok()  # nothing says what it should become
            if branch == DEFAULT_BRANCH:
                raise RefusalError(403, f"Cannot overwrite refs/heads/{DEFAULT_BRANCH}: it is the default branch")
        if is_empty:
            commit = git.write_commit(git.edit(None), parent=None, author=call.user().user, message="initial commit")
        else:
            commit = git.resolve(start or DEFAULT_BRANCH)
        git.move_reference(f"refs/heads/{branch}", commit)
    return ok()


def delete_branch(call: Call) -> Response:
    """`DELETE /api/{types}/{id}/branch/{branch}`."""
    record = call.writable_repo()
    branch = call.values["branch"]
    if branch == DEFAULT_BRANCH:
        raise RefusalError(403, f"Cannot delete refs/heads/{DEFAULT_BRANCH}: it is the default branch")
    with call.hub.repositories.change(record) as git:
        git.drop_reference("heads", branch)
    return ok()


def create_tag(call: Call) -> Response:
    """`POST /api/{types}/{id}/tag/{revision}`. A tag is never moved: an existing one is a conflict."""
    record = call.writable_repo()
    data = call.json()
    message = optional_text(data, "message")
    with call.hub.repositories.change(record) as git:
        commit = git.resolve(call.values["revision"])  # before the name: clients tell the two refusals apart
        tag = check_ref_name(text(data, "tag"))
        if tag in git.references("tags"):
            raise reference_exists(f"refs/tags/{tag}")
        git.add_tag(tag, commit, message=message, author=call.user().user)
    return ok()


def delete_tag(call: Call) -> Response:
    """`DELETE /api/{types}/{id}/tag/{revision}`; the segment names the tag here."""
    record = call.writable_repo()
    with call.hub.repositories.change(record) as git:
        git.drop_reference("tags", call.values["revision"])
    return ok()


def super_squash(call: Call) -> Response:
    """`POST /api/{types}/{id}/super-squash/{revision}`: a branch or pull request becomes one commit without parents."""
    target = write_target(call)
    with call.hub.repositories.change(target.record) as git:
        check_active(call, target)
        message = optional_text(call.json(), "message") or f"Super-squash branch '{call.values['revision']}'"
        head = git.head(target.reference)
        commit = git.write_commit(git.edit(head), parent=None, author=call.user().user, message=message)
        git.move_reference(target.reference, commit)
    return ok()
