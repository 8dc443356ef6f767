"""`POST /api/{types}/{id}/commit/{revision}`: the one call that changes files.

The body is newline-delimited JSON, one operation per line, applied in order. It is spooled to disk and read line by line, so memory holds one file at a
time. The reference moves at the very end: until then nothing of the commit can be seen, afterwards all of it is on disk.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emojit.localhub.git_writer import GitWriter, put_blob
from emojit.localhub.lfs import LargeFiles
from emojit.localhub.names import check_path
from emojit.localhub.pointers import Pointer, parse_pointer
from emojit.localhub.pull_requests import NewPullRequest, open_pull_request
from emojit.localhub.refusal import RefusalError, entry_not_found, malformed, stale_parent
from emojit.localhub.trees import EditableTree
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call, optional_text, text
from emojit.localhub.web.json_input import parse_json
from emojit.localhub.web.streams import receive
from emojit.localhub.web.targets import Target, check_active, write_target

_MAX_BODY_BYTES = 1024 * 1024 * 1024
_MAX_LINE_BYTES = 8 * 1024 * 1024
"""A regular file of 5 MiB in base64, and its path; clients send what is larger as a large file, since `preupload` says so."""
_MIN_ID_LENGTH = 7
"""Clients may send the first digits of a commit id."""


@dataclass(frozen=True, slots=True)
class _Header:
    summary: str
    description: str
    parent: str | None

    @property
    def message(self) -> str:
        return f"{self.summary}\n\n{self.description}".strip()


@dataclass(slots=True)
class _Draft:
    """A commit while its operations are applied."""

    git: GitWriter
    large_files: LargeFiles
    key: str
    tree: EditableTree
    large: dict[str, str] = field(default_factory=dict)
    """Path by sha256 of the large files that the commit points to."""

    def apply(self, key: str, value: Mapping[str, object]) -> None:
        """Apply one operation.

        Raises:
            RefusalError: 400, 404 or 422.
        """
        if key == "file":
            self._put(check_path(value.get("path")), file_content(value))
        elif key == "lfsFile":
            self._put(check_path(value.get("path")), self._pointer(text(value, "oid")).render())
        elif key in {"deletedFile", "deletedFolder"}:
            path = check_path(value.get("path"))
            if not self.tree.remove(path):
                raise _nothing_to_delete(path)
        else:
            raise malformed(f"Unknown operation {key!r} in a commit")

    def _put(self, path: str, content: bytes) -> None:
        pointer = parse_pointer(content)
        if pointer:
            # Also when it was sent as a regular file: a pointer that somebody wrote by hand must not open the content of another repository.
            self._pointer(pointer.sha256)
            self.large[pointer.sha256] = path
        put_blob(self.tree, path, self.git.add_blob(content))

    def _pointer(self, sha256: str) -> Pointer:
        size = self.large_files.size(sha256) if self.large_files.has(self.key, sha256) else None
        if size is None:
            raise RefusalError(422, f"The large file {sha256} was not uploaded to this repository")
        return Pointer(sha256=sha256, size=size)


async def commit(call: Call) -> Response:
    """Receive the body, then apply it in a worker thread."""
    target = await run_in_threadpool(write_target, call)
    with call.hub.store.incoming() as body:
        await receive(call.request, body.write, limit=_MAX_BODY_BYTES)
        body.seek(0)
        return await run_in_threadpool(_apply, call, target, body)


def _apply(call: Call, target: Target, body: IO[bytes]) -> Response:
    record, author = target.record, call.user().user
    operations = _operations(body)
    header = _header(operations)
    with call.hub.repositories.change(record) as git:
        check_active(call, target)
        parent = _parent(git, target, header)
        draft = _Draft(git, call.hub.large_files, record.key, git.edit(parent))
        for key, value in operations:
            draft.apply(key, value)
        oid = git.write_commit(draft.tree, parent=parent, author=author, message=header.message)
        answer: dict[str, object] = {"success": True, "commitOid": oid, "hookOutput": ""}
        if target.opens_pull_request:
            new = NewPullRequest(
                author=author,
                title=header.summary,
                description=header.description,
                status="open",
                base=target.branch,
                start=parent,
                head=oid,
            )
            discussion = open_pull_request(call.hub.discussions, record, git, new)
            call.hub.registry.note_committed(record.key, draft.large, discussion.reference)
            answer["pullRequestUrl"] = f"{call.endpoint}/{record.url_path}/discussions/{discussion.number}"
        else:
            git.move_reference(target.reference, oid)
            call.hub.registry.note_committed(record.key, draft.large, target.reference)
    call.hub.xet_uploads.finish(record.key, draft.large)
    return ok({**answer, "commitUrl": f"{call.endpoint}/{record.url_path}/commit/{oid}"})


def _header(operations: Iterator[tuple[str, Mapping[str, object]]]) -> _Header:
    """Take the header off the operations.

    Raises:
        RefusalError: 400, they begin otherwise, or it has no summary.
    """
    key, value = next(operations, ("", {}))
    if key != "header" or not value.get("summary"):
        raise malformed("A commit begins with a header that has a summary")
    parent = optional_text(value, "parentCommit")
    return _Header(text(value, "summary"), optional_text(value, "description") or "", parent)


def _parent(git: GitWriter, target: Target, header: _Header) -> str:
    """The commit that is changed.

    Raises:
        RefusalError: 412, the client saw another head; 404, there is no such branch.
    """
    head = git.head(target.reference)
    if header.parent is None or (len(header.parent) >= _MIN_ID_LENGTH and head.startswith(header.parent)):
        return head
    if target.opens_pull_request:
        # A pull request may begin at an earlier commit of its branch.
        parent = git.resolve(header.parent)
        if any(commit.id == parent for commit in git.history(head)):
            return parent
    raise stale_parent()


def _operations(body: IO[bytes]) -> Iterator[tuple[str, Mapping[str, object]]]:
    while line := body.readline(_MAX_LINE_BYTES + 1):
        if len(line) > _MAX_LINE_BYTES:
            raise RefusalError(413, "A file is too large to be sent as a regular file; send it as a large file")
        if not line.strip():
            continue
        item = parse_json(line, what="A line of the commit")
        if not isinstance(item, dict) or not isinstance(item.get("value"), dict):
            raise malformed("A line of the commit is no operation")
        yield text(item, "key"), cast("Mapping[str, object]", item["value"])


def file_content(value: Mapping[str, object]) -> bytes:
    """What a file of a request holds.

    Raises:
        RefusalError: 400, it is no text, or not the base64 it claims to be.
    """
    content = text(value, "content")
    if value.get("encoding", "utf-8") != "base64":
        return content.encode("utf-8", errors="surrogatepass")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("A file of the commit is not base64") from None


def _nothing_to_delete(path: str) -> RefusalError:
    """The client adds a hint about folders when it reads this sentence."""
    error = entry_not_found(path)
    error.message = f"A file with this name doesn't exist: {path}"
    return error
