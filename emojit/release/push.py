"""Publish a folder as a tagged version: plan, one commit, one tag, read back.

The order is what makes it safe. The folder is checked before the Hub is asked; main gets one commit or none; the tag comes only after the commit;
and what the Hub then says it holds under the tag is compared with the folder, file by file. Whatever breaks in between, the same command goes on:
files that are already there are not sent again, and a commit without its tag only gets the tag.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emojit.dataset.folder import MANIFEST
from emojit.errors import PublishError
from emojit.network import hub_endpoint, hub_progress, require_online
from emojit.release.address import (
    MANIFEST_RECORD,
    Kind,
    check_repo_id,
    check_tag,
    hub_type,
    next_tag,
    page_url,
)
from emojit.release.contents import check_contents, require_folder, space_sdk
from emojit.release.files import LocalFile, PlannedFile, compare, list_files
from emojit.release.hub import Head, HubRepo
from emojit.release.staging import is_run_folder, stage_model

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did, or would do.

    Attributes:
        kind: what was published.
        repo_id: the repository.
        url: address of the version's page.
        commit: the commit under the tag; None in a dry run that would make one.
        tag: the version.
        message: message of the commit.
        files: every path concerned and what happened to it, sorted by path.
        uploaded_bytes: size of the new and changed files (bytes).
        created: whether the repository did not exist before.
        already_there: the same bytes stood under this tag already, and nothing was done.
        dry_run: nothing was sent.
    """

    kind: Kind
    repo_id: str
    url: str
    commit: str | None
    tag: str
    message: str
    files: tuple[PlannedFile, ...]
    uploaded_bytes: int
    created: bool
    already_there: bool
    dry_run: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}


def push(
    kind: Kind,
    path: Path,
    repo_id: str,
    *,
    tag: str,
    private: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
) -> PushResult:
    """Publish a folder as version `tag` of a repository on the Hub that `HF_ENDPOINT` names.

    Args:
        kind: "dataset" (a build folder), "model" (a run folder or a plain model folder), "metric" (a folder that `evaluate.load` reads) or "space".
        path: the folder.
        repo_id: `namespace/name`; created when it does not exist.
        tag: version such as "v1". A tag is never moved.
        private: create the repository so that only its owners see it.
        dry_run: find out everything, send nothing.
        quiet: no progress bars.

    Returns:
        What was done. The same bytes under the same tag a second time: `already_there`, and nothing is done.

    Raises:
        UsageError: the folder, the repository id or the tag is no such thing.
        DatasetError: a half or damaged build folder.
        StudentError: a model folder that nobody could load.
        CardError: a fact that the model's card needs is missing.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: no or a bad token, no permission, other bytes under the tag, an unreachable Hub, or a file that read back differently.
    """
    check_repo_id(repo_id)
    check_tag(tag)
    base = hub_endpoint()
    require_online(repo_id)
    require_folder(path)
    with _laid_out(kind, path, repo_id=repo_id, tag=tag) as folder, hub_progress(quiet=quiet):
        check_contents(kind, folder, repo_id=repo_id, tag=tag)
        files = list_files(folder, hidden=kind != "dataset")  # a build's manifest knows no hidden files
        repo = HubRepo(base, kind, repo_id, _token(required=not dry_run))
        return _Push(kind, folder, files, repo, tag).run(private=private, dry_run=dry_run)


class _Push:
    """One push: what is to be published and where to."""

    def __init__(self, kind: Kind, folder: Path, files: Sequence[LocalFile], repo: HubRepo, tag: str) -> None:
        self.kind = kind
        self.folder = folder
        self.files = files
        self.repo = repo
        self.tag = tag
        self.message = f"Release {tag}"
        self.record = _record(files)

    def run(self, *, private: bool, dry_run: bool) -> PushResult:
        """Look, plan, and unless it is a dry run commit, tag and read back."""
        if not dry_run:
            self.repo.check_token()
        head = self.repo.head()
        created = head is None
        if head is not None:
            if private and not head.private:
                raise self._refuse("is public already", hint="make it private in its settings, or leave --private out")
            if self.tag in head.tags:
                return self._published_before(head, dry_run=dry_run)
        there = self.repo.files(head.commit) if head is not None and head.commit is not None else {}
        plan = compare(self.files, there)
        commit = head.commit if head is not None and all(file.change == "same" for file in plan) else None
        if not dry_run:
            if created:
                sdk = space_sdk(self.folder) if hub_type(self.kind) == "space" else None
                self.repo.create(private=private, space_sdk=sdk)
                head = self.repo.head()
            commit = commit or self._commit(plan, parent=head.commit if head is not None else None)
            self.repo.tag(self.tag, commit, self.record)
            self._read_back(commit)
        return self._result(plan, commit=commit, created=created, dry_run=dry_run)

    def _published_before(self, head: Head, *, dry_run: bool) -> PushResult:
        """Answer a push to a tag that exists: fine when the bytes are the same, refused otherwise."""
        plan = compare(self.files, self.repo.files(head.tags[self.tag]))
        if differing := [file for file in plan if file.change != "same"]:
            raise self._refuse(
                f"{self.tag} is published already with other bytes ({len(differing)} of {len(plan)} files differ, "
                f"{differing[0].path} first), and a tag is never moved",
                hint=f"publish this as --tag {next_tag(head.tags)}",
            )
        return self._result(plan, commit=head.tags[self.tag], created=False, dry_run=dry_run, already_there=True)

    def _commit(self, plan: Sequence[PlannedFile], *, parent: str | None) -> str:
        sources = {file.path: file.source for file in self.files}
        added = {file.path: sources[file.path] for file in plan if file.change in ("new", "changed")}
        deleted = [file.path for file in plan if file.change == "deleted"]
        commit = self.repo.commit(added, deleted, message=self.message, parent=parent, description=self.record)
        logger.info(
            "committed repo=%s commit=%s sent=%d deleted=%d", self.repo.repo_id, commit, len(added), len(deleted)
        )
        return commit

    def _read_back(self, commit: str) -> None:
        """Compare what the Hub holds under the tag with the folder, and the tag with the commit."""
        head = self.repo.head()
        found = None if head is None else head.tags.get(self.tag)
        if found != commit:
            raise self._refuse(
                f"{self.tag} points to {found}, not to the commit {commit}", hint="look at the repository's history"
            )
        wrong = [file.path for file in compare(self.files, self.repo.files(self.tag)) if file.change != "same"]
        if wrong:
            raise self._refuse(
                f"{self.tag} reads back differently: {', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}",
                hint="do not use this version; check the folder and the Hub's storage, and publish the next one",
            )

    def _refuse(self, message: str, *, hint: str | None = None) -> PublishError:
        repo_id = self.repo.repo_id
        return PublishError(f"{repo_id}: {message}", hint=hint, repo_id=repo_id, revision=self.tag)

    def _result(
        self,
        plan: Sequence[PlannedFile],
        *,
        commit: str | None,
        created: bool,
        dry_run: bool,
        already_there: bool = False,
    ) -> PushResult:
        return PushResult(
            kind=self.kind,
            repo_id=self.repo.repo_id,
            url=page_url(self.repo.endpoint, self.kind, self.repo.repo_id, self.tag),
            commit=commit,
            tag=self.tag,
            message=self.message,
            files=tuple(plan),
            uploaded_bytes=sum(file.size for file in plan if file.change in ("new", "changed")),
            created=created,
            already_there=already_there,
            dry_run=dry_run,
        )


def _record(files: Sequence[LocalFile]) -> str | None:
    """Return what commit and tag say about a release, where no later commit can change it; `emojit verify` compares. None without a manifest."""
    manifest = next((file for file in files if file.path == MANIFEST), None)
    return None if manifest is None else f"{MANIFEST_RECORD} {manifest.sha256}"


@contextlib.contextmanager
def _laid_out(kind: Kind, path: Path, *, repo_id: str, tag: str) -> Iterator[Path]:
    """Give the folder whose files are published: `path` itself, or for a run folder a staged model repository."""
    if kind != "model" or not is_run_folder(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="emojit-push-") as staging:
        yield stage_model(path, Path(staging) / "model", repo_id=repo_id, revision=tag)


def _token(*, required: bool) -> str | None:
    from huggingface_hub import get_token

    token = get_token()
    if token is None and required:
        raise PublishError(
            "no Hub token",
            hint="run `hf auth login`, or set HF_TOKEN; make one with write permission in your Hub settings",
        )
    return token
