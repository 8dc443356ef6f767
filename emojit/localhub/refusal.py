"""What a client is told when a request cannot be served.

The clients do not look at status codes alone: `huggingface_hub` chooses its exception by the `X-Error-Code` header, and some callers match on words of
the message. Both are kept here, so that every route refuses in the same words.
"""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal["RepoNotFound", "RevisionNotFound", "EntryNotFound", "GatedRepo"]
"""The values of `X-Error-Code` that `huggingface_hub.utils.hf_raise_for_status` knows."""


_CHALLENGE = 'Basic realm="The password is a token of this Hub", charset="UTF-8"'
PASSWORD_CHALLENGE = {"WWW-Authenticate": _CHALLENGE, "LFS-Authenticate": _CHALLENGE}
"""Makes git and git-lfs send the token that they have."""


class RefusalError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status code.
        message: what was wrong; goes into `X-Error-Message` and into the body.
        code: which exception the client shall raise, or None for its general one.
        headers: further response headers.
        body: further fields of the JSON body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: ErrorCode | None = None,
        headers: dict[str, str] | None = None,
        body: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}
        self.body = body or {}


def bad_token() -> RefusalError:
    """401: an `Authorization` header that names no known token. The client matches on this sentence."""
    return RefusalError(401, "Invalid credentials in Authorization header")


def login_required() -> RefusalError:
    """401: the route needs a token and none was sent."""
    return RefusalError(401, "Invalid username or password.")


def credentials_wanted() -> RefusalError:
    """401 for git and git-lfs, which send a token only when they are asked: the same for a hidden and for a missing repository."""
    return RefusalError(401, "Repository not found", code="RepoNotFound", headers={**PASSWORD_CHALLENGE})


def read_only_token() -> RefusalError:
    """403: a token of role `read` on a route that writes."""
    return RefusalError(403, "This token has the role 'read'; the operation needs a token with the role 'write'.")


def out_of_scope() -> RefusalError:
    """403: a fine-grained token where its scopes do not give what the route needs."""
    return RefusalError(
        403, "This fine-grained token has no scope for this operation on this repository or namespace."
    )


def foreign_namespace(namespace: str) -> RefusalError:
    """403: a write to the namespace of somebody else."""
    return RefusalError(403, f"You don't have the rights to write to the namespace '{namespace}'.")


def repo_not_found() -> RefusalError:
    """404: no such repository, or a private one that this caller may not know of. The two must not differ in any byte."""
    return RefusalError(404, "Repository not found", code="RepoNotFound")


def revision_not_found(revision: str) -> RefusalError:
    """404: no branch, tag or commit of this name."""
    return RefusalError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")


def reference_exists(reference: str) -> RefusalError:
    """409: a branch or tag of this full name is here already."""
    return RefusalError(409, f"Reference {reference} already exists")


def entry_not_found(path: str, *, commit: str | None = None) -> RefusalError:
    """404: no such file. With `X-Repo-Commit` the client remembers the absence for that commit."""
    headers = {"X-Repo-Commit": commit} if commit else {}
    return RefusalError(404, f"Entry not found: {path}", code="EntryNotFound", headers=headers)


def gated(type_: str, repo_id: str) -> RefusalError:
    """403: files of a gated repository, asked for by somebody who was not let in. Clients match on the sentence."""
    return RefusalError(
        403, f"Access to {type_} {repo_id} is restricted and you are not in the authorized list.", code="GatedRepo"
    )


def stale_parent() -> RefusalError:
    """412: the branch is not where the client saw it. Both sentences of the public Hub, old and new: callers match on either."""
    message = "The branch was updated since you opened this page. Please refresh and try again."
    return RefusalError(412, f"{message} (A commit has happened since. Please refresh and try again.)")


def bad_path(path: str, reason: str) -> RefusalError:
    """422: a path that a checkout on some system could not hold, or that would leave the repository."""
    return RefusalError(422, f"Invalid path in repo: {path!r} ({reason})")


def malformed(message: str) -> RefusalError:
    """400: the request itself cannot be understood."""
    return RefusalError(400, message)
