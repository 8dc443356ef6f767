"""A published release, read: which kind of repository it is, what its tag stands on, its history, and its files in the Hub's cache."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from emojit.errors import PublishError, UsageError
from emojit.network import hub_endpoint, hub_progress, require_online
from emojit.release.address import MANIFEST_RECORD, Kind, check_repo_id, newest_tag
from emojit.release.hub import Head, HubRepo

_RECORD = re.compile(rf"{re.escape(MANIFEST_RECORD)}:? ([0-9a-f]{{64}})")
_KINDS: tuple[Kind, ...] = ("dataset", "model", "space")
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.onnx", "*.msgpack", "*.h5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit of a repository.

    Attributes:
        id: 40 hex digits.
        title: first line of its message.
        message: what follows.
        created: when it was made.
    """

    id: str
    title: str
    message: str
    created: datetime

    @property
    def manifest_sha256(self) -> str | None:
        """The checksum of the manifest that the message records, or None."""
        found = _RECORD.search(self.message)
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A repository at a revision.

    Attributes:
        repo: the repository.
        kind: "dataset", "model" or "space".
        head: its state: newest commit, tags.
        revision: the revision that was asked for, or None for the main branch.
        commit: the commit that it stands for.
    """

    repo: Reader
    kind: Kind
    head: Head
    revision: str | None
    commit: str

    @property
    def tag(self) -> str | None:
        """The revision where it is a tag."""
        return self.revision if self.revision in self.head.tags else None

    @property
    def version(self) -> str | None:
        """The version that the files belong to: the tag, or where none was named the newest one that stands on the commit, or the newest of all."""
        if self.tag is not None:
            return self.tag
        here = [tag for tag, commit in self.head.tags.items() if commit == self.commit]
        return newest_tag(here) or newest_tag(self.head.tags)

    def sibling(self, kind: Kind, repo_id: str) -> HubRepo:
        """Return another repository of the same Hub, whether it exists or not."""
        from huggingface_hub import get_token

        return HubRepo(self.repo.endpoint, kind, repo_id, get_token())


class Reader(HubRepo):
    """A repository that is only read."""

    def history(self, revision: str) -> list[Commit]:
        """Return the commits of a revision, newest first."""
        with self._errors(revision=revision, doing="receiving"):
            found = self._api.list_repo_commits(self.repo_id, repo_type=self.repo_type, revision=revision)
        return [
            Commit(id=one.commit_id, title=one.title, message=one.message or "", created=one.created_at)
            for one in found
        ]

    def fetch(self, commit: str, *, weights: bool = True, only: Sequence[str] | None = None) -> Path:
        """Bring the files of a commit into the Hub's cache, and return the folder.

        Args:
            commit: 40 hex digits.
            weights: whether files of a model's weights are wanted.
            only: patterns of the paths that are wanted, or None for all.
        """
        with self._errors(revision=commit, doing="receiving"), hub_progress():
            return Path(
                self._api.snapshot_download(
                    self.repo_id,
                    repo_type=self.repo_type,
                    revision=commit,
                    allow_patterns=None if only is None else list(only),
                    ignore_patterns=None if weights else list(_WEIGHTS),
                )
            )


def split_address(address: str) -> tuple[str, str | None]:
    """Return repository and revision of `namespace/name@revision`; None where no revision is named."""
    repo_id, separator, revision = address.partition("@")
    if separator and not revision:
        raise UsageError(f"{address}: no revision after the @", hint=f"for example {repo_id}@v1")
    return repo_id, revision or None


def open_published(address: str, *, kind: Kind | None = None) -> Published:
    """Find a repository, whatever its kind, and the commit that its revision stands for.

    Args:
        address: namespace/name, or namespace/name@revision.
        kind: of the repository; None looks for a data set, then for a model, then for a Space.

    Raises:
        UsageError: no such address.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: no such repository or revision, no access, or an unreachable Hub.
    """
    from huggingface_hub import get_token

    repo_id, revision = split_address(address)
    check_repo_id(repo_id)
    endpoint = hub_endpoint()
    require_online(repo_id)
    for candidate in _KINDS if kind is None else (kind,):
        repo = Reader(endpoint, candidate, repo_id, get_token())
        head = repo.head()
        if head is None:
            continue
        return Published(repo=repo, kind=candidate, head=head, revision=revision, commit=_commit(repo, head, revision))
    raise PublishError(
        f"{repo_id}: no such {kind or 'repository'} at {endpoint}, or no access to it",
        hint="check the name and HF_ENDPOINT; for a private one run `hf auth login`",
        repo_id=repo_id,
        revision=revision,
    )


def _commit(repo: Reader, head: Head, revision: str | None) -> str:
    if revision in head.tags:
        return head.tags[revision]
    if revision is None and head.commit is None:
        raise PublishError(f"{repo.repo_id}: the repository is empty", hint="publish something with `emojit push`")
    try:
        found = head.commit if revision is None else repo.history(revision)[0].id
    except PublishError as exc:
        tags = ", ".join(sorted(head.tags)) or "none"
        raise PublishError(
            f"{repo.repo_id}: no revision {revision!r}",
            hint=f"its tags: {tags}",
            repo_id=repo.repo_id,
            revision=revision,
        ) from exc
    assert found is not None
    return found
