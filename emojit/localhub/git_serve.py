"""Answering `git clone` and `git fetch`: the server side of git's upload-pack, through dulwich.

Source: https://git-scm.com/docs/http-protocol, "Smart Clients". Each request stands alone ("stateless RPC"): the client repeats what was said before.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from emojit.localhub.git import object_id, ref_name
from emojit.localhub.refusal import RefusalError, malformed, repo_not_found

if TYPE_CHECKING:
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref
    from dulwich.repo import Repo
    from dulwich.server import BackendRepo, UploadPackHandler

_WANT = re.compile(rb"^[0-9a-f]{4}want ([0-9a-f]{40})", re.MULTILINE)

MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""What a client wants and has: 50 bytes per commit, so enough for 300,000 of them."""


def advertise(repository: Path, out: IO[bytes]) -> None:
    """Write the references of a repository as the first answer to a client.

    Raises:
        RefusalError: 404, the repository was deleted.
    """

    def serve(handler: UploadPackHandler) -> None:
        handler.proto.write_pkt_line(b"# service=git-upload-pack\n")
        handler.proto.write_pkt_line(None)
        handler.handle()

    _run(repository, b"", out, serve, advertise=True)


def send_pack(repository: Path, request: bytes, out: IO[bytes]) -> None:
    """Write the objects that a client lacks.

    Args:
        repository: the bare repository.
        request: the commits that the client wants and those that it has.
        out: takes the answer.

    Raises:
        RefusalError: 400, the request is none; 404, the repository was deleted.
    """
    from dulwich.errors import GitProtocolError, HangupException

    try:
        _run(repository, request, out, lambda handler: handler.handle())
    except (AssertionError, AttributeError, GitProtocolError, HangupException, TypeError, ValueError) as exc:
        # dulwich reads what it expects and stumbles in many ways over what it does not.
        raise malformed("This is no request for git-upload-pack") from exc


def _run(
    repository: Path,
    request: bytes,
    out: IO[bytes],
    serve: Callable[[UploadPackHandler], None],
    *,
    advertise: bool = False,
) -> None:
    from dulwich.errors import NotGitRepository
    from dulwich.protocol import ReceivableProtocol
    from dulwich.repo import Repo
    from dulwich.server import DictBackend, UploadPackHandler

    class Served(Repo):
        """A repository that also gives what a branch pointed to when the client asked for the references: it may have moved since.

        Only what a reference still leads to is given, as `git http-backend` does it.
        """

        def get_refs(self) -> dict[Ref, ObjectID]:
            references: dict[Ref, ObjectID] = super().get_refs()
            wanted = {object_id(oid.decode()) for oid in _WANT.findall(request)} - set(references.values())
            found = _reachable(self, wanted, references.values()) if wanted else set()
            return references | {ref_name(f"refs/earlier/{oid.decode()}"): oid for oid in found}

    try:
        repo = Served(str(repository))
    except NotGitRepository:
        raise repo_not_found() from None
    with repo:
        protocol = ReceivableProtocol(io.BytesIO(request).read, out.write)
        backend = DictBackend({"/": cast("BackendRepo", repo)})
        serve(UploadPackHandler(backend, ["/"], protocol, stateless_rpc=True, advertise_refs=advertise))


def _reachable(repo: Repo, wanted: set[ObjectID], tips: Iterable[ObjectID]) -> set[ObjectID]:
    """Those of `wanted` that are commits in the history of `tips`."""
    from dulwich.object_store import peel_sha
    from dulwich.objects import Commit

    found: set[ObjectID] = set()
    seen: set[ObjectID] = set()
    todo = list(tips)
    while todo and found != wanted:
        commit = peel_sha(repo.object_store, todo.pop())[1]
        if isinstance(commit, Commit) and commit.id not in seen:
            seen.add(commit.id)
            found |= wanted & {commit.id}
            todo += commit.parents
    return found


def unpack_request(body: bytes, encoding: str | None) -> bytes:
    """The request itself; git compresses long ones.

    Raises:
        RefusalError: 400, it is not gzip; 413, it is too long; 415, another encoding.
    """
    if encoding in {None, "", "identity"}:
        request = body
    elif encoding in {"gzip", "x-gzip"}:
        try:
            request = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, MAX_REQUEST_BYTES + 1)
        except zlib.error:
            raise malformed("The body is not gzip") from None
    else:
        raise RefusalError(415, f"The encoding {encoding!r} is not supported")
    if len(request) > MAX_REQUEST_BYTES:
        raise RefusalError(413, f"The request is longer than {MAX_REQUEST_BYTES} bytes")
    return request
