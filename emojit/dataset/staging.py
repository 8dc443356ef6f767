"""A folder that appears whole or not at all.

Everything is written into `.<name>.partial` beside the place where it will stand, put on the disk, and renamed there in one step. A run that fails
takes its partial folder along; one that is killed leaves it behind, and the next one starts afresh in it. A lock on `.<name>.lock` keeps a second run
out; the system lets go of it when its process dies, however that happens.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from emojit.errors import DatasetError


def place(out: Path) -> Path:
    """Return the absolute path of a folder, without "..", "." and links, so that what stands beside it has one name.

    Raises:
        DatasetError: it is the root of the file system, which has nothing beside it.
    """
    resolved = Path(out).resolve()
    if not resolved.name:
        raise DatasetError(f"{out}: is no folder that a build could become", hint="choose another folder with --out")
    return resolved


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the only right to write a folder.

    Args:
        out: the folder; it need not exist.

    Raises:
        DatasetError: another process holds it, or the place cannot be written.
    """
    path = out.with_name(f".{out.name}.lock")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _acquire(path)
    except OSError as exc:
        raise DatasetError(
            f"{out}: cannot be written ({exc.strerror})", hint="choose another folder with --out"
        ) from exc
    if descriptor is None:
        raise DatasetError(
            f"{out}: another process is building into it", hint="let it finish, or choose another --out"
        )
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        os.close(descriptor)


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder to fill, and put it in the place of `out` when the block ends without an error.

    Args:
        out: where the folder will stand; must be missing or empty, and locked.

    Yields:
        The folder to write into, on the same file system.
    """
    staging = out.with_name(f".{out.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        sync(staging)
        staging.rename(out)
        _sync_folder(out.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def sync(folder: Path) -> None:
    """Put every file of a folder and the folders themselves on the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int | None:
    """Lock a file that others may be removing at this moment; None when somebody else holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass
        os.close(descriptor)  # we locked a file that its owner had just removed: try the new one
