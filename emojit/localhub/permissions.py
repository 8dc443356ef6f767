"""What the holder of a token may do.

A token never gives more than its user has. One of the role `fineGrained` gives what its scopes name, and what everybody may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast, get_args

from emojit.errors import UsageError
from emojit.localhub.names import check_name
from emojit.localhub.refusal import RefusalError

Role = Literal["read", "write", "fineGrained"]
"""What a token may do, in the words of the public Hub."""
MemberRole = Literal["read", "write", "admin"]
"""What a member may do with the repositories of an organisation; "admin" may also say who is a member."""
Level = Literal["read", "discussion", "write"]
"""What a scope gives; each level includes those before it."""
EntityType = Literal["namespace", "model", "dataset", "space"]

_LEVELS: Mapping[Level, int] = {"read": 0, "discussion": 1, "write": 2}
PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    "read": ("repo.content.read",),
    "discussion": ("repo.content.read", "discussion.write"),
    "write": ("repo.content.read", "discussion.write", "repo.write"),
}
"""The names that `whoami-v2` of the public Hub has for them."""


class Owned(Protocol):
    """A repository, as far as permissions look at it."""

    @property
    def type(self) -> Literal["model", "dataset", "space"]:
        """Model, data set or Space."""

    @property
    def namespace(self) -> str:
        """The user or organisation that owns it."""

    @property
    def name(self) -> str:
        """Its name there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One entry of a fine-grained token: a repository, or all that a namespace owns."""

    type: EntityType
    name: str
    """The namespace, or the id of the repository."""
    level: Level

    def covers(self, repo: Owned) -> bool:
        """Whether a repository belongs to it; case does not count."""
        if self.type == "namespace":
            return self.name.lower() == repo.namespace.lower()
        return self.type == repo.type and self.name.lower() == f"{repo.namespace}/{repo.name}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request, read from its token."""

    user: str
    role: Role
    memberships: Mapping[str, MemberRole] = field(default_factory=dict)
    """Role by organisation, in the organisation's own spelling."""
    scopes: tuple[Scope, ...] = ()
    """Of a fine-grained token."""
    token_name: str = "local"
    token_created: str | None = None
    """ISO 8601, UTC."""
    let_in: frozenset[str] = frozenset()
    """Storage keys of the gated repositories of others that this user was given access to."""

    def may_read(self, repo: Owned) -> bool:
        """Whether a private repository can be seen, and the files of a gated one read."""
        return self._role_in(repo.namespace) is not None and self._token_gives("read", repo)

    def passes_gate(self, key: str) -> bool:
        """Whether this user was let in by the owner of a gated repository; a fine-grained token does not carry that."""
        return self.role != "fineGrained" and key in self.let_in

    def owns(self, namespace: str) -> bool:
        """Whether this user, given a token that writes, may change the repositories of a user or organisation."""
        return self._role_in(namespace) in {"write", "admin"}

    def may_write(self, repo: Owned) -> bool:
        """Whether this caller may change a repository."""
        return self.owns(repo.namespace) and self._token_gives("write", repo)

    def may_create_in(self, namespace: str) -> bool:
        """Whether this caller may add repositories to a user or organisation."""
        if not self.owns(namespace) or self.role == "read":
            return False
        wide = (scope for scope in self.scopes if scope.type == "namespace" and scope.level == "write")
        return self.role == "write" or any(scope.name.lower() == namespace.lower() for scope in wide)

    def may_discuss(self, repo: Owned) -> bool:
        """Whether this caller, who reads a repository, may comment and open pull requests there."""
        return self._token_gives("discussion", repo)

    def _token_gives(self, level: Level, repo: Owned) -> bool:
        if self.role != "fineGrained":
            return level == "read" or self.role == "write"
        return any(_LEVELS[scope.level] >= _LEVELS[level] and scope.covers(repo) for scope in self.scopes)

    def _role_in(self, namespace: str) -> MemberRole | None:
        if namespace.lower() == self.user.lower():
            return "admin"
        return next((role for name, role in self.memberships.items() if name.lower() == namespace.lower()), None)


def read_scope(text: str) -> Scope:
    """A scope as the command line takes it: "me/model:write", "datasets/me/x:read", or "me:write" for all that `me` owns.

    Raises:
        UsageError: it is written otherwise.
    """
    what, _, level = text.rpartition(":")
    if level not in get_args(Level) or not what:
        raise UsageError(
            f"the scope {text!r} does not end in a permission",
            hint="write for instance me/model:write, datasets/me/x:read, spaces/me/demo:discussion or me:read",
        )
    first, slash, rest = what.partition("/")
    types: Mapping[str, EntityType] = {"models": "model", "datasets": "dataset", "spaces": "space"}
    type_: EntityType = "namespace"
    if slash:
        type_, what = (types[first], rest) if first in types else ("model", what)
    parts = what.split("/")
    if len(parts) != (2 if slash else 1):
        raise UsageError(f"the scope {text!r} names no repository", hint="write for instance datasets/me/x:read")
    try:
        for part in parts:
            check_name(part, what="repository" if slash else "user")
    except RefusalError as exc:
        raise UsageError(exc.message) from exc
    return Scope(type=type_, name=what, level=cast("Level", level))
