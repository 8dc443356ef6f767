"""References and objects of a repository, by git's own protocol over HTTP: it keeps every commit as it is."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from emojit.mirror.side import Side

if TYPE_CHECKING:
    from dulwich.client import Urllib3HttpGitClient
    from dulwich.objects import ObjectID

_TIMEOUT_S = 120.0
_REFUSED = "http resp 403"  # dulwich has no error of its own for it
_HEADS, _TAGS, _PEELED = b"refs/heads/", b"refs/tags/", b"^{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The references of a repository.

    Attributes:
        branches: commit by name.
        tags: what the tag holds by name: a commit, or a tag object with words of its own.
        commits: commit by tag.
    """

    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)


def references(side: Side) -> References:
    """Ask for the references.

    Raises:
        PublishError: the Hub does not answer or does not show the repository.
    """
    with _client(side) as client:
        found = client.get_refs(f"{side.address.path}.git").refs
    held = {name: oid.decode() for name, oid in found.items() if oid is not None}
    tags = {name.removeprefix(_TAGS).decode(): oid for name, oid in held.items() if name.startswith(_TAGS)}
    plain = {name: oid for name, oid in tags.items() if not name.endswith(_PEELED.decode())}
    return References(
        branches={name.removeprefix(_HEADS).decode(): oid for name, oid in held.items() if name.startswith(_HEADS)},
        tags=plain,
        commits={name: tags.get(f"{name}{_PEELED.decode()}", oid) for name, oid in plain.items()},
    )


def fetch(side: Side, wanted: Collection[str], held: Collection[str], out: IO[bytes]) -> None:
    """Write a pack with the objects that `wanted` lead to and `held` do not; it may say how an object differs from one that is held.

    Args:
        side: where from.
        wanted: commits and tag objects.
        held: commits and tag objects that are whole on the other side; this side need not know them.
        out: takes the pack; nothing is written when there is nothing to send.

    Raises:
        PublishError: the Hub does not answer, or broke off.
    """
    from dulwich.object_store import ObjectStoreGraphWalker
    from dulwich.objects import ObjectID

    walker = ObjectStoreGraphWalker([ObjectID(oid.encode()) for oid in held], lambda commit: [])
    wants = [ObjectID(oid.encode()) for oid in sorted(wanted)]

    def choose(refs: object, depth: int | None = None) -> list[ObjectID]:
        return wants

    with _client(side) as client:
        client.fetch_pack(f"{side.address.path}.git", choose, walker, out.write)


def tag_messages(side: Side, there: References, names: Collection[str]) -> dict[str, str]:
    """The words of those tags that have some.

    Args:
        side: where the tags are.
        there: its references.
        names: of the tags.

    Raises:
        PublishError: the Hub does not answer.
    """
    from dulwich.object_store import MemoryObjectStore
    from dulwich.objects import ObjectID, Tag

    annotated = {name: there.tags[name] for name in names if there.tags[name] != there.commits[name]}
    if not annotated:
        return {}
    pack = io.BytesIO()
    fetch(side, annotated.values(), there.commits.values(), pack)
    store = MemoryObjectStore()
    out, finish, _ = store.add_pack()
    out.write(pack.getvalue())
    finish()
    found = {name: store[ObjectID(oid.encode())] for name, oid in annotated.items()}
    return {name: (tag.message or b"").decode(errors="replace") for name, tag in found.items() if isinstance(tag, Tag)}


@contextmanager
def _client(side: Side) -> Iterator[Urllib3HttpGitClient]:
    from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
    from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
    from urllib3.exceptions import HTTPError

    with side.errors():
        client = Urllib3HttpGitClient(
            f"{side.endpoint}/",
            username="emojit" if side.token else None,
            password=side.token,
            timeout=_TIMEOUT_S,
            quiet=True,
        )
        try:
            yield client
        except (HTTPUnauthorized, NotGitRepository) as exc:
            raise side.refused_password() from exc
        except (GitProtocolError, HangupException, HTTPError) as exc:
            if _REFUSED in str(exc):
                raise side.refused_password() from exc
            raise side.unreachable(exc) from exc
