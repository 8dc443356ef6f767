"""`POST /api/{types}/{id}/preupload/{revision}`: how each file shall be sent, and whether it is here already."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from starlette.responses import Response

from emojit.localhub.git import GitRepository
from emojit.localhub.names import check_path
from emojit.localhub.path_patterns import IgnoreRules, LargeRules
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
        large = LargeRules(git.read_path(commit, ".gitattributes") or b"")
        gitignore = optional_text(data, "gitIgnore")
        ignore = IgnoreRules(gitignore.encode() if gitignore else git.read_path(commit, ".gitignore") or b"")
        answers = [_answer(git, commit, file, large, ignore) for file in objects(data, "files")]
    return ok({"files": answers})


def _answer(
    git: GitRepository,
    commit: str,
    file: Mapping[str, object],
    large_rules: LargeRules,
    ignore_rules: IgnoreRules,
) -> dict[str, object]:
    path = check_path(text(file, "path"))
    try:
        sample = base64.b64decode(optional_text(file, "sample") or "", validate=True)
    except (binascii.Error, ValueError):
        raise malformed("'sample' is not base64") from None
    # A NUL byte is git's own sign of binary content.
    large = large_rules.large(path) or number(file, "size") > _MAX_REGULAR_BYTES or b"\0" in sample
    answer: dict[str, object] = {
        "path": path,
        "uploadMode": "lfs" if large else "regular",
        "shouldIgnore": ignore_rules.ignored(path),
    }
    present = git.entry(commit, path)
    if present and not present.is_folder:
        pointer = git.facts(present.oid)[1]
        answer["oid"] = pointer.sha256 if pointer else present.oid
    return answer
