"""Copying a repository to a Hub that takes no history as it is: one ordinary commit for each tag in order, and one for what came after the last.

Commit ids, authors and dates are new there. The message stays and says which commit it was, by which a second run finds what is there already.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.mirror.copy import prepare
from emojit.mirror.git_fetch import References, references, tag_messages
from emojit.mirror.plan import MAIN, moved_tag, select, source_holding
from emojit.mirror.side import Content, Holding, Side
from emojit.network import hub_progress

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, GitCommitInfo

_MARK = re.compile(r"^Imported from \S+@([0-9a-f]{40})", re.MULTILINE)
_PLACEHOLDER = "initial commit"
_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One commit to make, or one that is there and lacks tags."""

    commit: GitCommitInfo
    """At the source."""
    tags: list[str]
    """That it gets."""
    there: str | None
    """The commit at the target that holds it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlan:
    """What will be done.

    Attributes:
        holding: the repository at the source.
        exists: whether it is at the target.
        head: newest commit of main at the target.
        steps: oldest first.
        messages: words of the tags that have some, by tag.
        kept_tags: tags that are on both sides (count).
        size: of the files that differ between one step and the next (bytes).
    """

    holding: Holding
    exists: bool
    head: str | None
    steps: list[Step]
    messages: dict[str, str] = field(default_factory=dict)
    kept_tags: int = 0
    size: int = 0


def make_commit_plan(source: Side, target: Side, *, branches: Sequence[str]) -> CommitPlan:
    """Look at both sides.

    Raises:
        PublishError: a tag is another one on the other side, main has commits of its own there, or a commit lies beside main.
    """
    if set(branches) - {MAIN}:
        raise source.problem(
            f"{target.endpoint} takes only main and tags, not the branches {', '.join(branches)}",
            hint="leave --branch out",
        )
    holding = source_holding(source)
    there = references(source)
    chosen = select(source, there, ())
    wanted = {*chosen.branches.values(), *(there.commits[name] for name in chosen.tags), *chosen.commits}
    history = _history(source, MAIN)
    if beside := wanted - {commit.commit_id for commit in history}:
        names = sorted(name for name in chosen.tags if there.commits[name] in beside) or sorted(beside)
        raise source.problem(
            f"{', '.join(names)}: not in the history of main, and {target.endpoint} takes only that",
            hint=f"copy single tags with {source.address.id}@TAG",
        )
    exists = target.holding() is not None
    commits = _history(target, MAIN) if exists else []
    copied = {match[1]: commit.commit_id for commit in commits if (match := _MARK.search(commit.message))}
    here = _tags(target) if exists else {}
    head = commits[0].commit_id if commits else None
    untouched = len(commits) == 1 and commits[0].title == _PLACEHOLDER
    if commits and not untouched and head not in copied.values():
        raise target.problem(
            f"main of {target} is commit {head}, which was not copied from here: it is a different repository, or has commits of its own",
            hint="copy under another name with --as; nothing was changed",
        )
    steps = [
        Step(
            commit=commit,
            tags=sorted(name for name in chosen.tags if there.commits[name] == commit.commit_id and name not in here),
            there=copied.get(commit.commit_id),
        )
        for commit in reversed(history)
        if commit.commit_id in wanted
    ]
    _check_tags(source, target, there, here, copied)
    _check_order(source, target, steps)
    return CommitPlan(
        holding=holding,
        exists=exists,
        head=head,
        steps=steps,
        messages=tag_messages(source, there, [name for step in steps for name in step.tags]),
        kept_tags=sum(name in here for name in chosen.tags),
        size=_size(source, steps),
    )


def run_commits(
    source: Side, target: Side, plan: CommitPlan, *, private: bool = False, quiet: bool = False
) -> dict[str, str]:
    """Do what was planned; every commit is read back before it is tagged.

    Args:
        source: where from.
        target: where to.
        plan: of these two.
        private: hide the repository at the target also where the source does not.
        quiet: no progress bar.

    Returns:
        Commit at the target by commit at the source.

    Raises:
        PublishError: a Hub refused or broke off; the same call goes on.
    """
    prepare(target, plan.holding, exists=plan.exists, private=private)
    head, made = plan.head, {}
    if head is None:
        head = next((commit.commit_id for commit in _history(target, MAIN)), None)
    for step in plan.steps:
        if step.there is None:
            with hub_progress(quiet=quiet):
                head = _commit(source, target, step.commit, head)
        made[step.commit.commit_id] = commit = step.there or head or ""
        for tag in step.tags:
            with target.errors():
                target.api.create_tag(
                    target.address.id,
                    tag=tag,
                    tag_message=plan.messages.get(tag),
                    revision=commit,
                    repo_type=target.address.type,
                )
    return made


def _commit(source: Side, target: Side, commit: GitCommitInfo, head: str | None) -> str:
    """Make the tree of main at the target equal to that of a commit at the source, and return the new commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    wanted, present = source.tree(commit.commit_id), target.tree(head) if head else {}
    removed = [CommitOperationDelete(path_in_repo=path, is_folder=False) for path in present if path not in wanted]
    described = [commit.message.strip(), f"Imported from {source}@{commit.commit_id}", _by(commit)]
    with tempfile.TemporaryDirectory(prefix="emojit-mirror-") as folder:
        changed = {path: item for path, item in wanted.items() if not _same(present.get(path), item)}
        local = {path: _fetch(source, path, commit.commit_id, item, Path(folder)) for path, item in changed.items()}
        added = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=str(file)) for path, file in local.items()]
        operations: list[CommitOperationAdd | CommitOperationDelete] = [*added, *removed]
        with target.errors():
            made = target.api.create_commit(
                target.address.id,
                operations,
                commit_message=commit.title or "(no message)",
                commit_description="\n\n".join(part for part in described if part),
                repo_type=target.address.type,
                parent_commit=head,
            )
        _read_back(target, made.oid, wanted, local)
    return made.oid


def _read_back(target: Side, commit: str, wanted: dict[str, Content], local: dict[str, Path]) -> None:
    found = target.tree(commit)
    wrong = {path for path in wanted.keys() | found.keys() if path not in wanted or path not in found}
    for path in wanted.keys() & found.keys():
        file, item = local.get(path), found[path]
        if file is None:
            right = _same(item, wanted[path])
        else:
            right = _digest(file, git=item.sha256 is None) == (item.sha256 or item.blob)
        if not right:
            wrong.add(path)
    if wrong:
        raise target.problem(
            f"{target}: commit {commit} reads back differently: {', '.join(sorted(wrong)[:5])}",
            hint="run the same command again",
        )


def _fetch(source: Side, path: str, commit: str, item: Content, folder: Path) -> Path:
    with source.errors():
        file = Path(
            source.api.hf_hub_download(
                source.address.id, path, repo_type=source.address.type, revision=commit, local_dir=folder
            )
        )
    if _digest(file, git=item.sha256 is None) != (item.sha256 or item.blob):
        raise source.problem(f"{source}: {path} did not come as it is at {commit}", hint="run the same command again")
    return file


def _digest(file: Path, *, git: bool) -> str:
    """The sha256 of a file, or git's own sha1 of it."""
    digest = hashlib.sha1(f"blob {file.stat().st_size}\0".encode(), usedforsecurity=False) if git else hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _same(one: Content | None, other: Content) -> bool:
    """Whether two files are equal as far as both Hubs say; where one keeps it as a large file and one does not, they count as different."""
    return one is not None and (one.sha256, one.sha256 or one.blob) == (other.sha256, other.sha256 or other.blob)


def _by(commit: GitCommitInfo) -> str:
    date = commit.created_at.isoformat() if commit.created_at else ""
    return f"By {', '.join(commit.authors)} {date}".strip() if commit.authors else ""


def _history(side: Side, revision: str) -> list[GitCommitInfo]:
    """The commits of a branch, newest first."""
    with side.errors():
        return list(side.api.list_repo_commits(side.address.id, repo_type=side.address.type, revision=revision))


def _tags(side: Side) -> dict[str, str]:
    with side.errors():
        refs = side.api.list_repo_refs(side.address.id, repo_type=side.address.type)
    return {ref.name: ref.target_commit for ref in refs.tags}


def _check_tags(source: Side, target: Side, there: References, here: dict[str, str], copied: dict[str, str]) -> None:
    for name, commit in there.commits.items():
        if name in here and copied.get(commit) != here[name]:
            raise moved_tag(name, source, commit, target, here[name])


def _check_order(source: Side, target: Side, steps: Sequence[Step]) -> None:
    """Refuse what would have to go before something that is there: commits are only added at the end."""
    late = [step for step, after in itertools.pairwise(steps) if step.there is None and after.there]
    if late:
        names = ", ".join(late[0].tags) or late[0].commit.commit_id
        raise source.problem(
            f"{names} is older than what {target} holds, and commits are only added at its end",
            hint="copy everything under another name with --as",
        )


def _size(source: Side, steps: Sequence[Step]) -> int:
    size, before = 0, dict[str, Content]()
    for step in steps:
        tree = source.tree(step.commit.commit_id)
        if step.there is None:
            size += sum(item.size for path, item in tree.items() if not _same(before.get(path), item))
        before = tree
    return size
