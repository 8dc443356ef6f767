"""Writing the files of a git repository so that each is whole or absent, also on a full disk.

dulwich can write them, too, but where the disk is full it leaves its lock files and half packs behind, and then refuses the same object until somebody
removes them. Whoever calls this holds the repository's lock, so a lock file that is in the way belongs to nobody.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.localhub.store import sync_folder

if TYPE_CHECKING:
    from dulwich.objects import ShaFile

_READ_ONLY = 0o444
"""As git marks its objects."""


def write_whole(target: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file and sync it before it gets its name, which stays to be synced with its folder. A present file is replaced.

    Raises:
        OSError: it could not be written; nothing is left behind, and a present file is as it was.
    """
    lock = target.with_name(f"{target.name}.lock")
    try:
        with lock.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        lock.chmod(mode)
        lock.replace(target)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise


def write_loose(path: Path, objects: Iterable[ShaFile]) -> None:
    """Store objects one by one, durably.

    Args:
        path: the repository.
        objects: what is not stored yet.
    """
    folders: set[Path] = set()
    for item in objects:
        oid = item.id.decode()
        folder = path / "objects" / oid[:2]
        folder.mkdir(exist_ok=True)
        folders.add(folder)
        write_whole(folder / oid[2:], item.as_legacy_object(), mode=_READ_ONLY)
    for folder in folders:
        sync_folder(folder)
    sync_folder(path / "objects")


def write_pack(path: Path, objects: Sequence[ShaFile]) -> None:
    """Store objects together in one pack, durably. They are held in memory twice.

    Args:
        path: the repository.
        objects: at least one.
    """
    from dulwich.object_format import DEFAULT_OBJECT_FORMAT
    from dulwich.pack import full_unpacked_object, write_pack_data, write_pack_index

    pack, index = io.BytesIO(), io.BytesIO()
    unpacked = (full_unpacked_object(item) for item in objects)
    places, checksum = write_pack_data(pack.write, unpacked, DEFAULT_OBJECT_FORMAT, num_records=len(objects))
    write_pack_index(index, sorted((oid, offset, crc) for oid, (offset, crc) in places.items()), checksum)
    names = hashlib.sha1(b"".join(sorted(item.id for item in objects)), usedforsecurity=False).hexdigest()
    base = path / "objects" / "pack" / f"pack-{names}"
    # The index last: a pack without one is passed over by every reader.
    write_whole(base.with_suffix(".pack"), pack.getvalue(), mode=_READ_ONLY)
    try:
        write_whole(base.with_suffix(".idx"), index.getvalue(), mode=_READ_ONLY)
    except BaseException:
        base.with_suffix(".pack").unlink(missing_ok=True)
        raise
    sync_folder(base.parent)
