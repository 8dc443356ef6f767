"""Sharing a reply store through a data set repository on the Hub, so that a version is paid for once and built by everybody.

push: what the Hub does not hold goes up as one more file, in one commit. pull: files that were never merged are brought down and merged row by row.
Neither changes a reply that is an answer already, here or there; so it does not matter who pushes and pulls when, how often, or what breaks off.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import DatasetError, HeadMovedError, PublishError, UsageError
from emojit.logs import progress
from emojit.network import hub_endpoint, hub_progress, require_online
from emojit.release.address import check_repo_id, page_url
from emojit.release.files import compare, read_file
from emojit.release.hub import Head, HubRepo
from emojit.release.replies_card import replies_card
from emojit.release.replies_files import (
    FOLDER,
    DamagedFileError,
    KnownKeys,
    RepliesFile,
    is_replies_file,
    read_keys,
    read_rows,
    write_file,
)
from emojit.teacher import ReplyStore
from emojit.teacher.merging import Merged, Merging, checked_reply

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

logger = logging.getLogger(__name__)

_TRIES = 10  # commits that somebody else may get ahead of
_MANIFEST = "manifest.json"
_CARD = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesPushed:
    """What a push of replies did, or would do.

    Attributes:
        repo_id: the repository.
        url: its page.
        store: the file of the reply store.
        sent: replies that the Hub did not hold (count).
        held: replies that it held before (count).
        path: the new file in the repository, or None.
        bytes: its size.
        commit: the commit that brought it, or None where nothing was sent.
        created: whether the repository did not exist before.
        damaged_files: files of the repository that are no replies and were passed over.
        dry_run: nothing was sent.
    """

    repo_id: str
    url: str
    store: str
    sent: int
    held: int
    path: str | None
    bytes: int
    commit: str | None
    created: bool
    damaged_files: tuple[str, ...]
    dry_run: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesPulled:
    """What a pull of replies did, or would do.

    Attributes:
        repo_id: the repository.
        commit: the commit that was read.
        store: the file of the reply store.
        files: files that were read (count).
        files_known: files that an earlier pull had merged (count).
        added: answers that are new in the store (count).
        known: answers that the store had (count).
        conflicts: answers that the store has otherwise, and keeps (count).
        damaged_rows: rows that were refused (count): no answer, or a key that is not the hash of the request.
        damaged_files: files that are no replies and were passed over.
        dry_run: nothing was stored.
    """

    repo_id: str
    commit: str
    store: str
    files: int
    files_known: int
    added: int
    known: int
    conflicts: int
    damaged_rows: int
    damaged_files: tuple[str, ...]
    dry_run: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return asdict(self)


def push_replies(
    repo_id: str, store: Path, *, private: bool = False, dry_run: bool = False, quiet: bool = False
) -> RepliesPushed:
    """Send the answers of a reply store that the Hub does not hold.

    Args:
        repo_id: data set repository `namespace/name`, for replies alone; created when it does not exist.
        store: file of the reply store.
        private: create the repository so that only its owners see it.
        dry_run: find out everything, send nothing.
        quiet: no progress bars.

    Returns:
        What was done; `sent` 0 where the Hub held everything.

    Raises:
        UsageError: no such store, or no repository name.
        TeacherError: the file is no reply store.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: no or a bad token, no permission, a repository that holds something else, an unreachable Hub, or a file that read back
            differently.
    """
    check_repo_id(repo_id)
    repo = _repository(repo_id, token_needed=not dry_run)
    _require_store(store, what="push")
    with (
        ReplyStore(store) as replies,
        tempfile.TemporaryDirectory(prefix="emojit-replies-") as folder,
        KnownKeys(Path(folder)) as known,
        hub_progress(quiet=quiet),
    ):
        if not dry_run:
            repo.check_token()
        return _Push(repo, replies, known, Path(folder)).run(private=private, dry_run=dry_run)


class _Push:
    """One push of replies."""

    def __init__(self, repo: HubRepo, store: ReplyStore, known: KnownKeys, folder: Path) -> None:
        self.repo = repo
        self.store = store
        self.known = known
        self.folder = folder
        self.read: set[str] = set()
        self.damaged: list[str] = []

    def run(self, *, private: bool, dry_run: bool) -> RepliesPushed:
        created = False
        for _ in range(_TRIES):
            head = self.repo.head()
            if head is not None and private and not head.private:
                raise self._refuse("is public already", hint="make it private in its settings, or leave --private out")
            there = self._look(head)
            file = write_file(self.store, self.known, self.folder)
            created = created or head is None
            if file is None or dry_run:
                return self._result(file, commit=None, created=created, dry_run=dry_run)
            if head is None:
                self.repo.create(private=private, space_sdk=None)
                head = self.repo.head()
            try:
                commit = self._commit(file, there, head)
            except HeadMovedError:
                logger.info("somebody else pushed to %s in between; looking at what is there now", self.repo.repo_id)
                continue
            self._read_back(file, commit)
            return self._result(file, commit=commit, created=created, dry_run=False)
        raise self._refuse(f"somebody else was faster {_TRIES} times", hint="run the same command again")

    def _look(self, head: Head | None) -> dict[str, RepoFile]:
        """Return the repository's files, with the keys of those that hold replies added to what is known."""
        if head is None or head.commit is None:
            return {}
        there = self.repo.files(head.commit)
        if _MANIFEST in there:
            raise self._refuse(
                "holds a version of a data set, and its next release would take the replies away",
                hint=f"give replies a repository of their own, for example {self.repo.repo_id}-replies",
            )
        for path in sorted(path for path in there if is_replies_file(path) and path not in self.read):
            try:
                self.known.add(read_keys(self.repo.download(path, head.commit), path))
            except DamagedFileError as exc:
                logger.warning("%s: %s; it is passed over", self.repo.repo_id, exc)
                self.damaged.append(path)
            self.read.add(path)
        return there

    def _commit(self, file: RepliesFile, there: dict[str, RepoFile], head: Head | None) -> str:
        parent = head.commit if head is not None else None
        added = {file.path: file.source}
        current = None
        if _CARD in there and parent is not None:
            current = self.repo.download(_CARD, parent).read_text(encoding="utf-8", errors="replace")
        card = replies_card(self.repo.repo_id, current)
        if card != current:
            added[_CARD] = self.folder / _CARD
            added[_CARD].write_text(card, encoding="utf-8", newline="\n")
        message = f"Add {file.rows:,} {'reply' if file.rows == 1 else 'replies'}"
        return self.repo.commit(added, [], message=message, parent=parent)

    def _read_back(self, file: RepliesFile, commit: str) -> None:
        there = self.repo.files(commit)
        local = [read_file(file.source, file.path)]
        if any(
            planned.change != "same" for planned in compare(local, {k: v for k, v in there.items() if k == file.path})
        ):
            raise self._refuse(f"{file.path} reads back differently", hint="check the Hub's storage and push again")

    def _result(self, file: RepliesFile | None, *, commit: str | None, created: bool, dry_run: bool) -> RepliesPushed:
        sent = file.rows if file is not None else 0
        return RepliesPushed(
            repo_id=self.repo.repo_id,
            url=page_url(self.repo.endpoint, "dataset", self.repo.repo_id, "main"),
            store=str(self.store),
            sent=sent,
            held=sum(1 for _ in self.store.answers()) - sent,
            path=file.path if file is not None else None,
            bytes=file.size if file is not None else 0,
            commit=commit,
            created=created,
            damaged_files=tuple(self.damaged),
            dry_run=dry_run,
        )

    def _refuse(self, message: str, *, hint: str) -> PublishError:
        return PublishError(f"{self.repo.repo_id}: {message}", hint=hint, repo_id=self.repo.repo_id)


def pull_replies(repo_id: str, store: Path, *, dry_run: bool = False, quiet: bool = False) -> RepliesPulled:
    """Merge the replies of a repository into a reply store.

    An answer that is in the store stands; an error gives way. Every row is checked, and each thousand is stored at once or not at all; a pull that
    broke off is begun again with the file in which it did.

    Args:
        repo_id: data set repository `namespace/name`.
        store: file of the reply store; made where there is none.
        dry_run: find out everything, store nothing.
        quiet: no progress bars.

    Raises:
        UsageError: no repository name.
        TeacherError: the file is no reply store, or cannot be written.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        DatasetError: no such repository, or no replies in it.
        PublishError: the Hub cannot be reached, or refuses to answer.
    """
    check_repo_id(repo_id)
    repo = _repository(repo_id, token_needed=False)
    with hub_progress(quiet=quiet):
        head = repo.head()
        if head is None:
            raise DatasetError(
                f"{repo_id}: no such data set at {repo.endpoint}, or no access to it",
                hint="check the name and HF_ENDPOINT; for a private one run `hf auth login`",
            )
        commit = head.commit or ""
        paths = sorted(filter(is_replies_file, repo.files(commit) if commit else ()))
        if not paths:
            raise DatasetError(
                f"{repo_id}: no replies in it ({FOLDER}/*.parquet)",
                hint=f"share some with `emojit replies push {repo_id}`",
            )
        with ReplyStore(None if dry_run and not store.exists() else store) as replies:
            merging = Merging(replies)
            merged = merging.merged_files()
            new = [path for path in paths if path not in merged]
            counts, rows, damaged = Merged(), 0, []
            for path in progress(new, label="replies", unit="file", quiet=quiet):
                try:
                    taken, refused = _merge(merging, repo.download(path, commit), path, dry_run=dry_run)
                except DamagedFileError as exc:
                    logger.warning("%s: %s; it is passed over", repo_id, exc)
                    damaged.append(path)
                    continue
                counts, rows = counts + taken, rows + refused
    return RepliesPulled(
        repo_id=repo_id,
        commit=commit,
        store=str(store),
        files=len(new) - len(damaged),
        files_known=len(paths) - len(new),
        added=counts.added,
        known=counts.known,
        conflicts=counts.conflicts,
        damaged_rows=rows,
        damaged_files=tuple(damaged),
        dry_run=dry_run,
    )


def _merge(merging: Merging, source: Path, path: str, *, dry_run: bool) -> tuple[Merged, int]:
    """Merge one file; returns the counts and how many rows were refused."""
    counts, refused = Merged(), 0
    for rows in read_rows(source, path):
        good = [reply for row in rows if (reply := checked_reply(row)) is not None]
        refused += len(rows) - len(good)
        counts += merging.merge(good, dry_run=dry_run)
    if not dry_run:
        merging.finish(path)
    return counts, refused


def only_store(folder: Path = Path("builds")) -> Path:
    """Return the one reply store that stands beside the builds, for a command that names none.

    Raises:
        UsageError: there is none, or more than one.
    """
    stores: Sequence[Path] = sorted(folder.glob("*.replies.sqlite"))
    if len(stores) == 1:
        return stores[0]
    found = (
        f"several reply stores in {folder}: {', '.join(path.name for path in stores)}"
        if stores
        else f"no reply store in {folder}"
    )
    raise UsageError(found, hint="name one with --store FILE")


def _require_store(store: Path, *, what: str) -> None:
    if not store.is_file():
        raise UsageError(
            f"{store}: no such reply store to {what}", hint="name it with --store FILE; a build says where its own is"
        )


def _repository(repo_id: str, *, token_needed: bool) -> HubRepo:
    from huggingface_hub import get_token

    endpoint = hub_endpoint()
    require_online(repo_id)
    token = get_token()
    if token is None and token_needed:
        raise PublishError(
            "no Hub token",
            hint="run `hf auth login`, or set HF_TOKEN; make one with write permission in your Hub settings",
        )
    return HubRepo(endpoint, "dataset", repo_id, token)
