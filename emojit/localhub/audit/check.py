"""`emojit hub check`: is everything there, and is it what it was?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Never

from emojit.localhub.audit.check_git import GitCheck
from emojit.localhub.audit.findings import Findings
from emojit.localhub.audit.notebook import Notebook
from emojit.localhub.audit.opening import OpenStore, open_store
from emojit.localhub.store import Store
from emojit.logs import progress

if TYPE_CHECKING:
    from tqdm import tqdm

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES = 1024 * 1024


def check(root: Path, *, quiet: bool = False) -> Findings:
    """Audit a store that no Hub serves. Nothing is changed but the database's schema, which is brought up to date where the folder can be written.

    Memory does not grow with the store.

    Args:
        root: folder of the store.
        quiet: no progress bars.

    Raises:
        HubServerError: there is no store, a Hub is serving it, or its database cannot be read.
    """
    findings = Findings()
    with open_store(root, looks=True) as opened, Notebook() as notebook:
        _database(opened, findings)
        with progress(label="git objects", unit="object", quiet=quiet) as bar:
            for record in opened.records():
                if not opened.store.repo(record.key).is_dir():
                    where = opened.store.repo(record.key)
                    findings.problem(record.url_path, f"is in the database, but its folder {where} is missing")
                    continue
                findings.counts["repositories"] += 1
                GitCheck(opened, record, notebook, findings, bar).run()
        total = sum(path.stat().st_size for path in stored_files(opened.store))
        with progress(total=total, label="large files", unit="B", quiet=quiet) as bar:
            _large_files(opened.store, findings, notebook, bar)
        _needs(opened.store, findings, notebook)
    return findings


def stored_files(store: Store) -> Iterator[Path]:
    """Every file below `lfs/`, sorted."""
    for folder in sorted((store.root / "lfs").glob("*/*")):
        yield from sorted(path for path in folder.iterdir() if path.is_file())


def is_large_file(store: Store, path: Path) -> bool:
    """Whether a file below `lfs/` has the name and place of a large file."""
    return _SHA256.fullmatch(path.name) is not None and store.lfs(path.name) == path


def _database(opened: OpenStore, findings: Findings) -> None:
    for (line,) in opened.database.rows("PRAGMA integrity_check"):
        if line != "ok":
            findings.problem(opened.store.database.name, str(line))
    for table, row, parent, _ in opened.database.rows("PRAGMA foreign_key_check"):
        findings.problem(
            opened.store.database.name, f"row {row} of {table} belongs to a row of {parent} that is missing"
        )
    known = opened.registry.keys()
    for folder in sorted(opened.store.repos.iterdir()):
        if folder.stem not in known:
            findings.remain(f"{folder.relative_to(opened.store.root)}: of a repository that is not in the database")
    for name in ("tmp", "xet"):
        for path in sorted((opened.store.root / name).glob("*")):
            findings.remain(f"{path.relative_to(opened.store.root)}: of an upload that was cut off")
    for discussion in opened.discussions.merges_under_way():
        record = opened.registry.by_key(discussion.key)
        where = record.url_path if record else discussion.key
        findings.remain(f"{where}: the merge of pull request {discussion.number} was announced and not confirmed")


def _large_files(store: Store, findings: Findings, notebook: Notebook, bar: tqdm[Never]) -> None:
    for path in stored_files(store):
        if not is_large_file(store, path):
            findings.remain(f"{path.relative_to(store.root)}: no large file has this name")
            continue
        digest = hashlib.sha256()
        findings.counts["large_files"] += 1
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
                    findings.counts["large_bytes"] += len(block)
                    bar.update(len(block))
        except OSError as exc:
            findings.problem(f"large file {path.name}", f"cannot be read: {exc.strerror or exc}")
            continue
        if digest.hexdigest() != path.name:
            needed = "needed by a reference" if notebook.is_needed(path.name) else "needed by no reference"
            findings.problem(f"large file {path.name}", f"has the sha256 {digest.hexdigest()} ({needed})")


def _needs(store: Store, findings: Findings, notebook: Notebook) -> None:
    for need in notebook.needs():
        try:
            size = store.lfs(need.sha256).stat().st_size
        except FileNotFoundError:
            findings.problem(need.where, f"the large file {need.sha256} is missing")
            continue
        if size != need.size:
            findings.problem(need.where, f"the large file {need.sha256} has {size} bytes instead of {need.size}")
