"""Taking git history that came from another Hub: checked as a whole before one reference moves, so that commit ids stay what they were there.

Objects come first, as a pack; large files were uploaded before; references move last. What is cut off in between leaves objects that nothing refers to.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from emojit.localhub.git import DEFAULT_BRANCH
from emojit.localhub.git_writer import GitWriter
from emojit.localhub.lfs import LargeFiles
from emojit.localhub.names import check_path, check_ref_name
from emojit.localhub.refusal import RefusalError, malformed

_FILE_MODES = frozenset({0o100644, 0o100755, 0o100664})
"""Ordinary files; the last is in histories of old git. Symbolic links and submodules would lead out of the repository."""
_MAX_DEPTH = 200
PLACEHOLDER_TITLE = "initial commit"
"""What the first commit of a new repository is called; it gives way to a history that comes from elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the references shall hold.

    Attributes:
        branches: commit by name.
        tags: commit, or tag object with words of its own, by name.
    """

    branches: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(slots=True)
class Received:
    """What was checked.

    Attributes:
        files: distinct contents below the wanted references (count).
        size: of them (bytes), large files with their own size.
        large: path by sha256 of the large files among them.
    """

    files: int = 0
    size: int = 0
    large: dict[str, str] = field(default_factory=dict)


def receive(git: GitWriter, wanted: Wanted, large_files: LargeFiles, key: str) -> Received:
    """Check that everything the references lead to is here and sound, then move them.

    Args:
        git: the repository, with its lock held; the new objects are in it.
        wanted: the references; others stay as they are.
        large_files: the store.
        key: of the repository.

    Returns:
        What the references hold.

    Raises:
        RefusalError: 409, a tag holds something else here or a branch is no ancestor; 422, an object is missing or is none that this Hub keeps.
    """
    tags = _new_tags(git, wanted.tags)
    walk = _Walk(git, large_files, key)
    tips = {commit for oid in {*wanted.branches.values(), *wanted.tags.values()} if (commit := walk.commit_of(oid))}
    for tip in sorted(tips):
        walk.tip(tip)
    walk.history(tips)
    branches = {
        name: commit
        for name, commit in wanted.branches.items()
        if _moves(git, check_ref_name(name), commit, walk.parents)
    }
    for name, commit in branches.items():
        git.move_reference(f"refs/heads/{name}", commit)
    for name, oid in tags.items():
        git.move_reference(f"refs/tags/{name}", oid)
    return walk.received


def is_untouched(git: GitWriter) -> bool:
    """Whether a repository holds nothing but the commit that it was created with."""
    heads = git.references("heads")
    if set(heads) != {DEFAULT_BRANCH} or git.references("pr"):
        return False
    facts = git.commit_facts(heads[DEFAULT_BRANCH])
    paths = {entry.path for entry in git.files(facts.id)}
    return facts.parent is None and facts.title == PLACEHOLDER_TITLE and paths <= {".gitattributes", "README.md"}


def _new_tags(git: GitWriter, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that are not here yet."""
    present = git.references("tags")
    new = {}
    for name, oid in tags.items():
        check_ref_name(name)
        commit = git.peeled(oid)
        if commit is None:
            raise RefusalError(422, f"The tag {name} leads to {oid}, which is no commit that was sent")
        if name not in present:
            new[name] = oid
        elif present[name] != commit:
            raise RefusalError(409, f"The tag {name} is {present[name]} here and {commit} there; a tag is never moved")
    return new


def _moves(git: GitWriter, name: str, commit: str, parents: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a branch shall move; it moves forward only."""
    head = git.references("heads").get(name)
    if head == commit:
        return False
    if head is None or (name == DEFAULT_BRANCH and is_untouched(git)) or _is_ancestor(head, commit, parents):
        return True
    raise RefusalError(409, f"The branch {name} is {head} here, which is not in the history of {commit} there")


def _is_ancestor(old: str, new: str, parents: Mapping[str, tuple[str, ...]]) -> bool:
    todo, seen = [new], set[str]()
    while todo:
        commit = todo.pop()
        if commit == old:
            return True
        if commit not in seen:
            seen.add(commit)
            todo += parents.get(commit, ())
    return False


class _Walk:
    """A walk through what was sent. What was seen is remembered by id: 100 bytes for each object."""

    def __init__(self, git: GitWriter, large_files: LargeFiles, key: str) -> None:
        self.received = Received()
        self.parents: dict[str, tuple[str, ...]] = {}
        self._git = git
        self._large_files = large_files
        self._key = key
        self._seen: set[str] = set()

    def commit_of(self, oid: str) -> str:
        """The commit that an object id names or, being a tag, leads to."""
        commit = self._git.peeled(oid)
        if commit is None:
            raise RefusalError(422, f"{oid} is no commit that was sent")
        return commit

    def tip(self, commit: str) -> None:
        """Look at every file of a commit that a reference will name; its large files must be here."""
        self._tree(self._git.commit_facts(commit).tree, "", needed=True)

    def history(self, tips: set[str]) -> None:
        """Look at the commits before. Their large files need not be here, as after a deletion for good."""
        todo = sorted(tips)
        while todo:
            commit = todo.pop()
            if commit in self.parents:
                continue
            try:
                self.parents[commit] = self._git.parents(commit)
                self._tree(self._git.commit_facts(commit).tree, "", needed=False)
            except KeyError as exc:
                raise _missing(exc) from exc
            todo += self.parents[commit]

    def _tree(self, tree: str, folder: str, *, needed: bool) -> None:
        if tree in self._seen:
            return
        self._seen.add(tree)
        try:
            entries = self._git.raw_entries(tree)
            if entries != sorted(entries, key=_git_order) or len({name for name, _, _ in entries}) != len(entries):
                raise RefusalError(422, f"The folder {folder or '/'!r} is not in the order that git wants")
            for name, mode, oid in entries:
                try:
                    path = f"{folder}{name.decode()}"
                except UnicodeDecodeError:
                    raise RefusalError(422, f"The name {name!r} in {folder or 'the root'} is not UTF-8") from None
                check_path(path)
                if path.count("/") > _MAX_DEPTH:
                    raise RefusalError(422, f"{path!r} lies in more than {_MAX_DEPTH} folders")
                if stat.S_ISDIR(mode):
                    self._tree(oid, f"{path}/", needed=needed)
                elif mode in _FILE_MODES:
                    self._blob(oid, path, needed=needed)
                else:
                    raise RefusalError(
                        422, f"{path!r} is a symbolic link or a submodule, which this Hub does not keep"
                    )
        except KeyError as exc:
            raise _missing(exc) from exc

    def _blob(self, oid: str, path: str, *, needed: bool) -> None:
        if oid in self._seen:
            return
        self._seen.add(oid)
        size, pointer = self._git.facts(oid)
        if not needed:
            return
        if pointer:
            if not self._large_files.has(self._key, pointer.sha256):
                raise RefusalError(422, f"The large file {path!r} ({pointer.sha256}) was not uploaded")
            if self._large_files.size(pointer.sha256) != pointer.size:
                raise malformed(f"The pointer of {path!r} names {pointer.size} bytes; the large file has others")
            size = pointer.size
            self.received.large[pointer.sha256] = path
        self.received.files += 1
        self.received.size += size


def _git_order(entry: tuple[bytes, int, str]) -> bytes:
    name, mode, _ = entry
    return name + b"/" if stat.S_ISDIR(mode) else name


def _missing(exc: KeyError) -> RefusalError:
    oid = exc.args[0].decode(errors="replace") if exc.args and isinstance(exc.args[0], bytes) else str(exc)
    return RefusalError(422, f"The object {oid} is missing: neither here nor in what was sent")
