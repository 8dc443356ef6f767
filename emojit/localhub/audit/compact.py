"""Dropping the git objects that no reference leads to, and joining many small files into one pack.

The new pack is on disk, with its index, and was read back before anything that it replaces goes: killed at any moment, the repository is whole.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import HubServerError
from emojit.localhub.audit.check_git import half_packs, loose_objects
from emojit.localhub.audit.git_walk import damage, open_git
from emojit.localhub.audit.notebook import Notebook
from emojit.localhub.git import object_id
from emojit.localhub.store import sync_folder

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.pack import Pack, UnpackedObject

MAX_LOOSE = 128
MAX_PACKS = 4
"""Above either number a repository is packed anew."""
_TRAILER_BYTES = 20
_BLOCK_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What was done in one repository."""

    objects: int
    """Removed, or to be removed."""
    freed: int
    """Bytes. Less than nothing when a new pack is larger than what it replaces, since it holds no differences between versions of a file."""
    is_packed: bool


def compact(path: Path, notebook: Notebook, *, dry_run: bool) -> Compaction:
    """Remove what `notebook` has not seen, and pack the rest if it lies in many files.

    Args:
        path: the repository; every reference was walked through.
        notebook: the objects that the references lead to.
        dry_run: only count. What packing saves is not known then.

    Raises:
        HubServerError: the new pack reads back differently; nothing was removed.
    """
    loose = [oid for oid in _loose_ids(path) if not notebook.has_seen(oid)]
    loose_count = sum(1 for _ in _loose_ids(path))
    freed = sum(_loose_path(path, oid).stat().st_size for oid in loose)
    with open_git(path) as (_, store):
        packs = list(store.packs)
        dropped = [_dropped(path, pack, notebook) for pack in packs]
        in_packs = sum(count for count, _ in dropped)
        must_pack = in_packs > 0 or loose_count - len(loose) > MAX_LOOSE or len(packs) > MAX_PACKS
        result = Compaction(
            objects=len(loose) + in_packs, freed=freed + sum(size for _, size in dropped), is_packed=must_pack
        )
        if dry_run:
            return result
        before = _size(path)
        kept = _pack(store, notebook) if must_pack else None
    if must_pack:
        sync_folder(path / "objects" / "pack")
        for pack_file in _pack_files(path, besides=kept):
            _remove(pack_file)
        loose = list(_loose_ids(path))
    for oid in loose:
        _remove(_loose_path(path, oid))
    for half in half_packs(path):
        _remove(half)
    return Compaction(objects=result.objects, freed=before - _size(path), is_packed=must_pack)


def _loose_ids(path: Path) -> Iterator[str]:
    return (file.parent.name + file.name for file in loose_objects(path))


def _loose_path(path: Path, oid: str) -> Path:
    return path / "objects" / oid[:2] / oid[2:]


def _dropped(path: Path, pack: Pack, notebook: Notebook) -> tuple[int, int]:
    """How many objects of a pack nothing leads to, and how many bytes of the pack they take."""
    entries = sorted((offset, oid) for oid, offset, _ in pack.index.iterentries())
    size = (path / "objects" / "pack" / pack.data.filename).stat().st_size
    ends = [*(offset for offset, _ in entries[1:]), size - _TRAILER_BYTES]
    sizes = [end - start for (start, oid), end in zip(entries, ends, strict=True) if not notebook.has_seen(oid.hex())]
    return len(sizes), sum(sizes)


def _pack(store: DiskObjectStore, notebook: Notebook) -> str | None:
    """Write all seen objects into one pack and return its name; None when there are none."""
    from dulwich.pack import write_pack_data

    if not notebook.seen_count():
        return None
    file, commit, abort = store.add_pack()
    try:
        objects = _contents(store, notebook)
        write_pack_data(file.write, objects, store.object_format, num_records=notebook.seen_count())
    except BaseException:
        abort()
        raise
    commit()
    for pack in store.packs:
        try:
            if any(object_id(oid) not in pack for oid in notebook.seen()):
                continue
            # Also when dulwich kept an older pack of the same objects in place of the new one: it must be in order before the others go.
            pack.index.check()
            pack.data.check()
        except damage():
            continue
        return Path(pack.data.filename).stem
    raise HubServerError(f"a new pack in {store.path} reads back differently", hint="run: emojit hub check")


def _contents(store: DiskObjectStore, notebook: Notebook) -> Iterator[UnpackedObject]:
    """The seen objects, one after the other, each compared with its name.

    Raises:
        HubServerError: an object has another content than its name says.
    """
    from dulwich.objects import ShaFile
    from dulwich.pack import full_unpacked_object

    for oid in notebook.seen():
        kind, content = store.get_raw(object_id(oid))
        item = ShaFile.from_raw_string(kind, content)
        if item.id.decode() != oid:
            raise HubServerError(f"the object {oid} in {store.path} is damaged", hint="run: emojit hub check")
        yield full_unpacked_object(item)


def _pack_files(path: Path, *, besides: str | None) -> list[Path]:
    """The files of all packs but one; indexes first, since a pack without an index is a remainder that every reader passes over."""
    files = [file for file in (path / "objects" / "pack").iterdir() if file.stem != besides]
    return sorted(files, key=lambda file: file.suffix == ".pack")


def _remove(path: Path) -> None:
    path.chmod(stat.S_IWRITE | stat.S_IREAD)  # git's files are read-only, which Windows takes as a reason to keep them
    path.unlink()


def _size(path: Path) -> int:
    """Bytes that the objects take on the disk, which gives whole blocks: many small files take more than they hold."""
    facts = [file.stat() for file in (path / "objects").rglob("*") if file.is_file()]
    return int(sum(getattr(fact, "st_blocks", fact.st_size / _BLOCK_BYTES) * _BLOCK_BYTES for fact in facts))
