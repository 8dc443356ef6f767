"""Walking through everything that the references of a git repository lead to."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.localhub.audit.notebook import Notebook
from emojit.localhub.audit.opening import OpenStore
from emojit.localhub.git import object_id
from emojit.localhub.pointers import MAX_POINTER_BYTES, parse_pointer
from emojit.localhub.registry import RepoRecord

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.objects import ShaFile
    from dulwich.repo import Repo

Tip = tuple[str, str]
"""Where a walk begins: a name for people and an object id."""


def damage() -> tuple[type[BaseException], ...]:
    """What reading a damaged object, pack or index raises; dulwich has no common class for it."""
    from dulwich.errors import ApplyDeltaError, ChecksumMismatch, FileFormatException

    formats = (ApplyDeltaError, ChecksumMismatch, FileFormatException, zlib.error, struct.error)
    return (*formats, AssertionError, EOFError, IndexError, KeyError, OSError, TypeError, ValueError)


@contextmanager
def open_git(path: Path) -> Iterator[tuple[Repo, DiskObjectStore]]:
    """Open a bare repository; objects that are written are synced before they get their names."""
    from dulwich.object_store import DiskObjectStore
    from dulwich.repo import Repo

    with Repo(str(path)) as repo:
        store = repo.object_store
        assert isinstance(store, DiskObjectStore)
        store.fsync_object_files = True
        yield repo, store


def references(repo: Repo) -> Iterator[tuple[str, str | None]]:
    """Every reference with what it holds, sorted; None where that is no object id."""
    for name in sorted(repo.refs.allkeys() - {b"HEAD"}):
        held = (repo.refs.read_ref(name) or b"").decode("ascii", errors="replace")
        is_id = len(held) == 40 and not set(held) - set("0123456789abcdef")
        yield name.decode(errors="replace"), held if is_id else None


def has_object(store: DiskObjectStore, oid: str) -> bool:
    """Whether there is an object of this name, damaged or not."""
    return store.contains_packed(object_id(oid)) or (Path(store.path) / oid[:2] / oid[2:]).exists()


def remembered_commits(opened: OpenStore, key: str) -> Iterator[Tip]:
    """Commits that pull requests need beside their references: a squash may have taken them out of every history."""
    for discussion in opened.discussions.of(key):
        name = f"pull request {discussion.number}"
        if discussion.start:
            yield f"the start of {name}", discussion.start
        if discussion.merge_commit and discussion.status == "merged":
            yield f"the merge of {name}", discussion.merge_commit


def walk(
    store: DiskObjectStore, tips: Iterable[Tip], notebook: Notebook, lost: Callable[[str, str, str], None]
) -> Iterator[tuple[str, ShaFile]]:
    """Every object that the tips lead to, once, with the name of the tip that led to it first.

    Args:
        store: the objects.
        tips: where to begin.
        notebook: takes the ids of the objects, missing and damaged ones included.
        lost: called with the name of the tip, an object id and why it cannot be read.

    Yields:
        Name and object.
    """
    damaged = damage()
    for name, tip in tips:
        # The newest goes first, and of a commit its tree before its parents: the list stays as short as the trees are wide and deep.
        todo = [tip]
        while todo:
            oid = todo.pop()
            if not notebook.see(oid):
                continue
            try:
                item = store[object_id(oid)]
                todo += _children(item)
            except KeyError:
                lost(name, oid, "is missing")
                continue
            except damaged as exc:
                lost(name, oid, f"cannot be read: {exc or type(exc).__name__}")
                continue
            yield name, item


def _children(item: ShaFile) -> list[str]:
    from dulwich.objects import Commit, Tag, Tree

    if isinstance(item, Commit):
        return [*(parent.decode() for parent in item.parents), item.tree.decode()]
    if isinstance(item, Tree):
        entries = item.iteritems()
        return [
            entry.sha.decode() for entry in entries if stat.S_IFMT(entry.mode) != 0o160000
        ]  # a submodule is elsewhere
    if isinstance(item, Tag):
        return [item.object[1].decode()]
    return []


def note_large_file(opened: OpenStore, record: RepoRecord, where: str, item: ShaFile, notebook: Notebook) -> bool:
    """Note the large file that a blob points to, if it is a pointer that this repository may follow.

    Returns:
        Whether it is a pointer that nobody can follow: to what was deleted for good with the history kept. It needs nothing.
    """
    from dulwich.objects import Blob

    if not isinstance(item, Blob) or item.raw_length() > MAX_POINTER_BYTES:
        return False
    pointer = parse_pointer(item.as_raw_string())
    if pointer is None:
        return False
    if not opened.registry.granted(record.key, pointer.sha256):
        return True
    notebook.need(pointer.sha256, pointer.size, f"{record.url_path}, {where}")
    return False
