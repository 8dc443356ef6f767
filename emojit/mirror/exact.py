"""The part of the embedded Hub that takes a repository as it is, seen from the client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

from emojit.mirror.http import check, session
from emojit.mirror.side import Side

_BLOCK_BYTES = 1024 * 1024
_TIMEOUT_S = 30.0


def takes_history(side: Side) -> bool:
    """Whether the Hub takes commits as they are: the embedded one does, the public one does not.

    Raises:
        PublishError: it does not answer.
    """
    with side.errors():
        answer = session().get(f"{side.endpoint}/api/local/mirror", timeout=_TIMEOUT_S)
    return answer.status_code == 200 and answer.headers.get("content-type", "").startswith("application/json")


def is_untouched(side: Side) -> bool:
    """Whether the repository holds nothing but the commit that it was created with.

    Raises:
        PublishError: the token may not write to it.
    """
    with side.errors():
        answer = session().get(_route(side), headers=side.headers(), timeout=_TIMEOUT_S)
        check(answer)
    return bool(answer.json()["untouched"])


def send_history(side: Side, *, branches: dict[str, str], tags: dict[str, str], pack: IO[bytes]) -> None:
    """Send a pack, then let the references lead to what is in it. The Hub looks at everything before it moves the first.

    Args:
        side: where to.
        branches: commit by name.
        tags: commit or tag object by name.
        pack: at its beginning; may be empty.

    Raises:
        PublishError: the Hub refuses it, and nothing was moved.
    """

    def body() -> Iterator[bytes]:
        yield json.dumps({"branches": branches, "tags": tags}).encode() + b"\n"
        while block := pack.read(_BLOCK_BYTES):
            yield block

    with side.errors():
        answer = session().post(_route(side), content=body(), headers=side.headers(), timeout=None)
        check(answer)


def _route(side: Side) -> str:
    return f"{side.endpoint}/api/{side.address.type}s/{side.address.id}/mirror"
