"""A git tree that can be edited: read folder by folder as far as needed, changed in memory, written back bottom up."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.localhub.refusal import bad_path

if TYPE_CHECKING:
    from dulwich.object_store import BaseObjectStore
    from dulwich.objects import ObjectID, ShaFile

FILE_MODE = 0o100644
FOLDER_MODE = 0o040000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file, or a folder nobody has looked into: an object id and its git mode."""

    mode: int
    oid: ObjectID

    @property
    def is_folder(self) -> bool:
        """Whether it names a tree."""
        return stat.S_ISDIR(self.mode)


class EditableTree:
    """One folder. Untouched sub-folders stay object ids, so the cost of a change does not grow with the repository."""

    def __init__(self, objects: BaseObjectStore, oid: ObjectID | None = None) -> None:
        self._objects = objects
        self._children: dict[bytes, Leaf | EditableTree] = {}
        if oid is not None:
            from dulwich.objects import Tree

            tree = objects[oid]
            assert isinstance(tree, Tree)
            self._children = {entry.path: Leaf(entry.mode, entry.sha) for entry in tree.iteritems()}

    def put(self, path: str, oid: ObjectID) -> None:
        """Add or replace the file at `path`.

        Raises:
            RefusalError: 422, a file stands where a folder is needed, or the reverse.
        """
        *folders, name = path.encode().split(b"/")
        node = self
        for folder in folders:
            child = node._open(folder)
            if isinstance(child, Leaf):
                raise bad_path(path, f"{folder.decode()!r} is a file")
            if child is None:
                child = EditableTree(self._objects)
                node._children[folder] = child
            node = child
        if isinstance(node._open(name), EditableTree):
            raise bad_path(path, "it is a folder")
        node._children[name] = Leaf(FILE_MODE, oid)

    def remove(self, path: str) -> bool:
        """Remove the file or folder at `path`; folders that become empty go with it.

        Returns:
            False when there is nothing at `path`.
        """
        head, _, rest = path.encode().partition(b"/")
        return self._remove(head, rest)

    def _remove(self, head: bytes, rest: bytes) -> bool:
        if not rest:
            return self._children.pop(head, None) is not None
        child = self._open(head)
        if not isinstance(child, EditableTree):
            return False
        next_head, _, next_rest = rest.partition(b"/")
        removed = child._remove(next_head, next_rest)
        if not child._children:
            del self._children[head]
        return removed

    def _open(self, name: bytes) -> Leaf | EditableTree | None:
        """The child of this name; a folder is read from the store now."""
        child = self._children.get(name)
        if isinstance(child, Leaf) and child.is_folder:
            child = EditableTree(self._objects, child.oid)
            self._children[name] = child
        return child

    def write(self, add: Callable[[ShaFile], None]) -> ObjectID:
        """Hand the changed folders to `add`, deepest first, and return the id of this one."""
        from dulwich.objects import Tree

        tree = Tree()
        for name, child in self._children.items():
            if isinstance(child, Leaf):
                tree.add(name, child.mode, child.oid)
            else:
                tree.add(name, FOLDER_MODE, child.write(add))
        add(tree)
        return tree.id
