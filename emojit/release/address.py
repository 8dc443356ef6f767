"""Where a release goes: which Hub, which repository, which tag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from emojit.errors import UsageError

Kind = Literal["dataset", "model", "metric", "space"]
"""What is published. A metric is a Space that `evaluate.load` can read."""

MANIFEST_RECORD = "manifest.json sha256"
"""Words before the checksum of the manifest in the message of a data set release's commit and of its tag."""

_LONGEST_ID = 96  # characters, as in huggingface_hub.utils.validate_repo_id
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_UNWRITTEN = re.compile(r"[^A-Za-z0-9._]+")
_BRANCH = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?")
_TAG = re.compile(r"v(?:0|[1-9][0-9]*)")


def hub_type(kind: Kind) -> Literal["dataset", "model", "space"]:
    """Return the Hub's own name for the kind of repository."""
    return "space" if kind == "metric" else kind


def check_repo_id(repo_id: str) -> None:
    """Check that a repository is named as `namespace/name`, by the Hub's own rules.

    Raises:
        UsageError: it is not.
    """
    namespace, _, name = repo_id.partition("/")
    if not namespace or not name or "/" in name:
        raise UsageError(
            f"repository id {repo_id!r} must be namespace/name",
            hint=f"for example you/{_UNWRITTEN.sub('-', repo_id.rsplit('/', 1)[-1]).strip('-.') or 'emoji-pairs'}",
        )
    forbidden = "--" in repo_id or ".." in repo_id or name.endswith(".git") or len(repo_id) > _LONGEST_ID
    if forbidden or not _NAME.fullmatch(namespace) or not _NAME.fullmatch(name):
        raise UsageError(
            f"repository id {repo_id!r} is not allowed on the Hub",
            hint="letters, digits, '-', '_' and '.', beginning and ending with one of the first two; no '--', no '..'",
        )


def check_tag(tag: str) -> None:
    """Check that a version is written as v1, v2, ….

    Raises:
        UsageError: it is not.
    """
    if not _TAG.fullmatch(tag):
        raise UsageError(
            f"tag {tag!r} is no version", hint="a version is 'v' and a whole number, for example --tag v1"
        )


def check_branch(branch: str) -> None:
    """Check that a branch is named so that it is neither a version nor a ref of the Hub's own.

    Raises:
        UsageError: it is not.
    """
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.startswith("refs/") or _TAG.fullmatch(branch):
        raise UsageError(
            f"branch {branch!r} is not allowed",
            hint="letters, digits, '-', '_', '.' and '/', beginning with a letter or digit; not the name of a version such as v1",
        )


def higher_tag(tag: str, tags: Iterable[str]) -> str | None:
    """Return the highest version that exists, if it is above `tag`; other tags are passed over."""
    highest = max((int(one[1:]) for one in tags if _TAG.fullmatch(one)), default=0)
    return f"v{highest}" if highest > int(tag[1:]) else None


def next_tag(tags: Iterable[str]) -> str:
    """Return the lowest version above all that exist; other tags are passed over."""
    return f"v{max((int(tag[1:]) for tag in tags if _TAG.fullmatch(tag)), default=0) + 1}"


def newest_tag(tags: Iterable[str]) -> str | None:
    """Return the highest version; other tags are passed over, and None is returned where there is none."""
    return max((tag for tag in tags if _TAG.fullmatch(tag)), key=lambda tag: int(tag[1:]), default=None)


def page_url(base: str, kind: Kind, repo_id: str, revision: str) -> str:
    """Return the address of a repository's page at a revision."""
    prefix = {"dataset": "datasets/", "space": "spaces/", "model": ""}[hub_type(kind)]
    return f"{base}/{prefix}{repo_id}/tree/{revision}"
