"""`POST /api/{types}/{id}/preupload/{revision}`: how each file shall be sent, and whether it is here already."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Mapping

from starlette.responses import Response

from emojit.localhub.git import GitRepository
from emojit.localhub.names import check_path
from emojit.localhub.refusal import malformed
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call, number, objects, optional_text, text
from emojit.localhub.web.targets import write_target

_MAX_REGULAR_BYTES = 5 * 1024 * 1024
"""Above this size a file is large whatever it holds; clients read regular files whole."""


def preupload(call: Call) -> Response:
    """Answer for up to a few hundred files at once."""
    target = write_target(call)
    data = call.json()
    with call.hub.repositories.open(target.record) as git:
        commit = git.head(target.reference)
        is_large = _large_rule(git, commit)
        gitignore = optional_text(data, "gitIgnore")
        ignored = _ignore_rule(gitignore.encode() if gitignore else git.read_path(commit, ".gitignore"))
        answers = [_answer(git, commit, file, is_large, ignored) for file in objects(data, "files")]
    return ok({"files": answers})


def _answer(
    git: GitRepository,
    commit: str,
    file: Mapping[str, object],
    is_large: Callable[[str], bool],
    ignored: Callable[[str], bool],
) -> dict[str, object]:
    path = check_path(text(file, "path"))
    try:
        sample = base64.b64decode(optional_text(file, "sample") or "", validate=True)
    except (binascii.Error, ValueError):
        raise malformed("'sample' is not base64") from None
    # A NUL byte is git's own sign of binary content.
    large = is_large(path) or number(file, "size") > _MAX_REGULAR_BYTES or b"\0" in sample
    answer: dict[str, object] = {
        "path": path,
        "uploadMode": "lfs" if large else "regular",
        "shouldIgnore": ignored(path),
    }
    present = git.entry(commit, path)
    if present and not present.is_folder:
        pointer = git.facts(present.oid)[1]
        answer["oid"] = pointer.sha256 if pointer else present.oid
    return answer


def _large_rule(git: GitRepository, commit: str) -> Callable[[str], bool]:
    """What the .gitattributes at the root of the repository sends to LFS."""
    from dulwich.attrs import GitAttributes, compile_gitattributes_patterns, parse_git_attributes

    content = git.read_path(commit, ".gitattributes") or b""
    attributes = GitAttributes(compile_gitattributes_patterns(parse_git_attributes(io.BytesIO(content))))
    return lambda path: attributes.match_path(path.encode()).get(b"filter") == b"lfs"


def _ignore_rule(content: bytes | None) -> Callable[[str], bool]:
    from dulwich.ignore import IgnoreFilter, read_ignore_patterns

    if not content:
        return lambda path: False
    rules = IgnoreFilter(read_ignore_patterns(io.BytesIO(content)))

    def ignored(path: str) -> bool:
        """As in git, what lies in an ignored folder is ignored, too."""
        parts = path.split("/")
        folders = ["/".join(parts[:count]) + "/" for count in range(1, len(parts))]
        return any(rules.is_ignored(name) for name in [*folders, path])

    return ignored
