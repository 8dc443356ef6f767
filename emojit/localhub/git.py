"""Bare git repositories: revisions, files, history and commits, through dulwich.

A `GitRepository` is opened per request and used by one thread; opening costs 0.1 ms and dulwich's caches are not made for several threads.
"""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from emojit.localhub.git_cache import BlobFacts, Child, CommitFacts, GitCache
from emojit.localhub.pointers import parse_pointer
from emojit.localhub.refusal import RefusalError, revision_not_found
from emojit.localhub.store import sync_folder
from emojit.localhub.trees import EditableTree

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, ShaFile
    from dulwich.refs import Ref

DEFAULT_BRANCH = "main"

_FULL_ID = re.compile(r"[0-9a-f]{40}")
_MAX_LOOSE = 32
_MAX_PENDING_BYTES = 32 * 1024 * 1024
_SHORT_ID = re.compile(r"[0-9a-f]{7,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or folder of a tree."""

    path: str
    oid: str
    is_folder: bool


class GitRepository:
    """One bare repository, open."""

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
        self._pending: dict[ObjectID, ShaFile] = {}
        self._pending_bytes = 0

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
        names = self._repo.refs.subkeys(_ref(f"refs/{kind}"))
        found = {name.decode(): self._reference(f"refs/{kind}/{name.decode()}") for name in names}
        return {name: commit for name, commit in sorted(found.items()) if commit is not None}

    def _reference(self, name: str) -> str | None:
        from dulwich.errors import RefFormatError
        from dulwich.object_store import peel_sha

        try:
            oid = self._repo.refs[_ref(name)]
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
        return self._repo.object_store[_oid(oid)]

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
            before = _oid(self.commit_facts(facts.parent).tree) if facts.parent else None
            changes = tree_changes(self._repo.object_store, before, _oid(facts.tree))
            files = [entry.path.decode() for change in changes for entry in (change.old, change.new) if entry]
            folders = (path[:end] for path in files for end, char in enumerate(path) if char == "/")
            return frozenset([*files, *folders])

        return self._cache.changes.get(commit, read, weigh=len)

    # Writing

    def add_blob(self, content: bytes) -> str:
        """Take a blob. Nothing refers to it yet: if the commit never comes, it is never stored, or `git gc` drops it."""
        from dulwich.objects import Blob

        blob = Blob.from_string(content)
        self._add(blob)
        return blob.id.decode()

    def _add(self, item: ShaFile) -> None:
        """Take an object; `_flush` stores it. Until then it cannot be read back."""
        self._pending[item.id] = item
        self._pending_bytes += item.raw_length()
        if self._pending_bytes > _MAX_PENDING_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Store the taken objects and make their names durable: a few one by one, many as a pack, since each file costs a sync of the disk."""
        store = self._repo.object_store
        objects = [item for oid, item in self._pending.items() if oid not in store]
        if len(objects) > _MAX_LOOSE:
            store.add_objects([(item, None) for item in objects])
            sync_folder(self._path / "objects" / "pack")
        else:
            for item in objects:
                store.add_object(item)
            for folder in {item.id.decode()[:2] for item in objects}:
                sync_folder(self._path / "objects" / folder)
            sync_folder(self._path / "objects")
        self._pending.clear()
        self._pending_bytes = 0

    def edit(self, commit: str | None) -> EditableTree:
        """The tree of a commit, ready to be changed; an empty one for None."""
        return EditableTree(self._repo.object_store, _oid(self.commit_facts(commit).tree) if commit else None)

    def write_commit(self, tree: EditableTree, *, parent: str | None, author: str, message: str) -> str:
        """Make a commit and return its id. It is stored when a branch is moved to it.

        A tree that equals the parent's gives the parent: a request that is repeated because its answer was lost changes nothing.
        """
        from dulwich.objects import Commit

        root = tree.write(self._add)
        if parent is not None and self.commit_facts(parent).tree == root.decode():
            return parent
        commit = Commit()
        commit.tree = root
        commit.parents = [_oid(parent)] if parent else []
        commit.author = commit.committer = f"{author} <{author}@users.noreply.localhost>".encode()
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.replace("\0", "").encode("utf-8", errors="replace")
        self._add(commit)
        return commit.id.decode()

    def move_branch(self, branch: str, commit: str) -> None:
        """Point a branch to a commit, durably."""
        self._set_reference(f"refs/heads/{branch}", commit)

    def add_tag(self, tag: str, commit: str, *, message: str | None, author: str) -> None:
        """Create a tag; with a message an annotated one."""
        from dulwich.objects import Commit, Tag

        target = commit
        if message:
            annotated = Tag()
            annotated.name = tag.encode()
            annotated.object = (Commit, _oid(commit))
            annotated.tagger = f"{author} <{author}@users.noreply.localhost>".encode()
            annotated.tag_time = int(time.time())
            annotated.tag_timezone = 0
            annotated.message = message.encode("utf-8", errors="replace")
            self._add(annotated)
            target = annotated.id.decode()
        self._set_reference(f"refs/tags/{tag}", target)

    def _set_reference(self, name: str, oid: str) -> None:
        self._flush()  # before the reference: it must never name an object that a power cut took away
        try:
            self._repo.refs.set_if_equals(_ref(name), None, _oid(oid))
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as exc:
            # Git keeps references as files: "a" and "a/b" exclude each other.
            raise RefusalError(409, f"Reference {name} conflicts with an existing reference") from exc
        folder = (self._path / name).parent
        while folder != self._path:
            sync_folder(folder)
            folder = folder.parent

    def drop_reference(self, kind: str, name: str) -> None:
        """Delete a branch ("heads") or tag ("tags").

        Raises:
            RefusalError: 404 RevisionNotFound.
        """
        reference = f"refs/{kind}/{name}"
        if self._reference(reference) is None:
            raise revision_not_found(name)
        self._repo.refs.remove_if_equals(_ref(reference), None)
        folder = self._path / "refs" / kind
        folder.mkdir(exist_ok=True)  # dulwich removes it with the last reference
        sync_folder(folder)


def create_repository(path: Path, files: Mapping[str, bytes], *, author: str) -> None:
    """Create a bare repository with one commit on `main`, as the public Hub does."""
    from dulwich.repo import Repo

    path.mkdir(parents=True)
    Repo.init_bare(str(path), default_branch=DEFAULT_BRANCH.encode()).close()
    with GitRepository(path, GitCache()) as git:
        tree = git.edit(None)
        for name, content in files.items():
            tree.put(name, _oid(git.add_blob(content)))
        commit = git.write_commit(tree, parent=None, author=author, message="initial commit")
        git.move_branch(DEFAULT_BRANCH, commit)


def remove_stale_locks(path: Path) -> None:
    """Remove lock files and half packs of a writer that was killed. Call it only while no writer can be alive."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/*/*.lock", "objects/pack/tmp*.pack"):
        for lock in path.glob(pattern):
            lock.unlink(missing_ok=True)


def put_blob(tree: EditableTree, path: str, oid: str) -> None:
    """Place a stored blob into a tree."""
    tree.put(path, _oid(oid))


def _oid(oid: str) -> ObjectID:
    from dulwich.objects import ObjectID

    return ObjectID(oid.encode("ascii"))


def _ref(name: str) -> Ref:
    from dulwich.refs import Ref

    return Ref(name.encode("utf-8"))
