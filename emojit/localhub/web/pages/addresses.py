"""Addresses of pages and files. A revision is one segment: its slashes are written as `%2F`."""

from __future__ import annotations

from urllib.parse import quote

from emojit.localhub.registry import RepoRecord


def quoted(segment: str) -> str:
    """A text as one segment of a path."""
    return quote(segment, safe="")


def home(record: RepoRecord) -> str:
    """The first page of a repository."""
    return f"/{record.url_path}"


def tree(record: RepoRecord, revision: str, path: str = "") -> str:
    """The page of a folder."""
    return _below(record, "tree", revision, path)


def blob(record: RepoRecord, revision: str, path: str) -> str:
    """The page of a file."""
    return _below(record, "blob", revision, path)


def raw(record: RepoRecord, revision: str, path: str) -> str:
    """The bytes of a file."""
    return _below(record, "resolve", revision, path)


def commits(record: RepoRecord, revision: str) -> str:
    """The page of a history."""
    return _below(record, "commits", revision, "")


def _below(record: RepoRecord, view: str, revision: str, path: str) -> str:
    address = f"{home(record)}/{view}/{quoted(revision)}"
    return f"{address}/{quote(path)}" if path else address
