"""A Hub without room: how clients tell of it, and what we say."""

from __future__ import annotations

import re

NO_ROOM = 507
"""HTTP status of a Hub whose disk is full."""

FULL = "the disk of the Hub at {endpoint} is full"
HINT = "make room where the Hub keeps its files; nothing is half done, the same command goes on where it was"

_BY_XET = re.compile(rf"\({NO_ROOM} |\(413 .*/api/local/xet/[^/]+/[^/]+/v1/xorbs/")
"""What hf_xet says, which shows the status alone: the embedded Hub gives such an upload up with 413, for 507 would be tried for minutes."""


def met_a_full_disk(exc: BaseException) -> bool:
    """Whether sending a large file ended for want of room; the client of LFS names the file, and the answer stands behind it."""
    answer = getattr(getattr(exc.__cause__, "response", None), "status_code", None)
    return answer == NO_ROOM or _BY_XET.search(str(exc)) is not None
