"""A repository on a Hub, seen through huggingface_hub, with every failure turned into one clear `PublishError`."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import HeadMovedError, OfflineError, PublishError
from emojit.network import is_loopback
from emojit.release.address import Kind, hub_type
from emojit.release.files import LocalFile
from emojit.release.full_disk import FULL, HINT, NO_ROOM, met_a_full_disk

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi, RepoFile
    from huggingface_hub.errors import HfHubHTTPError

_BAD_TOKEN = "the Hub at {endpoint} does not accept the token"
_CONFLICTS = (409, 412)
_OBJECTS_AT_ONCE = 256
_WORTH_ASKING = 1_000_000  # bytes; what is smaller is sent again sooner than asked about
_PATHS_AT_ONCE = 50  # what the Hub answers at once when it looks up last commits
_LOGIN_HINT = "log in with `hf auth login`, or set HF_TOKEN to a token with write permission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The state of a repository.

    Attributes:
        commit: newest commit of main, or None in an empty repository.
        private: whether only its owners see it.
        tags: commit (40 hex digits) of every tag.
        branches: newest commit of every branch.
    """

    commit: str | None
    private: bool
    tags: dict[str, str]
    branches: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommit:
    """A commit that was made.

    Attributes:
        id: 40 hex digits.
        pull_request: page of the pull request that it was made for, or None.
        revision: where it can be read: the pull request's own ref, or the commit itself.
    """

    id: str
    pull_request: str | None
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A pull request that is neither merged nor closed.

    Attributes:
        url: its page.
        title: what it is called.
        commit: its newest commit (40 hex digits).
    """

    url: str
    title: str
    commit: str


class HubRepo:
    """One repository of one Hub: reads its state, commits, tags.

    Args:
        endpoint: the Hub's URL without a trailing slash.
        kind: what is published.
        repo_id: `namespace/name`.
        token: the user's token, or None to read without one.
    """

    def __init__(self, endpoint: str, kind: Kind, repo_id: str, token: str | None) -> None:
        from huggingface_hub import HfApi

        self.endpoint = endpoint
        self.repo_id = repo_id
        self.repo_type = hub_type(kind)
        # False: without it the client would look for a token of its own
        self._api: HfApi = HfApi(endpoint=endpoint, token=token or False, library_name="emojit")

    @property
    def has_token(self) -> bool:
        """Whether it is seen as a user sees it."""
        return bool(self._api.token)

    def check_token(self) -> None:
        """Ask the Hub who the token belongs to, before anything is read or sent.

        Raises:
            PublishError: the Hub does not know the token, or cannot be reached.
        """
        with self._errors():
            self._api.whoami()

    def objection(self, *, proposes: bool) -> str | None:
        """Say why the token may not publish, as far as the Hub tells who it belongs to; None where nothing speaks against it.

        Args:
            proposes: whether only a pull request is opened, which needs no right to the repository.
        """
        with self._errors():
            me = self._api.whoami()
        if me.get("auth", {}).get("accessToken", {}).get("role") == "read":
            return "the token may only read"
        namespace = self.repo_id.split("/", maxsplit=1)[0]
        known = {me["name"]: "admin", **{one["name"]: one.get("roleInOrg") for one in me.get("orgs", ())}}
        role = {name.lower(): role for name, role in known.items()}.get(namespace.lower(), "")
        if proposes or role not in ("", "read"):
            return None
        what = "may only read there" if role else "is no member of it"
        return f"the token's user {me['name']} may not write to {namespace}: {me['name']} {what}"

    def head(self) -> Head | None:
        """Return the repository's state, or None where it does not exist (or is hidden from this token)."""
        from huggingface_hub.errors import RepositoryNotFoundError

        with self._errors():
            try:
                info = self._api.repo_info(self.repo_id, repo_type=self.repo_type)
            except RepositoryNotFoundError:
                return None
            refs = self._api.list_repo_refs(self.repo_id, repo_type=self.repo_type)
        tags, branches = ({ref.name: ref.target_commit for ref in found} for found in (refs.tags, refs.branches))
        return Head(commit=info.sha, private=bool(info.private), tags=tags, branches=branches)

    def open_requests(self) -> list[OpenRequest]:
        """Return the open pull requests, as the Hub lists them."""
        with self._errors():
            found = [
                one
                for one in self._api.get_repo_discussions(
                    self.repo_id, discussion_type="pull_request", discussion_status="open", repo_type=self.repo_type
                )
                if one.is_pull_request
            ]
            if not found:
                return []
            refs = self._api.list_repo_refs(self.repo_id, repo_type=self.repo_type, include_pull_requests=True)
        commits = {ref.ref: ref.target_commit for ref in refs.pull_requests or ()}
        return [
            OpenRequest(url=one.url, title=one.title, commit=commits[ref])
            for one in found
            if (ref := one.git_reference) is not None and ref in commits
        ]

    def ancestors(self, revision: str) -> set[str]:
        """Return the commits (40 hex digits) of a revision: its own and all that it was built on."""
        with self._errors():
            commits = self._api.list_repo_commits(self.repo_id, repo_type=self.repo_type, revision=revision)
        return {one.commit_id for one in commits}

    def files(self, revision: str) -> dict[str, RepoFile]:
        """Return every file at a revision, by path, with size and checksum."""
        from huggingface_hub import RepoFile

        with self._errors():
            tree = self._api.list_repo_tree(self.repo_id, repo_type=self.repo_type, revision=revision, recursive=True)
            return {item.path: item for item in tree if isinstance(item, RepoFile)}

    def last_titles(self, paths: Sequence[str], revision: str) -> dict[str, str]:
        """Return the title of the commit that last changed each of some files, by path."""
        titles = {}
        with self._errors():
            for start in range(0, len(paths), _PATHS_AT_ONCE):
                asked = list(paths[start : start + _PATHS_AT_ONCE])
                for item in self._api.get_paths_info(
                    self.repo_id, asked, expand=True, revision=revision, repo_type=self.repo_type
                ):
                    if item.last_commit is not None:
                        titles[item.path] = item.last_commit.title
        return titles

    def download(self, path: str, revision: str) -> Path:
        """Bring a file into the Hub's cache, where it may be already, and return where it lies; what broke off goes on."""
        with self._errors(revision=revision, doing="receiving"):
            return Path(self._api.hf_hub_download(self.repo_id, path, repo_type=self.repo_type, revision=revision))

    def create(self, *, private: bool, space_sdk: str | None) -> None:
        """Create the repository; one that has appeared meanwhile is taken as it is."""
        with self._errors():
            self._api.create_repo(
                self.repo_id, repo_type=self.repo_type, private=private, space_sdk=space_sdk, exist_ok=True
            )

    def create_branch(self, branch: str, commit: str) -> None:
        """Begin a branch at a commit; one that has appeared meanwhile is taken as it is."""
        with self._errors(revision=branch):
            self._api.create_branch(
                self.repo_id, branch=branch, revision=commit, repo_type=self.repo_type, exist_ok=True
            )

    def commit(
        self,
        added: Mapping[str, Path],
        deleted: Sequence[str],
        *,
        message: str,
        parent: str | None,
        description: str | None = None,
        branch: str | None = None,
        held: Collection[str] = (),
    ) -> str:
        """Make one commit on a branch, only if it still stands at `parent`, and return its id.

        Args:
            added: path in the repository to the file that shall stand there.
            deleted: paths to take out.
            message: the title of the commit.
            parent: the commit (40 hex digits) that the plan was made for.
            description: what follows the title, or None.
            branch: which branch; None is main.
            held: paths among `added` whose content need not be sent, for the Hub has it already (`held`).
        """
        done = self._commit(
            added, deleted, message=message, parent=parent, description=description, branch=branch, held=held
        )
        return done.oid

    def held(self, files: Iterable[LocalFile]) -> set[str]:
        """Return the paths of the large files whose content the Hub has, from a push that broke off before its commit."""
        from huggingface_hub.lfs import UploadInfo, post_lfs_batch_info
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        large = [file for file in files if file.size >= _WORTH_ASKING]
        held: set[str] = set()
        for start in range(0, len(large), _OBJECTS_AT_ONCE):
            asked = large[start : start + _OBJECTS_AT_ONCE]
            with self._errors():
                objects, _, _ = post_lfs_batch_info(
                    [UploadInfo(size=file.size, sample=b"", sha256=bytes.fromhex(file.sha256)) for file in asked],
                    token=None,  # it is in the headers
                    repo_type=self.repo_type,
                    repo_id=self.repo_id,
                    endpoint=self.endpoint,
                    headers=build_hf_headers(token=self._api.token, library_name="emojit"),
                )
            there = {one["oid"] for one in objects if not one.get("actions")}
            held |= {file.path for file in asked if file.sha256 in there}
        return held

    def propose(
        self,
        added: Mapping[str, Path],
        deleted: Sequence[str],
        *,
        message: str,
        parent: str | None,
        description: str | None = None,
    ) -> NewCommit:
        """Open a pull request for main with one commit; the arguments are those of `commit`."""
        done = self._commit(
            added, deleted, message=message, parent=parent, description=description, branch=None, propose=True
        )
        return NewCommit(id=done.oid, pull_request=done.pr_url, revision=done.pr_revision or done.oid)

    def _commit(
        self,
        added: Mapping[str, Path],
        deleted: Sequence[str],
        *,
        message: str,
        parent: str | None,
        description: str | None,
        branch: str | None,
        propose: bool = False,
        held: Collection[str] = (),
    ) -> CommitInfo:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        with self._errors(), warnings.catch_warnings():
            # A model repository rightly holds the run's predictions.parquet; huggingface_hub takes it for a mix-up.
            warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
            try:
                additions = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=added[path]) for path in added]
                deletions = [CommitOperationDelete(path_in_repo=path, is_folder=False) for path in deleted]
                if known := [one for one in additions if one.path_in_repo in held]:
                    with _without_xet():
                        self._api.preupload_lfs_files(
                            self.repo_id, known, repo_type=self.repo_type, revision=branch, free_memory=False
                        )
                return self._api.create_commit(
                    self.repo_id,
                    [*additions, *deletions],
                    commit_message=message,
                    commit_description=description,
                    repo_type=self.repo_type,
                    revision=branch,
                    parent_commit=parent,
                    create_pr=propose,
                )
            except ValueError as exc:  # a file that is gone, the Hub's own check of the front matter, LFS refusals
                raise self._error(f"the files cannot be published: {_first_line(exc)}") from exc

    def tag(self, tag: str, commit: str, message: str | None = None) -> None:
        """Put a tag on a commit; with a message it is an annotated one, which only git itself shows."""
        with self._errors(revision=tag):
            self._api.create_tag(self.repo_id, tag=tag, tag_message=message, revision=commit, repo_type=self.repo_type)

    def _error(self, message: str, *, hint: str | None = None, revision: str | None = None) -> PublishError:
        return PublishError(f"{self.repo_id}: {message}", hint=hint, repo_id=self.repo_id, revision=revision)

    @contextmanager
    def _errors(self, *, revision: str | None = None, doing: str = "sending") -> Iterator[None]:
        # HTTPError is the transport's own, of whichever httpx the client uses.
        from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

        try:
            yield
        except OfflineModeIsEnabled as exc:
            raise OfflineError("HF_HUB_OFFLINE is set, so the Hub is not asked", hint="unset HF_HUB_OFFLINE") from exc
        except HfHubHTTPError as exc:
            message, hint = self._explain(exc)
            kind = HeadMovedError if exc.response.status_code in _CONFLICTS else PublishError
            raise kind(f"{self.repo_id}: {message}", hint=hint, repo_id=self.repo_id, revision=revision) from exc
        except HTTPError as exc:  # refused, no such host, timed out, broken off
            raise self._error(
                f"the Hub at {self.endpoint} cannot be reached ({_first_line(exc) or type(exc).__name__})",
                hint=f"check HF_ENDPOINT and {self._way()}; nothing is half done, the same command goes on",
                revision=revision,
            ) from exc
        except (
            OSError,
            RuntimeError,
        ) as exc:  # what hf_xet raises when sending large files fails, and a file that cannot be read
            if met_a_full_disk(exc):
                raise self._error(FULL.format(endpoint=self.endpoint), hint=HINT, revision=revision) from exc
            raise self._error(
                f"{doing} broke off: {_first_line(exc)}",
                hint="nothing is half done; the same command goes on where it was",
                revision=revision,
            ) from exc

    def _way(self) -> str:
        """Say what may be in the way of a Hub that does not answer."""
        return "start it with `emojit hub serve`" if is_loopback(self.endpoint) else "the network"

    def _explain(self, exc: HfHubHTTPError) -> tuple[str, str]:
        status = exc.response.status_code
        said = _first_line(exc.server_message or "") or f"HTTP {status}"
        if status == 401:
            return _BAD_TOKEN.format(endpoint=self.endpoint), _LOGIN_HINT
        if status == 403:
            namespace = self.repo_id.split("/", maxsplit=1)[0]
            return (
                f"no permission to write ({said})",
                f"use a token with write permission for {namespace}, or publish under your own name",
            )
        if status == NO_ROOM:
            return FULL.format(endpoint=self.endpoint), HINT
        if status == 404:
            return "the repository is not there, or the token may not see it", _LOGIN_HINT
        if status in _CONFLICTS:
            return (
                f"somebody else changed the repository at the same time ({said})",
                "nothing was overwritten; look at what is there and run the same command again",
            )
        return f"the Hub answered {status}: {said}", "check HF_ENDPOINT, and run the same command again later"


@contextmanager
def _without_xet() -> Iterator[None]:
    """Let the client speak the LFS protocol for a moment: there it asks before it sends, while hf_xet sends again what no commit refers to."""
    from huggingface_hub import constants

    before = constants.HF_HUB_DISABLE_XET
    constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


def _first_line(text: object) -> str:
    """Return the first non-empty line, without what clients add below."""
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "")
