"""Reading bare git repositories: revisions, files and history, through dulwich. Writing is in `git_writer`.

A `GitRepository` is opened per request and used by one thread; opening costs 0.1 ms and dulwich's caches are not made for several threads.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from emojit.localhub.git_cache import BlobFacts, Child, CommitFacts, GitCache
from emojit.localhub.pointers import parse_pointer
from emojit.localhub.refusal import revision_not_found

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, ShaFile
    from dulwich.refs import Ref

DEFAULT_BRANCH = "main"

_FULL_ID = re.compile(r"[0-9a-f]{40}")
_SHORT_ID = re.compile(r"[0-9a-f]{7,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or folder of a tree."""

    path: str
    oid: str
    is_folder: bool


class GitRepository:
    """One bare repository, open for reading."""

    def __init__(self, path: Path, cache: GitCache) -> None:
        from dulwich.object_store import DiskObjectStore
        from dulwich.repo import Repo

        self._path = path
        self._repo = Repo(str(path))
        # Each object is synced before it gets its name, so a name never stands for a torn object. Set here, not in the repository's config: git
        # itself calls that setting deprecated and warns in every command.
        assert isinstance(self._repo.object_store, DiskObjectStore)
        self._repo.object_store.fsync_object_files = True
        self._cache = cache

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._repo.close()

    # Revisions

    def resolve(self, revision: str) -> str:
        """The commit id that a branch, tag, full reference, commit id or its first digits (at least 7) name.

        Answered from this repository alone, never from the cache: what follows trusts that the commit belongs to it.

        Raises:
            RefusalError: 404 RevisionNotFound.
        """
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            commit = self._reference(name) if name.startswith("refs/") else None
            if commit is not None:
                return commit
        candidates: list[bytes] = []
        if _FULL_ID.fullmatch(revision):
            candidates = [revision.encode()]
        elif _SHORT_ID.fullmatch(revision):
            candidates = list(self._repo.object_store.iter_prefix(revision.encode()))
        commits = [oid.decode() for oid in candidates if self._is_commit(oid)]
        if len(commits) != 1:
            raise revision_not_found(revision)
        return commits[0]

    def branch_head(self, branch: str) -> str:
        """The commit that a branch points to.

        Raises:
            RefusalError: 404 RevisionNotFound; tags and commit ids are no branches.
        """
        commit = self._reference(f"refs/heads/{branch.removeprefix('refs/heads/')}")
        if commit is None:
            raise revision_not_found(branch)
        return commit

    def references(self, kind: str) -> dict[str, str]:
        """Names and commits below `refs/<kind>/`, where kind is "heads" or "tags"."""
        names = self._repo.refs.subkeys(ref_name(f"refs/{kind}"))
        found = {name.decode(): self._reference(f"refs/{kind}/{name.decode()}") for name in names}
        return {name: commit for name, commit in sorted(found.items()) if commit is not None}

    def _reference(self, name: str) -> str | None:
        from dulwich.errors import RefFormatError
        from dulwich.object_store import peel_sha

        try:
            oid = self._repo.refs[ref_name(name)]
        except (KeyError, RefFormatError, UnicodeEncodeError):
            return None
        return peel_sha(self._repo.object_store, oid)[1].id.decode()

    def _is_commit(self, oid: bytes) -> bool:
        from dulwich.objects import Commit

        try:
            return isinstance(self._object(oid.decode()), Commit)
        except KeyError:
            return False

    def _object(self, oid: str) -> ShaFile:
        return self._repo.object_store[object_id(oid)]

    # Files

    def entry(self, commit: str, path: str) -> Entry | None:
        """The file or folder at `path`, or None."""
        oid, is_folder = self.commit_facts(commit).tree, True
        for segment in path.split("/") if path else []:
            child = self._children(oid).get(segment) if is_folder else None
            if child is None:
                return None
            oid, is_folder = child
        return Entry(path=path, oid=oid, is_folder=is_folder)

    def _children(self, tree: str) -> Mapping[str, Child]:
        """What lies in a tree, by name."""

        def read() -> Mapping[str, Child]:
            from dulwich.objects import Tree

            found = self._object(tree)
            assert isinstance(found, Tree)
            items = ((item.path.decode(), item) for item in found.iteritems())
            return {name: (item.sha.decode(), stat.S_ISDIR(item.mode)) for name, item in items}

        return self._cache.folders.get(tree, read, weigh=len)

    def entries(self, folder: Entry, *, recursive: bool) -> Iterator[Entry]:
        """What lies in a folder, in git's order; with `recursive` a sub-folder is followed by its content."""
        for name, (oid, is_folder) in self._children(folder.oid).items():
            entry = Entry(path=f"{folder.path}/{name}".lstrip("/"), oid=oid, is_folder=is_folder)
            yield entry
            if recursive and entry.is_folder:
                yield from self.entries(entry, recursive=True)

    def files(self, commit: str) -> list[Entry]:
        """Every file of a commit."""
        root = self.entry(commit, "")
        assert root is not None
        return [entry for entry in self.entries(root, recursive=True) if not entry.is_folder]

    def read(self, oid: str) -> bytes:
        """The bytes of a blob. Blobs are small: what is large is in the LFS store."""
        return self._object(oid).as_raw_string()

    def read_path(self, commit: str, path: str) -> bytes | None:
        """The bytes of the file at `path` unless it is a large file; None when there is no such file."""
        entry = self.entry(commit, path)
        if entry is None or entry.is_folder or self.facts(entry.oid)[1] is not None:
            return None
        return self.read(entry.oid)

    def facts(self, oid: str) -> BlobFacts:
        """Size and pointer of a blob."""

        def read() -> BlobFacts:
            blob = self.read(oid)
            return len(blob), parse_pointer(blob)

        return self._cache.blobs.get(oid, read)

    # History

    def history(self, commit: str) -> Iterator[CommitFacts]:
        """A commit and its ancestors, newest first. Commits of this server have one parent."""
        current: str | None = commit
        while current is not None:
            facts = self.commit_facts(current)
            yield facts
            current = facts.parent

    def commit_facts(self, commit: str) -> CommitFacts:
        """What one commit says."""

        def read() -> CommitFacts:
            from dulwich.objects import Commit

            found = self._object(commit)
            assert isinstance(found, Commit)
            title, _, rest = found.message.decode("utf-8", errors="replace").partition("\n")
            return CommitFacts(
                id=commit,
                tree=found.tree.decode(),
                parent=found.parents[0].decode() if found.parents else None,
                title=title,
                message=rest.strip(),
                author=found.author.decode("utf-8", errors="replace").partition(" <")[0],
                time=found.commit_time,
            )

        return self._cache.commits.get(commit, read)

    def last_changes(self, commit: str, paths: list[str]) -> dict[str, CommitFacts]:
        """For each path, the commit that gave it its present content."""
        found: dict[str, CommitFacts] = {}
        wanted = set(paths)
        for facts in self.history(commit):
            changed = wanted & self._changes(facts.id)
            found |= dict.fromkeys(changed, facts)
            wanted -= changed
            if not wanted:
                break
        return found

    def _changes(self, commit: str) -> frozenset[str]:
        """Files and folders of a commit that its parent has not or has otherwise."""

        def read() -> frozenset[str]:
            from dulwich.diff_tree import tree_changes

            facts = self.commit_facts(commit)
            before = object_id(self.commit_facts(facts.parent).tree) if facts.parent else None
            changes = tree_changes(self._repo.object_store, before, object_id(facts.tree))
            files = [entry.path.decode() for change in changes for entry in (change.old, change.new) if entry]
            folders = (path[:end] for path in files for end, char in enumerate(path) if char == "/")
            return frozenset([*files, *folders])

        return self._cache.changes.get(commit, read, weigh=len)


def object_id(oid: str) -> ObjectID:
    """40 hex digits in dulwich's own type."""
    from dulwich.objects import ObjectID

    return ObjectID(oid.encode("ascii"))


def ref_name(name: str) -> Ref:
    """The full name of a reference in dulwich's own type."""
    from dulwich.refs import Ref

    return Ref(name.encode("utf-8"))
