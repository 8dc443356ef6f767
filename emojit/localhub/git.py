"""Reading bare git repositories: revisions, files and history, through dulwich. Writing is in `git_writer`.

A `GitRepository` is opened per request and used by one thread; opening costs 0.1 ms and dulwich's caches are not made for several threads.
"""

from __future__ import annotations

import itertools
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Literal, Self

from emojit.localhub.git_cache import BlobFacts, Child, CommitFacts, GitCache
from emojit.localhub.pointers import parse_pointer
from emojit.localhub.refusal import revision_not_found
from emojit.localhub.trees import FILE_MODE

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, ShaFile
    from dulwich.refs import Ref

DEFAULT_BRANCH = "main"

_FULL_ID = re.compile(r"[0-9a-f]{40}")
_MAX_REFERENCE_BYTES = 250
"""Of a full reference; for a segment of more bytes the file system gives an error instead of an answer."""
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
        names = [revision] if revision.startswith("refs/") else []
        for name in (*names, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            commit = self._reference(name)
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

    def head(self, reference: str) -> str:
        """The commit that a full reference points to, e.g. "refs/heads/main".

        Raises:
            RefusalError: 404 RevisionNotFound.
        """
        commit = self._reference(reference)
        if commit is None:
            raise revision_not_found(reference.removeprefix("refs/heads/"))
        return commit

    def has_reference(self, reference: str) -> bool:
        """Whether there is a full reference of this name."""
        return self._reference(reference) is not None

    def references(self, kind: Literal["heads", "tags", "pr"]) -> dict[str, str]:
        """Names and commits below `refs/<kind>/`."""
        names = self._repo.refs.subkeys(ref_name(f"refs/{kind}"))
        found = {name.decode(): self._reference(f"refs/{kind}/{name.decode()}") for name in names}
        return {name: commit for name, commit in sorted(found.items()) if commit is not None}

    def _reference(self, name: str) -> str | None:
        from dulwich.errors import RefFormatError
        from dulwich.object_store import peel_sha

        if len(name.encode("utf-8", errors="replace")) > _MAX_REFERENCE_BYTES or "\0" in name or "//" in name:
            return None  # no reference can be called so
        try:
            oid = self._repo.refs[ref_name(name)]
        except (KeyError, RefFormatError, UnicodeEncodeError, IsADirectoryError, NotADirectoryError):
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
            from dulwich.objects import S_ISGITLINK, Tree

            found = self._object(tree)
            assert isinstance(found, Tree)
            # A submodule names a commit of another repository: there is nothing here to show. A symbolic link is shown as the text it is.
            items = [item for item in found.iteritems() if not S_ISGITLINK(item.mode)]
            return {
                item.path.decode("utf-8", errors="replace"): (item.sha.decode(), stat.S_ISDIR(item.mode))
                for item in items
            }

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

    # What another Hub sent, before it was looked at

    def peeled(self, oid: str) -> str | None:
        """The commit that this object is or, being a tag, leads to; None when there is none."""
        from dulwich.object_store import peel_sha

        try:
            commit = peel_sha(self._repo.object_store, object_id(oid))[1].id.decode()
        except (KeyError, ValueError):
            return None
        return commit if self._is_commit(commit.encode()) else None

    def raw_entries(self, tree: str) -> list[tuple[bytes, int, str]]:
        """Name, mode and object id of what lies in a tree."""
        from dulwich.objects import Tree

        found = self._object(tree)
        if not isinstance(found, Tree):
            raise KeyError(tree.encode())
        return [(item.path, item.mode, item.sha.decode()) for item in found.iteritems()]

    def parents(self, commit: str) -> tuple[str, ...]:
        """All parents of a commit; what comes from elsewhere may have several."""
        from dulwich.objects import Commit

        found = self._object(commit)
        if not isinstance(found, Commit):
            raise KeyError(commit.encode())
        return tuple(parent.decode() for parent in found.parents)

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
            files = self.difference(self.commit_facts(commit).parent, commit)
            folders = (path[:end] for path in files for end, char in enumerate(path) if char == "/")
            return frozenset([*files, *folders])

        return self._cache.changes.get(commit, read, weigh=len)

    def difference(self, before: str | None, after: str) -> dict[str, tuple[str | None, str | None]]:
        """The files in which two commits differ: blob ids on both sides, None where there is no file.

        Args:
            before: a commit; None stands for an empty one.
            after: a commit.
        """
        from dulwich.diff_tree import tree_changes

        old = object_id(self.commit_facts(before).tree) if before else None
        new = object_id(self.commit_facts(after).tree)
        found: dict[str, tuple[str | None, str | None]] = {}
        for change in tree_changes(self._repo.object_store, old, new):
            for entry, side in ((change.old, 0), (change.new, 1)):
                if entry and entry.path is not None and entry.sha is not None and not _is_gitlink(entry.mode):
                    path, oid = entry.path.decode("utf-8", errors="replace"), entry.sha.decode()
                    sides = found.get(path, (None, None))
                    found[path] = (oid, sides[1]) if side == 0 else (sides[0], oid)
        return found

    def since(self, start: str | None, reference: str) -> list[CommitFacts]:
        """The commits of a reference after `start`, newest first; all of them for None."""
        return list(itertools.takewhile(lambda commit: commit.id != start, self.history(self.head(reference))))

    def write_diff(self, out: BinaryIO, path: str, before: str | None, after: str | None) -> None:
        """Write how one file changed, in git's format.

        Args:
            out: takes the bytes.
            path: of the file.
            before: the old blob, or None for a new file.
            after: the new blob, or None for a removed one.
        """
        from dulwich.patch import write_object_diff

        name = path.encode()
        old = (name, FILE_MODE, object_id(before)) if before else (None, None, None)
        new = (name, FILE_MODE, object_id(after)) if after else (None, None, None)
        write_object_diff(out, self._repo.object_store, old, new)


def _is_gitlink(mode: int | None) -> bool:
    from dulwich.objects import S_ISGITLINK

    return mode is not None and S_ISGITLINK(mode)


def object_id(oid: str) -> ObjectID:
    """40 hex digits in dulwich's own type."""
    from dulwich.objects import ObjectID

    return ObjectID(oid.encode("ascii"))


def ref_name(name: str) -> Ref:
    """The full name of a reference in dulwich's own type."""
    from dulwich.refs import Ref

    return Ref(name.encode("utf-8"))
