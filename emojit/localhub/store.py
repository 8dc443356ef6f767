"""Where things lie on disk, and how they get there without ever being half there.

    hub.sqlite3          users, token hashes, repositories, who uploaded which large file
    repos/<key>.git      one bare git repository each; the key is random, so a renamed repository does not move
    lfs/ab/cd/<sha256>   large files, stored once for all repositories
    xet/<upload>/        xorbs of one upload, removed once it is committed or at the next start
    tmp/                 files on their way; emptied at the next start

Every file is written to `tmp/`, synced, and moved to its final name: what has a final name is whole. `tmp/` lies in the same file system as the
rest, as `os.replace` needs it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from emojit.errors import HubServerError


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut; a rename alone is only in the page cache.

    Windows cannot open a folder and journals its names by itself.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_disk_full(error: OSError | sqlite3.Error) -> bool:
    """Whether this error, of a file or of the database, says that there is no space left, or that a quota is used up."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


class Store:
    """The folder layout below one root.

    Attributes:
        root: the folder that holds everything.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "hub.sqlite3"

    @property
    def repos(self) -> Path:
        """The folder of all git repositories."""
        return self.root / "repos"

    @property
    def tmp(self) -> Path:
        """The folder of files that are being written."""
        return self.root / "tmp"

    def repo(self, key: str) -> Path:
        """The bare git repository of `key`."""
        return self.repos / f"{key}.git"

    def lfs(self, sha256: str) -> Path:
        """Where the large file with this sha256 (64 hex digits) lies or will lie."""
        return self.root / "lfs" / sha256[:2] / sha256[2:4] / sha256

    def xet(self, upload_id: str) -> Path:
        """The xorbs of one upload."""
        return self.root / "xet" / upload_id

    @property
    def fixed(self) -> bool:
        """Whether the store lies where this process cannot write, such as read-only media: it can be looked at, no more."""
        return self.database.is_file() and not os.access(self.root, os.W_OK)

    def prepare(self) -> None:
        """Create the folders.

        Raises:
            HubServerError: the root cannot be created, read or written, it holds repositories without a database, or
                it is no store and holds other files.
        """
        try:
            self._refuse_a_folder_of_others()
            for folder in (self.root, self.repos, self.tmp):
                folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.tmp):
                pass
        except OSError as exc:
            reason = exc.strerror or str(exc)
            raise HubServerError(
                f"cannot write to the Hub folder {self.root}: {reason}", hint="choose another folder with --root"
            ) from exc

    def _refuse_a_folder_of_others(self) -> None:
        """A new store needs a folder of its own: what lies in `tmp/`, `xet/` and `repos/` of a store is swept."""
        if self.database.exists() or not self.root.exists():
            return
        if self.repos.is_dir() and any(self.repos.glob("*.git")):
            # A new database would know none of them, and what no database knows is cleared away at the start.
            raise HubServerError(
                f"{self.root} holds repositories, but their database {self.database.name} is missing",
                hint="bring the database back from a backup, or choose another folder with --root",
            )
        begun = {self.repos, self.tmp}  # of a server that was killed before it had a database
        for path in sorted(self.root.iterdir()):
            if path.name.startswith(".") or path.name == "lost+found":  # what systems put into every folder or disk
                continue
            if path not in begun or not path.is_dir() or any(path.iterdir()):
                raise HubServerError(
                    f"{self.root} is no store of a Hub and holds other files, {path.name!r} among them",
                    hint="choose a new or empty folder with --root",
                )

    def sweep(self) -> None:
        """Remove what an interrupted server left behind. Call it only while the database is locked by this process."""
        shutil.rmtree(self.root / "xet", ignore_errors=True)
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir(exist_ok=True)

    @contextlib.contextmanager
    def incoming(self) -> Iterator[IO[bytes]]:
        """Open a new file in `tmp/`; it is removed at the end unless `keep` moved it away.

        Yields:
            A binary file open for writing and reading, with its path as `name`.
        """
        with tempfile.NamedTemporaryFile(dir=self.tmp, delete=False) as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def keep(self, file: IO[bytes], target: Path) -> None:
        """Give a finished `incoming` file its final name, durably. An existing target is replaced by the same content."""
        file.flush()
        os.fsync(file.fileno())
        new_folders = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(file.name).replace(target)
        sync_folder(target.parent)
        for folder in new_folders:
            sync_folder(folder.parent)

    def discard_folder(self, folder: Path) -> None:
        """Remove a folder so that no reader sees it half removed."""
        aside = self.tmp / secrets.token_hex(16)  # renaming takes no space, which a full disk has not
        with contextlib.suppress(FileNotFoundError):
            folder.replace(aside)
        shutil.rmtree(aside, ignore_errors=True)
