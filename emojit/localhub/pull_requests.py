"""Pull requests: opening, comparing and merging them, with git and the database kept in step.

A reference below `refs/pr/` exists before its pull request is known, so a crash leaves a reference that nobody knows of, never a pull request without
commits. A merge is announced in the database, then happens in git, then is confirmed; an announcement without confirmation is settled at the next start
by asking the branch. Changes are merged file by file: a file that both sides changed, each its own way, is a conflict.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from emojit.localhub.database import now
from emojit.localhub.discussions import Discussion, Discussions, Status
from emojit.localhub.git import GitRepository
from emojit.localhub.git_writer import GitWriter, put_blob
from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import RepoRecord
from emojit.localhub.repositories import Repositories

_MAX_TITLE = 200
_MAX_DIFF_FILES = 200
_MAX_DIFF_BLOB_BYTES = 64 * 1024
"""Comparing takes time that grows with the square of the length; what is longer is only said to differ, as git says it of binary files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPullRequest:
    """What a pull request begins with."""

    author: str
    title: str
    description: str
    status: Status
    base: str
    """A branch."""
    start: str
    """A commit of that branch."""
    head: str
    """The commit with the changes; `start` when there are none yet."""


def open_pull_request(discussions: Discussions, record: RepoRecord, git: GitWriter, new: NewPullRequest) -> Discussion:
    """Open a pull request; it is on disk when this returns. `git` holds the repository's lock."""
    discussion = Discussion(
        key=record.key,
        number=discussions.next_number(record.key),
        title=new.title[:_MAX_TITLE],
        author=new.author,
        created=now(),
        status=new.status,
        base=new.base,
        start=new.start,
    )
    git.move_reference(discussion.reference, new.head)
    discussions.add(discussion, new.description)
    return discussion


def changes(git: GitRepository, discussion: Discussion) -> Mapping[str, tuple[str | None, str | None]]:
    """The files that a pull request adds, changes or removes: blob ids before and after, None where there is no file."""
    assert discussion.start is not None
    return git.difference(discussion.start, git.head(discussion.reference))


def conflicts(git: GitRepository, discussion: Discussion) -> list[str]:
    """The files of a pull request that its branch has changed meanwhile in another way."""
    if discussion.status == "merged" or not git.has_reference(f"refs/heads/{discussion.base}"):
        return []
    ours = git.head(f"refs/heads/{discussion.base}")
    proposed = changes(git, discussion)
    return [path for path, sides in proposed.items() if _is_conflict(git, ours, proposed, path, sides)]


def _is_conflict(
    git: GitRepository,
    ours: str,
    proposed: Mapping[str, tuple[str | None, str | None]],
    path: str,
    sides: tuple[str | None, str | None],
) -> bool:
    present = git.entry(ours, path)
    if (present.oid if present else None) not in sides:
        return True
    if sides[1] is None:
        return False
    # A file on our side may stand where the proposed file needs a folder, unless the proposal removes it.
    folders = [path[:end] for end, char in enumerate(path) if char == "/"]
    blocking = [entry for folder in folders if (entry := git.entry(ours, folder)) and not entry.is_folder]
    return any(proposed.get(entry.path, ("", ""))[1] is not None for entry in blocking)


def merge(discussions: Discussions, git: GitWriter, discussion: Discussion, user: str) -> None:
    """Put the changes of a pull request on its branch as one commit. `git` holds the repository's lock.

    Raises:
        RefusalError: 409, there are conflicts or it cannot be merged in its state; 404, the branch is gone.
    """
    if discussion.status != "open":
        raise RefusalError(
            409, f"This pull request has the status {discussion.status}; only an open one can be merged"
        )
    branch = f"refs/heads/{discussion.base}"
    ours = git.head(branch)
    in_conflict = conflicts(git, discussion)
    if in_conflict:
        raise RefusalError(
            409, f"This pull request has conflicts with {discussion.base}: {', '.join(in_conflict[:20])}"
        )
    tree = git.edit(ours)
    proposed = changes(git, discussion)
    for path, (_, after) in proposed.items():
        if after is None:
            tree.remove(path)
    for path, (_, after) in proposed.items():
        if after is not None:
            put_blob(tree, path, after)
    commit = git.write_commit(tree, parent=ours, author=user, message=_message(git, discussion, user))
    discussions.begin_merge(discussion, commit)
    git.move_reference(branch, commit)
    discussions.set_status(discussion, user, "merged")


def _message(git: GitRepository, discussion: Discussion, user: str) -> str:
    """In the form that the public Hub gives its merge commits."""
    lines = [f"{discussion.title} (#{discussion.number})", ""]
    lines += [
        f"- {commit.title} ({commit.id})" for commit in reversed(git.since(discussion.start, discussion.reference))
    ]
    if discussion.author != user:
        lines += ["", f"Co-authored-by: {discussion.author} <{discussion.author}@users.noreply.localhost>"]
    return "\n".join(lines)


def diff(git: GitRepository, discussion: Discussion) -> str:
    """The changes of a pull request in git's format; large files as their pointers."""
    out = io.BytesIO()
    for path, (before, after) in list(changes(git, discussion).items())[:_MAX_DIFF_FILES]:
        if all(oid is None or git.facts(oid)[0] <= _MAX_DIFF_BLOB_BYTES for oid in (before, after)):
            git.write_diff(out, path, before, after)
        else:
            out.write(f"diff --git a/{path} b/{path}\nBinary files a/{path} and b/{path} differ\n".encode())
    return out.getvalue().decode("utf-8", errors="replace")


def recover(discussions: Discussions, repositories: Repositories) -> None:
    """Settle what a server that was killed left behind: merges announced and not confirmed, references of pull requests that nobody knows of."""
    for discussion in discussions.merges_under_way():
        record = repositories.registry.by_key(discussion.key)
        assert record is not None  # the database deletes discussions with their repository
        with repositories.open(record) as git:
            branch = f"refs/heads/{discussion.base}"
            head = git.head(branch) if git.has_reference(branch) else None
            history = git.history(head) if head else ()
            merged_by = next((commit.author for commit in history if commit.id == discussion.merge_commit), None)
        if merged_by is None:
            discussions.begin_merge(discussion, None)
        else:
            discussions.set_status(discussion, merged_by, "merged")
    for record in repositories.with_pull_requests():
        known = {str(discussion.number) for discussion in discussions.of(record.key)}
        with repositories.change(record) as git:
            for name in git.references("pr"):
                if name not in known:
                    git.drop_reference("pr", name)
