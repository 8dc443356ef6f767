"""`emojit hub gc`: removing what nothing refers to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from emojit.errors import HubServerError
from emojit.localhub.audit.check import is_large_file, stored_files
from emojit.localhub.audit.compact import compact
from emojit.localhub.audit.git_walk import has_object, note_large_file, open_git, references, remembered_commits, walk
from emojit.localhub.audit.notebook import Notebook
from emojit.localhub.audit.opening import OpenStore, open_store
from emojit.localhub.git_writer import stale_files
from emojit.localhub.pull_requests import recover
from emojit.localhub.registry import RepoRecord
from emojit.localhub.store import Store
from emojit.logs import progress

GRACE_S = 24 * 3600.0
"""As long as the address of an upload holds: its commit may still come."""


@dataclass(slots=True, kw_only=True)
class Collected:
    """What was removed, or would be."""

    large_files: int = 0
    large_bytes: int = 0
    waiting_files: int = 0
    """Large files that nothing needs, younger than the grace period."""
    waiting_bytes: int = 0
    objects: int = 0
    """Git objects that no reference leads to."""
    git_bytes: int = 0
    """What the git repositories became smaller."""
    packed: int = 0
    """Repositories that were packed anew."""
    remains: int = 0
    """Files of uploads and repositories that were cut off or deleted."""
    remain_bytes: int = 0

    @property
    def freed(self) -> int:
        """Bytes in all."""
        return self.large_bytes + self.git_bytes + self.remain_bytes

    def as_dict(self) -> Mapping[str, object]:
        """For `--json`."""
        return {**asdict(self), "freed": self.freed}


def collect(root: Path, *, dry_run: bool = False, grace_s: float = GRACE_S, quiet: bool = False) -> Collected:
    """Remove from a store, which no Hub serves, what no branch, tag or pull request needs.

    It can be killed at any moment: what is needed is never touched, and the next run removes the rest.

    Args:
        root: folder of the store.
        dry_run: only count.
        grace_s: large files that came in this time stay, needed or not (seconds).
        quiet: no progress bar.

    Raises:
        HubServerError: there is no store, a Hub is serving it, or it is damaged: then what is needed cannot be known, and no large file is removed.
    """
    collected = Collected()
    with open_store(root) as opened, Notebook() as notebook:
        _remains(opened, collected, dry_run=dry_run)
        records = opened.records()
        for record in progress(records, label="repositories", unit="repository", quiet=quiet):
            _repository(opened, record, notebook, collected, dry_run=dry_run)
        _large_files(opened.store, notebook, collected, newest=time.time() - grace_s, dry_run=dry_run)
        if not dry_run:
            for record in records:
                _forget(opened, record, notebook)
    return collected


def _remains(opened: OpenStore, collected: Collected, *, dry_run: bool) -> None:
    """What the next start would clear away, too."""
    store = opened.store
    known = opened.registry.keys()
    orphans = [folder for folder in store.repos.iterdir() if folder.stem not in known]
    folders = [store.tmp, store.root / "xet", *orphans]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    files += [file for key in known if store.repo(key).is_dir() for file in stale_files(store.repo(key))]
    collected.remains = len(files)
    collected.remain_bytes = sum(file.stat().st_size for file in files)
    if not dry_run:
        _check_folders(opened)
        store.sweep()
        opened.repositories.recover()
        recover(opened.discussions, opened.repositories)


def _check_folders(opened: OpenStore) -> None:
    for record in opened.records():
        if not opened.store.repo(record.key).is_dir():
            raise _damaged(record, f"its folder {opened.store.repo(record.key)} is missing")


def _repository(
    opened: OpenStore, record: RepoRecord, notebook: Notebook, collected: Collected, *, dry_run: bool
) -> None:
    from dulwich.errors import NotGitRepository

    path = opened.store.repo(record.key)

    def lost(tip: str, oid: str, why: str) -> None:
        raise _damaged(record, f"the object {oid}, needed by {tip}, {why}")

    notebook.next_repository()
    try:
        with open_git(path) as (repo, store):
            tips = []
            for name, oid in references(repo):
                if oid is None:
                    raise _damaged(record, f"{name} holds no object id")
                tips.append((name, oid))
            # A commit that a merged pull request names may have gone before; a start that is missing is for `emojit hub check` to tell.
            tips += [(name, oid) for name, oid in remembered_commits(opened, record.key) if has_object(store, oid)]
            for where, item in walk(store, tips, notebook, lost):
                note_large_file(opened, record, where, item, notebook)
    except NotGitRepository as exc:
        raise _damaged(record, f"{path} is no git repository") from exc
    try:
        done = compact(path, notebook, dry_run=dry_run)
    except OSError as exc:
        raise HubServerError(
            f"{record.url_path} cannot be packed: {exc.strerror or exc}; it is as it was, and no large file was removed",
            hint="make room on the disk or look at its permissions, then run it again",
        ) from exc
    collected.objects += done.objects
    collected.git_bytes += done.freed
    collected.packed += done.is_packed


def _damaged(record: RepoRecord, what: str) -> HubServerError:
    return HubServerError(
        f"{record.url_path} is damaged: {what}; no large file was removed",
        hint="run: emojit hub check, then repair it",
    )


def _large_files(store: Store, notebook: Notebook, collected: Collected, *, newest: float, dry_run: bool) -> None:
    for path in stored_files(store):
        if not is_large_file(store, path) or notebook.is_needed(path.name):
            continue
        facts = path.stat()
        if facts.st_mtime > newest:
            collected.waiting_files += 1
            collected.waiting_bytes += facts.st_size
            continue
        collected.large_files += 1
        collected.large_bytes += facts.st_size
        if not dry_run:
            path.unlink()


def _forget(opened: OpenStore, record: RepoRecord, notebook: Notebook) -> None:
    """Forget that removed files were uploaded. What is needed and missing is damage, not garbage, and stays known."""
    uploaded = (item.sha256 for item in opened.registry.large_files(record.key))
    gone = [sha256 for sha256 in uploaded if not opened.store.lfs(sha256).exists() and not notebook.is_needed(sha256)]
    if gone:
        opened.registry.revoke(record.key, gone)
