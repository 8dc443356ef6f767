"""Where an upload goes: to a branch, to the reference of a pull request, or into a new pull request; and who may send it there."""

from __future__ import annotations

from dataclasses import dataclass

from emojit.localhub.discussions import Discussion, read_number
from emojit.localhub.refusal import RefusalError, revision_not_found
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.call import Call

_PULL_REQUESTS = "refs/pr/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an upload goes."""

    record: RepoRecord
    reference: str
    """The full reference that it starts from, and that moves unless a pull request is opened."""
    opens_pull_request: bool = False
    discussion: Discussion | None = None
    """The pull request that the reference belongs to."""

    @property
    def branch(self) -> str:
        """The name of the branch."""
        return self.reference.removeprefix("refs/heads/")


def write_target(call: Call) -> Target:
    """What the path and `create_pr` of a request name, if the caller may write there.

    A branch is for those who may write to the repository. Who merely sees it may open a pull request and add to it afterwards.

    Raises:
        RefusalError: 404 when it is hidden, 401 without a token, 403 for others' repositories and read tokens.
    """
    revision = call.values["revision"]
    if call.request.query_params.get("create_pr") in {"1", "true"}:
        branch = revision.removeprefix("refs/heads/")
        return Target(record=call.proposable_repo(), reference=f"refs/heads/{branch}", opens_pull_request=True)
    if not revision.startswith(_PULL_REQUESTS):
        return Target(record=call.writable_repo(), reference=f"refs/heads/{revision.removeprefix('refs/heads/')}")
    record = call.proposable_repo()
    number = read_number(revision.removeprefix(_PULL_REQUESTS))
    discussion = call.hub.discussions.get(record.key, number) if number else None
    if discussion is None or not discussion.is_pull_request:
        raise revision_not_found(revision)
    if discussion.author != call.user().user:
        call.check_write(record)
    return Target(record=record, reference=revision, discussion=discussion)


def check_active(call: Call, target: Target) -> None:
    """Refuse to add to a pull request that is closed or merged. Ask while holding the repository's lock: a merge needs it, too.

    Raises:
        RefusalError: 403.
    """
    if target.discussion is None:
        return
    present = call.hub.discussions.get(target.record.key, target.discussion.number)
    if present is None or not present.is_active:
        raise RefusalError(403, f"Pull request {target.discussion.number} is closed; reopen it to add commits")
