"""Creating, opening, changing and deleting repositories: the registry and the git folders kept in step.

A git folder exists before its record and outlives it, so a crash in between leaves an unknown folder, never a record without content; the unknown
folders are removed at the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from emojit.localhub.git import GitRepository
from emojit.localhub.git_cache import GitCache
from emojit.localhub.git_writer import GitWriter, create_repository, remove_stale_locks
from emojit.localhub.refusal import repo_not_found
from emojit.localhub.registry import Registry, RepoRecord
from emojit.localhub.store import Store, sync_folder

_LARGE_SUFFIXES = (
    "7z arrow bin bz2 ckpt ftz gz h5 joblib lfs.* mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl pt pth rar safetensors tar tar.* "
    "tflite tgz wasm xz zip zst"
)
"""What the public Hub stores as large files in a new repository, whatever its size."""

GITATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in [*(f"*.{suffix}" for suffix in _LARGE_SUFFIXES.split()), "saved_model/**/*", "*tfevents*"]
)


class Repositories:
    """All repositories of one Hub, on disk.

    Attributes:
        registry: the records.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self.registry = registry
        self._store = store
        self._cache = GitCache()
        self._locks: dict[str, threading.RLock] = {}

    def recover(self) -> None:
        """Clean up after a server that was killed."""
        known = self.registry.keys()
        for folder in self._store.repos.iterdir():
            if folder.stem in known:
                remove_stale_locks(folder)
            else:
                self._store.discard_folder(folder)

    def create(self, record: RepoRecord, files: Mapping[str, bytes]) -> None:
        """Create the repository of a new record.

        Args:
            record: what to register.
            files: what the first commit holds by path; a `.gitattributes` is added unless it is among them.

        Raises:
            RefusalError: 409, the id is taken; 422, a file stands where a folder is needed.
        """
        files = {".gitattributes": GITATTRIBUTES.encode(), **files}
        staging = self._store.tmp / record.key
        try:
            create_repository(staging, files, author=record.namespace)
        except BaseException:
            self._store.discard_folder(staging)
            raise
        folder = self._store.repo(record.key)
        staging.replace(folder)
        sync_folder(folder.parent)
        try:
            self.registry.add(record)
        except BaseException:
            self._store.discard_folder(folder)
            raise

    def delete(self, record: RepoRecord) -> None:
        """Delete a repository. Large files stay in the store; other repositories may share them."""
        with self.lock(record.key):
            self.registry.remove(record.key)
            self._store.discard_folder(self._store.repo(record.key))
        self._locks.pop(record.key, None)

    def open(self, record: RepoRecord) -> GitRepository:
        """Open the git repository of a record for reading; use it in a `with` block.

        Raises:
            RefusalError: 404, it was deleted since the record was read.
        """
        from dulwich.errors import NotGitRepository

        try:
            return GitRepository(self._store.repo(record.key), self._cache)
        except NotGitRepository:
            raise repo_not_found() from None

    def with_pull_requests(self) -> list[RepoRecord]:
        """The repositories that have or had pull requests."""
        folders = [folder for folder in self._store.repos.iterdir() if (folder / "refs" / "pr").is_dir()]
        return [record for folder in folders if (record := self.registry.by_key(folder.stem))]

    @contextmanager
    def change(self, record: RepoRecord) -> Iterator[GitWriter]:
        """Open the git repository of a record for writing, and keep other writers out until the block ends.

        Raises:
            RefusalError: 404, it was deleted since the record was read.
        """
        from dulwich.errors import NotGitRepository

        with self.lock(record.key):
            try:
                git = GitWriter(self._store.repo(record.key), self._cache)
            except NotGitRepository:
                raise repo_not_found() from None
            with git:
                yield git

    def lock(self, key: str) -> threading.RLock:
        """The lock that whoever moves a reference of this repository holds, from reading its old value on."""
        return self._locks.setdefault(key, threading.RLock())
