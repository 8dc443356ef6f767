"""Writing bare git repositories: objects, commits and references, each durable before the next names it.

What a reference names is always on disk: objects are synced first, then the reference, then its folder.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from emojit.localhub.git import DEFAULT_BRANCH, GitRepository, object_id, ref_name
from emojit.localhub.git_cache import GitCache
from emojit.localhub.git_files import write_loose, write_pack, write_whole
from emojit.localhub.refusal import RefusalError, revision_not_found
from emojit.localhub.store import sync_folder
from emojit.localhub.trees import EditableTree

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, ShaFile

_MAX_LOOSE = 32
_MAX_PENDING_BYTES = 32 * 1024 * 1024
_HALF_PACKS = "objects/tmp_pack_*"
"""What dulwich writes before it knows that a pack is sound."""


class GitWriter(GitRepository):
    """One bare repository, open for writing. Whoever moves a reference holds the repository's lock."""

    def __init__(self, path: Path, cache: GitCache) -> None:
        super().__init__(path, cache)
        self._pending: dict[ObjectID, ShaFile] = {}
        self._pending_bytes = 0

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
            write_pack(self._path, objects)
        elif objects:
            write_loose(self._path, objects)
        self._pending.clear()
        self._pending_bytes = 0

    def add_pack(self, pack: IO[bytes]) -> None:
        """Take the objects of a pack, durably; it may build on objects that are here. Nothing refers to them yet.

        Raises:
            ValueError: it is no sound pack.
        """
        from dulwich.errors import ApplyDeltaError, ChecksumMismatch, FileFormatException
        from dulwich.object_store import DiskObjectStore
        from dulwich.pack import UnresolvedDeltas

        unsound = (
            ApplyDeltaError,
            AssertionError,
            ChecksumMismatch,
            EOFError,
            FileFormatException,
            IndexError,
            KeyError,
        )
        store = self._repo.object_store
        assert isinstance(store, DiskObjectStore)
        try:
            store.add_thin_pack(pack.read, None)
        except (*unsound, UnresolvedDeltas, ValueError, zlib.error) as exc:
            raise ValueError(f"the pack cannot be read: {exc or type(exc).__name__}") from exc
        finally:
            for half in self._path.glob(_HALF_PACKS):
                half.unlink(missing_ok=True)
        sync_folder(self._path / "objects" / "pack")

    def edit(self, commit: str | None) -> EditableTree:
        """The tree of a commit, ready to be changed; an empty one for None."""
        return EditableTree(self._repo.object_store, object_id(self.commit_facts(commit).tree) if commit else None)

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
        commit.parents = [object_id(parent)] if parent else []
        commit.author = commit.committer = f"{author} <{author}@users.noreply.localhost>".encode()
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.replace("\0", "").encode("utf-8", errors="replace")
        self._add(commit)
        return commit.id.decode()

    def rewrite_commit(self, commit: str, tree: EditableTree, *, parent: str | None) -> str:
        """Copy a commit with another tree and parent; author, time and message stay."""
        from dulwich.objects import Commit

        copied = self._object(commit).copy()
        assert isinstance(copied, Commit)
        copied.tree = tree.write(self._add)
        copied.parents = [object_id(parent)] if parent else []
        self._add(copied)
        return copied.id.decode()

    def retarget_tag(self, tag: str, commit: str) -> None:
        """Let a tag name another commit; an annotated one keeps its words."""
        from dulwich.objects import Commit, Tag

        reference = f"refs/tags/{tag}"
        present = self._repo.object_store[self._repo.refs[ref_name(reference)]]
        target = commit
        if isinstance(present, Tag):
            annotated = present.copy()
            assert isinstance(annotated, Tag)
            annotated.object = (Commit, object_id(commit))
            self._add(annotated)
            target = annotated.id.decode()
        self.move_reference(reference, target)

    def add_tag(self, tag: str, commit: str, *, message: str | None, author: str) -> None:
        """Create a tag; with a message an annotated one."""
        from dulwich.objects import Commit, Tag

        target = commit
        if message:
            annotated = Tag()
            annotated.name = tag.encode()
            annotated.object = (Commit, object_id(commit))
            annotated.tagger = f"{author} <{author}@users.noreply.localhost>".encode()
            annotated.tag_time = int(time.time())
            annotated.tag_timezone = 0
            annotated.message = message.encode("utf-8", errors="replace")
            self._add(annotated)
            target = annotated.id.decode()
        self.move_reference(f"refs/tags/{tag}", target)

    def move_reference(self, name: str, oid: str) -> None:
        """Point a full reference, e.g. "refs/heads/main", to an object, durably; create it if it is missing.

        Raises:
            RefusalError: 409, git cannot hold it beside an existing one.
        """
        from dulwich.errors import RefFormatError
        from dulwich.refs import check_ref_format

        if not name.startswith("refs/") or not check_ref_format(ref_name(name.removeprefix("refs/"))):
            raise RefFormatError(name)
        self._flush()  # before the reference: it must never name an object that a power cut took away
        file = self._path / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, f"{oid}\n".encode())
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as exc:
            # Git keeps references as files: "a" and "a/b" exclude each other.
            raise RefusalError(409, f"Reference {name} conflicts with an existing reference") from exc
        folder = (self._path / name).parent
        while folder != self._path:
            sync_folder(folder)
            folder = folder.parent

    def drop_reference(self, kind: Literal["heads", "tags", "pr"], name: str) -> None:
        """Delete a branch, a tag, or the reference of a pull request.

        Raises:
            RefusalError: 404 RevisionNotFound.
        """
        reference = f"refs/{kind}/{name}"
        if self._reference(reference) is None:
            raise revision_not_found(name)
        self._repo.refs.remove_if_equals(ref_name(reference), None)
        folder = self._path / "refs" / kind
        folder.mkdir(exist_ok=True)  # dulwich removes it with the last reference
        sync_folder(folder)


def create_repository(path: Path, files: Mapping[str, bytes], *, author: str) -> None:
    """Create a bare repository with one commit on `main`, as the public Hub does."""
    from dulwich.repo import Repo

    path.mkdir(parents=True)
    Repo.init_bare(str(path), default_branch=DEFAULT_BRANCH.encode()).close()
    with GitWriter(path, GitCache()) as git:
        tree = git.edit(None)
        for name, content in files.items():
            tree.put(name, object_id(git.add_blob(content)))
        commit = git.write_commit(tree, parent=None, author=author, message="initial commit")
        git.move_reference(f"refs/heads/{DEFAULT_BRANCH}", commit)


def stale_files(path: Path) -> list[Path]:
    """Lock files and half packs that a killed writer left in a repository. Ask only while no writer can be alive."""
    patterns = ("*.lock", "refs/**/*.lock", "objects/*/*.lock", "objects/pack/tmp*.pack", _HALF_PACKS)
    return sorted({file for pattern in patterns for file in path.glob(pattern)})


def remove_stale_locks(path: Path) -> None:
    """Remove what a killed writer left behind. Call it only while no writer can be alive."""
    for file in stale_files(path):
        file.unlink(missing_ok=True)


def put_blob(tree: EditableTree, path: str, oid: str) -> None:
    """Place a stored blob into a tree."""
    tree.put(path, object_id(oid))
