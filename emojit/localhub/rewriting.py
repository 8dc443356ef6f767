"""Rewriting the history of a repository so that it never held certain large files."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from emojit.localhub.git_writer import GitWriter


def forget_large_files(git: GitWriter, sha256s: AbstractSet[str]) -> dict[str, str]:
    """Take large files out of every commit of every branch, tag and pull request. `git` holds the repository's lock.

    The references move one after the other. A crash in between leaves some of them on the old history; asking again moves the rest.

    Args:
        git: the repository.
        sha256s: the contents to forget.

    Returns:
        New commit by old one, for those that changed.
    """
    rewritten: dict[str, str] = {}
    for kind in ("heads", "pr", "tags"):
        for name, head in git.references(kind).items():
            new = _rewrite(git, head, sha256s, rewritten)
            if new == head:
                continue
            if kind == "tags":
                git.retarget_tag(name, new)
            else:
                git.move_reference(f"refs/{kind}/{name}", new)
    return {old: new for old, new in rewritten.items() if old != new}


def _rewrite(git: GitWriter, head: str, sha256s: AbstractSet[str], rewritten: dict[str, str]) -> str:
    """The commit that takes the place of `head`. `rewritten` remembers what was seen, since references share their history."""
    for commit in reversed(list(git.history(head))):
        if commit.id in rewritten:
            continue
        parent = rewritten[commit.parent] if commit.parent else None
        files = ((entry.path, git.facts(entry.oid)[1]) for entry in git.files(commit.id))
        paths = [path for path, pointer in files if pointer and pointer.sha256 in sha256s]
        if not paths and parent == commit.parent:
            rewritten[commit.id] = commit.id
            continue
        tree = git.edit(commit.id)
        for path in paths:
            tree.remove(path)
        rewritten[commit.id] = git.rewrite_commit(commit.id, tree, parent=parent)
    return rewritten[head]
