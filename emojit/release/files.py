"""The files of a folder as a Hub sees them: path, size, and both checksums that a Hub may answer with."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

Change = Literal["new", "changed", "same", "deleted", "kept"]
"""What happens to a path: "same" is there already, "kept" is somebody else's file, which stays though the release does not bring it."""

_BLOCK = 1 << 20  # bytes read at a time
_IGNORED = {".git", ".cache", "__pycache__", ".DS_Store", ".ipynb_checkpoints"}
"""Names that no release holds; `.git` and `.cache` are refused by the Hub itself."""
_KEPT_ON_HUB = {".gitattributes"}
"""Files that the Hub writes itself; they survive a release that does not hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """One file that is to be published.

    Attributes:
        path: where it will stand in the repository, with forward slashes.
        source: where it lies on this machine.
        size: bytes.
        blob_sha1: the git object id of its content (40 hex digits).
        sha256: checksum of its content (64 hex digits), which a Hub uses for large files.
    """

    path: str
    source: Path
    size: int
    blob_sha1: str
    sha256: str

    def equals(self, remote: RepoFile) -> bool:
        """Whether the repository's file has the same bytes."""
        if remote.lfs is not None:
            return remote.lfs.sha256 == self.sha256
        return remote.blob_id == self.blob_sha1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """What a push does with one path.

    Attributes:
        path: path in the repository.
        size: bytes it will have, or had when it is deleted.
        change: what happens to it.
    """

    path: str
    size: int
    change: Change


def list_files(folder: Path, *, hidden: bool) -> list[LocalFile]:
    """Read every file of a folder, sorted by path; caches and editor debris are left out.

    Args:
        folder: what is published.
        hidden: whether files and folders whose names begin with a dot belong to it.
    """
    files = []
    for source in sorted(folder.rglob("*")):
        parts = source.relative_to(folder).parts
        if source.is_file() and not is_left_out(parts, hidden=hidden):
            files.append(read_file(source, "/".join(parts)))
    return files


def is_left_out(parts: Sequence[str], *, hidden: bool) -> bool:
    """Whether a path, given by its parts, belongs to no release: a cache, an editor's debris, or hidden where hidden files do not count."""
    return bool(_IGNORED.intersection(parts)) or (not hidden and any(part.startswith(".") for part in parts))


def read_file(source: Path, path: str) -> LocalFile:
    """Compute size and checksums of one file in one pass, in constant memory."""
    size = source.stat().st_size
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)  # the header git puts before the content
    whole = hashlib.sha256()
    with source.open("rb") as stream:
        while block := stream.read(_BLOCK):
            blob.update(block)
            whole.update(block)
    return LocalFile(path=path, source=source, size=size, blob_sha1=blob.hexdigest(), sha256=whole.hexdigest())


def left_over(local: Iterable[LocalFile], remote: Iterable[str]) -> list[str]:
    """Return the paths of a repository that a folder does not bring, sorted; without those that the Hub writes itself."""
    return sorted(set(remote) - {file.path for file in local} - _KEPT_ON_HUB)


def compare(
    local: Iterable[LocalFile], remote: Mapping[str, RepoFile], *, kept: Collection[str] = ()
) -> list[PlannedFile]:
    """Say for every path of the folder and of the repository what a release changes, sorted by path.

    Args:
        local: the files to be published.
        remote: the files of the repository.
        kept: paths that stay though the folder does not bring them; all others of that kind are deleted.
    """
    wanted = {file.path: file for file in local}
    planned = [
        PlannedFile(path=path, size=remote[path].size, change="kept" if path in kept else "deleted")
        for path in left_over(wanted.values(), remote)
    ]
    for path, file in wanted.items():
        there = remote.get(path)
        change: Change = "new" if there is None else "same" if file.equals(there) else "changed"
        planned.append(PlannedFile(path=path, size=file.size, change=change))
    return sorted(planned, key=lambda file: file.path)


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file into a folder that is laid out to be published: as a hard link, so that weights and Parquet files are not copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
