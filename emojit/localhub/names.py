"""Which names users, repositories, references and files may have."""

from __future__ import annotations

import re

from emojit.localhub.refusal import RefusalError, bad_path

_NAME = re.compile(r"\b[\w\-.]{1,96}\b", re.ASCII)
"""The rule of `huggingface_hub.utils.validate_repo_id`, applied to each half of `namespace/name`."""

RESERVED = frozenset({"api", "datasets", "spaces", "models", "settings", "join", "login", "organizations"})
"""First path segments that are routes. Every private route of this server lies below `/api`, so no other user name can collide with one."""

_FORBIDDEN_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_DRIVE = re.compile(r"[A-Za-z]:")
_MAX_SEGMENT_BYTES = 255
_MAX_REF_BYTES = 200
"""A reference is a file with `refs/heads/` before and `.lock` behind its name; the longest name of a file is 255 bytes."""
_MAX_PATH_BYTES = 4096


def check_name(name: object, *, what: str) -> str:
    """Return `name` if a user or repository may be called so.

    Args:
        name: the candidate, as it came from a request.
        what: "user", "organization" or "repository", for the message.

    Raises:
        RefusalError: 400, with the rule that is broken.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        rule = "1 to 96 letters, digits, '-', '_' or '.', not starting or ending with '-' or '.'"
        raise RefusalError(400, f"Invalid {what} name {name!r}: use {rule}")
    if "--" in name or ".." in name or name.endswith(".git"):
        raise RefusalError(400, f"Invalid {what} name {name!r}: '--', '..' and a final '.git' are not allowed")
    return name


def check_ref_name(name: object) -> str:
    """Return `name` if git accepts it as a branch or tag name (`git check-ref-format --branch`).

    Raises:
        RefusalError: 400, when git would refuse it or could mistake it for a commit id.
    """
    if not isinstance(name, str) or not name or _FORBIDDEN_IN_REF.search(name):
        raise RefusalError(400, f"Invalid reference name {name!r}")
    if len(name.encode("utf-8", errors="replace")) > _MAX_REF_BYTES:
        raise RefusalError(400, f"Invalid reference name: it is longer than {_MAX_REF_BYTES} bytes")
    if not name.isprintable():
        raise RefusalError(400, f"Invalid reference name {name!r}: it holds a character that cannot be seen")
    segments = name.split("/")
    if name.startswith("refs/"):
        raise RefusalError(400, f"Invalid reference for a branch or tag: {name!r} would pass for a full reference")
    if name == "@" or name.startswith("-") or name.endswith("."):
        raise RefusalError(400, f"Invalid reference name {name!r}")
    if any(not part or part.startswith(".") or part.endswith(".lock") for part in segments):
        raise RefusalError(400, f"Invalid reference name {name!r}")
    if re.fullmatch(r"[0-9a-f]{40}", name):
        raise RefusalError(400, f"Invalid reference name {name!r}: it looks like a commit id")
    return name


def check_path(path: object) -> str:
    """Return `path` if every system can check it out and `git fsck` has nothing against it.

    Args:
        path: file or folder inside the repository, with '/' between segments; one final '/' is dropped.

    Raises:
        RefusalError: 422, with the reason.
    """
    from dulwich.index import validate_path_element_hfs, validate_path_element_ntfs

    if not isinstance(path, str) or not path.rstrip("/"):
        raise bad_path(str(path), "it is empty")
    path = path.removesuffix("/")
    try:
        encoded = path.encode("utf-8")
    except UnicodeEncodeError:
        raise bad_path(path, "it is not valid Unicode") from None
    if len(encoded) > _MAX_PATH_BYTES:
        raise bad_path(path, f"it is longer than {_MAX_PATH_BYTES} bytes")
    if "\\" in path:
        raise bad_path(path, "a backslash separates folders on Windows")
    if _DRIVE.match(path):
        raise bad_path(path, "it begins with a drive on Windows")  # huggingface_hub refuses to download such a name
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in path):
        raise bad_path(path, "it holds a control character")
    for segment in encoded.split(b"/"):
        if segment in {b"", b".", b".."}:
            raise bad_path(path, "a segment is empty, '.' or '..'")
        if len(segment) > _MAX_SEGMENT_BYTES:
            raise bad_path(path, f"a segment is longer than {_MAX_SEGMENT_BYTES} bytes")
        if not (validate_path_element_ntfs(segment) and validate_path_element_hfs(segment)):
            raise bad_path(path, "a segment reads as '.git' on some system")
    return path
