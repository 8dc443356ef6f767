"""Auditing one git repository: every object has its hash, every reference a commit, and nothing that a reference needs is missing."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Never

from emojit.localhub.audit.findings import Findings
from emojit.localhub.audit.git_walk import damage, note_large_file, open_git, references, remembered_commits, walk
from emojit.localhub.audit.notebook import Notebook
from emojit.localhub.audit.opening import OpenStore
from emojit.localhub.git import object_id
from emojit.localhub.git_writer import stale_files
from emojit.localhub.registry import RepoRecord

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.pack import Pack
    from dulwich.repo import Repo
    from tqdm import tqdm

_BLOCK_BYTES = 64 * 1024


class GitCheck:
    """The audit of one repository."""

    def __init__(
        self, opened: OpenStore, record: RepoRecord, notebook: Notebook, findings: Findings, bar: tqdm[Never]
    ) -> None:
        self._opened = opened
        self._record = record
        self._notebook = notebook
        self._findings = findings
        self._bar = bar
        self._path = opened.store.repo(record.key)

    def run(self) -> None:
        """Look at everything in the repository."""
        from dulwich.errors import NotGitRepository

        for left in [*stale_files(self._path), *half_packs(self._path)]:
            self._findings.remain(
                f"{self._record.url_path}: {left.relative_to(self._path)}, of a writer that was killed"
            )
        self._notebook.next_repository()
        self._loose_objects()
        try:
            with open_git(self._path) as (repo, store):
                self._packs(store)
                self._references(repo, store)
        except NotGitRepository:
            self._problem(f"{self._path} is no git repository")

    def _loose_objects(self) -> None:
        for path in loose_objects(self._path):
            oid = path.parent.name + path.name
            fault = _loose_fault(path, oid)
            if fault:
                self._problem(f"the object {oid} {fault}")
            self._count_object()

    def _packs(self, store: DiskObjectStore) -> None:
        damaged = damage()
        for pack in store.packs:
            name = f"the pack {Path(pack.data.filename).name}" if _opens(pack) else "a pack"
            try:
                pack.index.check()
                pack.data.check()
                pack.check_length_and_checksum()
            except damaged as exc:
                self._problem(f"{name} is damaged: {exc or type(exc).__name__}")
                continue
            for oid in pack:
                fault = _packed_fault(pack, oid.decode(), damaged)
                if fault:
                    self._problem(f"the object {oid.decode()} in {name} {fault}")
                self._count_object()

    def _references(self, repo: Repo, store: DiskObjectStore) -> None:
        tips = []
        known = {discussion.reference for discussion in self._opened.discussions.of(self._record.key)}
        for name, oid in references(repo):
            self._findings.counts["references"] += 1
            if oid is None:
                self._problem(f"{name} holds no object id")
                continue
            fault = _reference_fault(store, oid, is_tag=name.startswith("refs/tags/"))
            if fault:
                self._problem(f"{name} {fault}")
            elif name.startswith("refs/pr/") and name not in known:
                self._findings.remain(f"{self._record.url_path}: {name}, of a pull request that was never opened")
            tips.append((name, oid))
        present = {name for name, _ in tips}
        for discussion in self._opened.discussions.of(self._record.key):
            if discussion.is_pull_request and discussion.reference not in present:
                self._problem(f"pull request {discussion.number} has no {discussion.reference}")
        starts = [tip for tip in remembered_commits(self._opened, self._record.key) if "start" in tip[0]]
        for name, item in walk(store, [*tips, *starts], self._notebook, self._lost):
            is_void = note_large_file(self._opened, self._record, name, item, self._notebook)
            self._findings.counts["void_pointers"] += is_void

    def _lost(self, tip: str, oid: str, why: str) -> None:
        self._problem(f"the object {oid}, needed by {tip}, {why}")

    def _problem(self, what: str) -> None:
        self._findings.problem(self._record.url_path, what)

    def _count_object(self) -> None:
        self._findings.counts["objects"] += 1
        self._bar.update()


def loose_objects(repository: Path) -> Iterator[Path]:
    """The files of the objects that are in no pack."""
    for folder in sorted((repository / "objects").glob("[0-9a-f][0-9a-f]")):
        for path in sorted(folder.iterdir()):
            if len(path.name) == 38 and not set(path.name) - set("0123456789abcdef"):
                yield path


def half_packs(repository: Path) -> list[Path]:
    """Packs without an index, and indexes without a pack: of a writer that was killed between the two, or of damage.

    A pack is written first and its index after it, and references move later. So what a pack without an index holds is needed only if there is damage.
    """
    folder = repository / "objects" / "pack"
    pairs = ((".pack", ".idx"), (".idx", ".pack"))
    found = (file for here, other in pairs for file in folder.glob(f"*{here}") if not file.with_suffix(other).exists())
    return sorted(file for file in found if not file.name.startswith("tmp"))


def _loose_fault(path: Path, oid: str) -> str | None:
    """What is wrong with a loose object: zlib of header and content, whose SHA-1 is the name."""
    inflate, digest = zlib.decompressobj(), hashlib.sha1(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(inflate.decompress(block))
    except (OSError, zlib.error) as exc:
        return f"cannot be read: {exc}"
    if not inflate.eof:
        return "is cut off"
    if inflate.unused_data:
        return "is followed by bytes that do not belong to it"
    return None if digest.hexdigest() == oid else f"has the content of {digest.hexdigest()}"


def _opens(pack: Pack) -> bool:
    try:
        return bool(pack.data.filename)
    except damage():
        return False


def _packed_fault(pack: Pack, oid: str, damaged: tuple[type[BaseException], ...]) -> str | None:
    from dulwich.objects import ShaFile

    try:
        kind, content = pack.get_raw(object_id(oid))
        found = ShaFile.from_raw_string(kind, content).id.decode()
    except damaged as exc:
        return f"cannot be read: {exc or type(exc).__name__}"
    return None if found == oid else f"has the content of {found}"


def _reference_fault(store: DiskObjectStore, oid: str, *, is_tag: bool) -> str | None:
    from dulwich.object_store import peel_sha
    from dulwich.objects import Commit

    try:
        direct, peeled = peel_sha(store, object_id(oid))
    except KeyError:
        return f"points to {oid}, which is missing"
    except damage() as exc:
        return f"points to {oid}, which cannot be read: {exc or type(exc).__name__}"
    if not isinstance(peeled if is_tag else direct, Commit):
        return f"points to {oid}, which is no commit"
    return None
