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
    """`POST /api/{types}/{id}/branch/{branch}`, from `startingPoint` or the head of `main`."""
    record = call.writable_repo()
    branch = check_ref_name(call.values["branch"])
    start = optional_text(call.json(), "startingPoint") or DEFAULT_BRANCH
    with call.hub.repositories.change(record) as git:
        if branch in git.references("heads"):
            raise reference_exists(f"refs/heads/{branch}")
        git.move_reference(f"refs/heads/{branch}", git.resolve(start))
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
    tag = check_ref_name(text(data, "tag"))
    message = optional_text(data, "message")
    with call.hub.repositories.change(record) as git:
        commit = git.resolve(call.values["revision"])
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
