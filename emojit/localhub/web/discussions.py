"""Discussions and pull requests over HTTP."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import cast

from starlette.responses import Response

from emojit.localhub.database import now
from emojit.localhub.discussions import Discussion, Event, read_number
from emojit.localhub.git import DEFAULT_BRANCH, GitRepository
from emojit.localhub.git_cache import CommitFacts
from emojit.localhub.pull_requests import NewPullRequest, conflicts, diff, merge, open_pull_request
from emojit.localhub.refusal import RefusalError, malformed
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call, optional_text, text
from emojit.localhub.web.files import iso

_PAGE = 50
_MIN_TITLE, _MAX_TITLE = 3, 200
"""Limits of the public Hub (code points)."""
_MAX_COMMENT = 65_536


def list_discussions(call: Call) -> Response:
    """`GET /api/{types}/{id}/discussions`, newest first."""
    record, query = call.repo(), call.request.query_params
    page, type_, status = query.get("p", "0"), query.get("type", "all"), query.get("status", "all")
    if not page.isdecimal() or len(page) > 9:
        raise malformed("'p' must be a page number")
    states = {"open": {"open", "draft"}, "closed": {"closed", "merged"}}.get(status)
    found = [
        discussion
        for discussion in call.hub.discussions.of(record.key)
        if type_ == "all" or discussion.is_pull_request == (type_ == "pull_request")
        if states is None or discussion.status in states
        if query.get("author", discussion.author).lower() == discussion.author.lower()
    ]
    start = int(page) * _PAGE
    shown = [_summary(record, discussion) for discussion in found[start : start + _PAGE]]
    return ok({"discussions": shown, "count": len(found), "start": start, "numClosedDiscussions": 0})


def create(call: Call) -> Response:
    """`POST /api/{types}/{id}/discussions`: a pull request begins as a draft without commits."""
    record, user, data = call.proposable_repo(), call.user().user, call.json()
    title, description = _title(data), _comment(data, "description")
    with call.hub.repositories.change(record) as git:
        if data.get("pullRequest") is True:
            head = git.head(f"refs/heads/{DEFAULT_BRANCH}")
            new = NewPullRequest(
                author=user,
                title=title,
                description=description,
                status="draft",
                base=DEFAULT_BRANCH,
                start=head,
                head=head,
            )
            discussion = open_pull_request(call.hub.discussions, record, git, new)
        else:
            number = call.hub.discussions.next_number(record.key)
            discussion = Discussion(
                key=record.key, number=number, title=title, author=user, created=now(), status="open"
            )
            call.hub.discussions.add(discussion, description)
    return ok({**_summary(record, discussion), "pullRequest": discussion.is_pull_request})


def details(call: Call) -> Response:
    """`GET /api/{types}/{id}/discussions/{number}[?diff=1]`."""
    record = call.repo()
    discussion = _discussion(call, record)
    first, *later = [_event(event) for event in call.hub.discussions.events(discussion)]
    answer = _summary(record, discussion)
    if discussion.is_pull_request:
        with call.hub.repositories.open(record) as git:
            answer |= _changes(git, discussion)
            commits = [_commit(commit) for commit in reversed(git.since(discussion.start, discussion.reference))]
            later = [*commits, *later]
            if call.request.query_params.get("diff") == "1" and record.files_open_to(call.caller):
                answer["diff"] = diff(git, discussion)
    # The sort is stable: of one second, commits come first. Nothing comes before the words that open it.
    answer["events"] = [first, *sorted(later, key=lambda event: str(event["createdAt"]))]
    return ok(answer)


def comment(call: Call) -> Response:
    """`POST …/discussions/{number}/comment`."""
    record = call.proposable_repo()
    discussion = _discussion(call, record)
    event = call.hub.discussions.comment(discussion, call.user().user, _comment(call.json(), "comment", required=True))
    return ok({"newMessage": _event(event)})


def edit_comment(call: Call) -> Response:
    """`POST …/comment/{comment}/edit`, for its author."""
    record = call.proposable_repo()
    event = _comment_event(call, _discussion(call, record))
    if event.author != call.user().user:
        raise RefusalError(403, "Only the author of a comment can edit it")
    if event.data["hidden"]:
        raise RefusalError(409, "A hidden comment cannot be edited")
    changed = call.hub.discussions.edit(event, call.user().user, _comment(call.json(), "content", required=True))
    return ok({"updatedComment": _event(changed)})


def hide_comment(call: Call) -> Response:
    """`POST …/comment/{comment}/hide`, for its author and for those who write to the repository."""
    record = call.proposable_repo()
    event = _comment_event(call, _discussion(call, record))
    if event.author != call.user().user:
        call.check_write(record)
    return ok({"updatedComment": _event(call.hub.discussions.hide(event, call.user().user))})


def rename(call: Call) -> Response:
    """`POST …/discussions/{number}/title`, for its author and for those who write to the repository."""
    discussion = _own_discussion(call)
    event = call.hub.discussions.rename(discussion, call.user().user, _title(call.json()))
    return ok({"newTitle": _event(event)})


def change_status(call: Call) -> Response:
    """`POST …/discussions/{number}/status`: open or close it."""
    data = call.json()
    discussion = _own_discussion(call)
    status = data.get("status")
    if status not in ("open", "closed"):
        raise malformed("'status' must be 'open' or 'closed'")
    with call.hub.repositories.lock(discussion.key):
        present = _again(call, discussion)
        if present.status == "merged":
            raise RefusalError(409, "A merged pull request stays merged")
        if present.status == status:
            raise RefusalError(400, f"This discussion already has status {status}")
        words = _comment(data, "comment")
        event = call.hub.discussions.set_status(present, call.user().user, status, words)
    return ok({"newStatus": _event(event)})


def merge_pull_request(call: Call) -> Response:
    """`POST …/discussions/{number}/merge`, for those who write to the repository."""
    record = call.proposable_repo()
    call.check_write(record)
    discussion = _discussion(call, record)
    if not discussion.is_pull_request:
        raise malformed("A discussion has nothing to merge")
    words, user = _comment(call.json(), "comment"), call.user().user
    with call.hub.repositories.change(record) as git:
        merge(call.hub.discussions, git, _again(call, discussion), user)
    if words:
        call.hub.discussions.comment(discussion, user, words)
    return ok()


def _discussion(call: Call, record: RepoRecord) -> Discussion:
    number = read_number(call.values["number"])
    found = call.hub.discussions.get(record.key, number) if number else None
    if found is None:
        raise RefusalError(404, f"There is no discussion {call.values['number']} in {record.id}")
    return found


def _own_discussion(call: Call) -> Discussion:
    """The discussion that the path names, if the caller opened it or may write to the repository."""
    record = call.proposable_repo()
    discussion = _discussion(call, record)
    if discussion.author != call.user().user:
        call.check_write(record)
    return discussion


def _again(call: Call, discussion: Discussion) -> Discussion:
    """The same discussion, read while the repository's lock is held."""
    present = call.hub.discussions.get(discussion.key, discussion.number)
    assert present is not None  # discussions go only with their repository, which needs the lock
    return present


def _comment_event(call: Call, discussion: Discussion) -> Event:
    found = call.hub.discussions.comment_of(discussion, call.values["comment"])
    if found is None:
        raise RefusalError(404, f"There is no such comment in discussion {discussion.number}")
    return found


def _title(data: Mapping[str, object]) -> str:
    title = " ".join(text(data, "title").split())
    if not _MIN_TITLE <= len(title) <= _MAX_TITLE:
        raise malformed(f"A title has {_MIN_TITLE} to {_MAX_TITLE} characters")
    return title


def _comment(data: Mapping[str, object], key: str, *, required: bool = False) -> str:
    words = (optional_text(data, key) or "").strip()
    if len(words) > _MAX_COMMENT:
        raise malformed(f"A comment has at most {_MAX_COMMENT} characters")
    if required and not words:
        raise malformed("A comment must not be empty")
    return words


def _summary(record: RepoRecord, discussion: Discussion) -> dict[str, object]:
    return {
        "num": discussion.number,
        "title": discussion.title,
        "author": _user(discussion.author),
        "createdAt": discussion.created,
        "status": discussion.status,
        "isPullRequest": discussion.is_pull_request,
        "repo": {"name": record.id, "type": record.type},
        "repoOwner": {"name": record.namespace},
        "pinned": False,
        "locked": False,
    }


def _changes(git: GitRepository, discussion: Discussion) -> dict[str, object]:
    changes = {"base": f"refs/heads/{discussion.base}"}
    if discussion.status == "merged" and discussion.merge_commit:
        changes["mergeCommitId"] = discussion.merge_commit
    return {"changes": changes, "filesWithConflicts": conflicts(git, discussion)}


def _event(event: Event) -> dict[str, object]:
    data: Mapping[str, object] = event.data
    if event.type == "comment":
        versions = [_version(version) for version in cast("list[Mapping[str, str]]", data["versions"])]
        data = {
            "edited": len(versions) > 1,
            "hidden": data["hidden"],
            "latest": versions[-1],
            "history": versions,
            "numEdits": len(versions) - 1,
        }
    return {
        "id": event.id,
        "type": event.type,
        "author": _user(event.author),
        "createdAt": event.created,
        "data": data,
    }


def _version(version: Mapping[str, str]) -> dict[str, object]:
    # What others wrote is shown as they wrote it: escaped, never as HTML of their own.
    shown = f"<p>{html.escape(version['raw'])}</p>"
    return {"raw": version["raw"], "html": shown, "updatedAt": version["at"], "author": _user(version["author"])}


def _commit(commit: CommitFacts) -> dict[str, object]:
    return {
        "id": commit.id[:24],
        "type": "commit",
        "author": _user(commit.author),
        "createdAt": iso(commit.time),
        "data": {"subject": commit.title, "oid": commit.id},
    }


def _user(name: str) -> dict[str, object]:
    return {"name": name, "fullname": name, "type": "user", "isPro": False, "isHf": False}
