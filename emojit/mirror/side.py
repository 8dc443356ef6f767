"""One Hub as a mirror sees it: what a repository holds there, and every failure turned into one clear `PublishError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from emojit.errors import OfflineError, PublishError, UsageError
from emojit.mirror.http import headers
from emojit.network import is_barred

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

RepoType = Literal["model", "dataset", "space"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Which repository, and which revision of it was asked for."""

    type: RepoType
    id: str
    """`namespace/name`; models of the first years have no namespace."""
    revision: str | None = None

    @property
    def path(self) -> str:
        """The id behind the prefix of its type, as in URLs."""
        return self.id if self.type == "model" else f"{self.type}s/{self.id}"


def parse_address(text: str, type_: RepoType | None) -> Address:
    """Read `[datasets/|spaces/|models/]namespace/name[@revision]`.

    Args:
        text: as it was typed.
        type_: what `--type` said; a prefix must agree with it.

    Raises:
        UsageError: it is no repository, or prefix and `--type` differ.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    name, at, revision = text.partition("@")
    prefixes: dict[str, RepoType] = {"models": "model", "datasets": "dataset", "spaces": "space"}
    first, slash, rest = name.partition("/")
    found = prefixes.get(first) if slash else None
    if found and type_ and found != type_:
        raise UsageError(f"{text!r} names a {found}, --type says {type_}", hint="leave one of the two out")
    repo_id = rest if found else name
    try:
        validate_repo_id(repo_id)
    except HFValidationError as exc:
        raise UsageError(
            f"{text!r} is no repository: {exc}",
            hint="for example datasets/you/emoji-pairs, or datasets/you/emoji-pairs@v1",
        ) from exc
    if at and not revision:
        raise UsageError(f"{text!r} names no revision behind the @", hint=f"for example {name}@v1")
    return Address(type=found or type_ or "model", id=repo_id, revision=revision or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a repository is, beside its content."""

    id: str
    """In the Hub's own spelling, after a move the present one."""
    private: bool
    gated: Literal["auto", "manual"] | None
    sdk: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file of a tree."""

    size: int
    """Bytes."""
    blob: str
    """Git's name of what git holds: the file, or the pointer to it."""
    sha256: str | None
    """Of a large file."""


class Side:
    """A repository on one of the two Hubs.

    Attributes:
        endpoint: the Hub's URL without a trailing slash.
        address: the repository.
        token: for this Hub alone, or None.
        api: the Hub's own client.
        variable: which environment variable holds the token, for hints.
    """

    def __init__(self, endpoint: str, address: Address, token: str | None, *, variable: str) -> None:
        from huggingface_hub import HfApi

        self.endpoint = endpoint
        self.address = address
        self.token = token
        self.variable = variable
        # False: without it the client would send the token of the other Hub
        self.api: HfApi = HfApi(endpoint=endpoint, token=token or False, library_name="emojit")

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.address.path}"

    def at(self, repo_id: str) -> Side:
        """The same Hub, another repository."""
        return Side(self.endpoint, replace(self.address, id=repo_id), self.token, variable=self.variable)

    def headers(self) -> dict[str, str]:
        """What the Hub wants to see with requests that its client does not make."""
        return headers(self.token)

    def holding(self) -> Holding | None:
        """What the repository is; None where it does not exist or is hidden from this token."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        with self.errors():
            try:
                info = self.api.repo_info(self.address.id, repo_type=self.address.type)
            except GatedRepoError:
                raise
            except RepositoryNotFoundError:
                return None
        gated = getattr(info, "gated", None) or None
        return Holding(id=info.id, private=bool(info.private), gated=gated, sdk=getattr(info, "sdk", None) or None)

    def tree(self, revision: str) -> dict[str, Content]:
        """Every file of a revision, by path."""
        from huggingface_hub import RepoFile

        with self.errors():
            items = self.api.list_repo_tree(
                self.address.id, repo_type=self.address.type, revision=revision, recursive=True
            )
            return {
                item.path: Content(size=item.size, blob=item.blob_id, sha256=item.lfs.sha256 if item.lfs else None)
                for item in items
                if isinstance(item, RepoFile)
            }

    def file_url(self, path: str, commit: str) -> str:
        """Where the bytes of a file are."""
        return f"{self}/resolve/{commit}/{quote(path, safe='/')}"

    def problem(self, message: str, *, hint: str | None = None) -> PublishError:
        """An error about this repository."""
        return PublishError(message, hint=hint, repo_id=self.address.id)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the clients raise into one line with a next step.

        Raises:
            OfflineError: the Hub is elsewhere and the network is switched off.
            PublishError: anything that the Hub refused, or it did not answer.
        """
        from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

        if is_barred(self.endpoint):
            raise OfflineError(
                f"{self} is elsewhere and EMOJIT_OFFLINE is set", hint="unset EMOJIT_OFFLINE where there is a network"
            )
        try:
            yield
        except OfflineModeIsEnabled as exc:
            raise OfflineError("HF_HUB_OFFLINE is set, so no Hub is asked", hint="unset HF_HUB_OFFLINE") from exc
        except HfHubHTTPError as exc:
            message, hint = self._explain(exc)
            raise self.problem(f"{self}: {message}", hint=hint) from exc
        except HTTPError as exc:
            raise self.unreachable(exc) from exc

    def unreachable(self, exc: BaseException) -> PublishError:
        """The error for a Hub that does not answer."""
        start = (
            "is the box running? start it with `emojit hub serve`"
            if self.variable != "HF_TOKEN"
            else "check HF_ENDPOINT and the network"
        )
        return self.problem(
            f"the Hub at {self.endpoint} cannot be reached ({_first_line(exc) or type(exc).__name__})",
            hint=f"{start}; nothing is half done, the same command goes on",
        )

    def refused_password(self) -> PublishError:
        """The error for git routes that want another token."""
        return self.problem(
            f"{self}: the token may not read the files; the repository is private or gated",
            hint=f"ask for access on its page, and set {self.variable} to a token that has it",
        )

    def _explain(self, exc: HfHubHTTPError) -> tuple[str, str]:
        from huggingface_hub.errors import GatedRepoError

        status = exc.response.status_code
        said = _first_line(exc.server_message or "") or f"HTTP {status}"
        if isinstance(exc, GatedRepoError):
            return (
                "the repository is gated",
                f"ask for access on its page, and set {self.variable} to a token that has it",
            )
        if status == 401:
            return f"the Hub does not accept the token ({said})", f"set {self.variable} to a token of {self.endpoint}"
        if status == 403:
            return f"no permission ({said})", f"set {self.variable} to a token that may write there"
        if status == 404:
            return f"not found ({said})", f"check the name, the revision and {self.variable}"
        if status == 507:
            return (
                "the disk of the box is full",
                "make room (`emojit hub gc`); nothing is half done, the same command goes on",
            )
        if status in {409, 412}:
            return said, "nothing was overwritten; look at both sides, or copy under another name with --as"
        return f"the Hub answered {status}: {said}", "run the same command again later; it goes on where it was"


def _first_line(text: object) -> str:
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "")
