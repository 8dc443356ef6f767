"""Folders and files of a repository."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.responses import Response

from emojit.localhub.cards import card_body
from emojit.localhub.git import Entry
from emojit.localhub.git_cache import CommitFacts
from emojit.localhub.markdown import Place
from emojit.localhub.pointers import Pointer
from emojit.localhub.preview.runner import KINDS, Preview
from emojit.localhub.refusal import RefusalError, entry_not_found, gated
from emojit.localhub.web.answers import IMAGE_TYPES
from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.addresses import home, quoted
from emojit.localhub.web.pages.frame import Frame, open_frame

_MAX_TEXT_BYTES = 256 * 1024
"""Of a text file that is shown; the rest is offered for download."""
_PAGE = 500
_MARKDOWN = frozenset({".md", ".markdown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One line of a folder."""

    name: str
    path: str
    is_folder: bool
    size: int
    is_large: bool
    change: CommitFacts | None


def tree(call: Call) -> Response:
    """`GET /{id}/tree/{revision}[/{path}]`."""
    with open_frame(call) as frame:
        assert frame.commit is not None
        path = call.values.get("path", "").strip("/")
        folder = frame.git.entry(frame.commit, path)
        if folder is None or not folder.is_folder:
            raise entry_not_found(path)
        entries = sorted(frame.git.entries(folder, recursive=False), key=lambda entry: not entry.is_folder)
        start = _start(call)
        shown = entries[start : start + _PAGE]
        changes = frame.git.last_changes(frame.commit, [entry.path for entry in shown])
        values = {
            "path": path,
            "crumbs": _crumbs(path),
            "items": [_item(frame, entry, changes.get(entry.path)) for entry in shown],
            "count": len(entries),
            "next_start": start + _PAGE if start + _PAGE < len(entries) else None,
        }
        return frame.show("tree.html", "files", values)


def blob(call: Call) -> Response:
    """`GET /{id}/blob/{revision}/{path}`: a file as its kind asks for."""
    with open_frame(call) as frame:
        assert frame.commit is not None
        path = call.values["path"].strip("/")
        entry = frame.git.entry(frame.commit, path)
        if entry is None or entry.is_folder:
            raise entry_not_found(path)
        if not frame.files_open:
            raise gated(frame.record.type, frame.record.id)
        size, pointer = frame.git.facts(entry.oid)
        if pointer and not call.hub.registry.granted(frame.record.key, pointer.sha256):
            raise entry_not_found(path)  # it was deleted for good, the history still names it
        values = {
            "path": path,
            "crumbs": _crumbs(path),
            "size": pointer.size if pointer else size,
            "pointer": pointer,
            "oid": entry.oid,
            "change": frame.git.last_changes(frame.commit, [path]).get(path),
            **_content(frame, entry, pointer),
        }
        return frame.show("blob.html", "files", values)


def place(frame: Frame, folder: str) -> Place:
    """Where a text of this repository stands."""
    is_name = any(frame.git.has_reference(f"{kind}{frame.revision}") for kind in ("", "refs/heads/", "refs/tags/"))
    # A commit has many names, its first 7 to 40 digits; each text is rendered for one of them.
    revision = quoted(frame.revision if is_name or frame.commit is None else frame.commit)
    return Place(repo=home(frame.record), revision=revision, folder=folder, origin=frame.call.endpoint)


def preview_of(frame: Frame, entry: Entry) -> Preview | None:
    """The first rows of a data file; None when it is none."""
    kind = KINDS.get(PurePosixPath(entry.path).suffix.lower())
    if kind is None:
        return None
    hub, pointer = frame.call.hub, frame.git.facts(entry.oid)[1]
    if pointer is None:
        with tempfile.NamedTemporaryFile(dir=hub.store.tmp, suffix=f".{kind}") as file:
            file.write(frame.git.read(entry.oid))
            file.flush()
            return hub.previews.of(Path(file.name), kind=kind, content=entry.oid)
    if not hub.large_files.has(frame.record.key, pointer.sha256):
        return Preview(problem="it is no longer here")
    return hub.previews.of(hub.large_files.path(pointer.sha256), kind=kind, content=pointer.sha256)


def _content(frame: Frame, entry: Entry, pointer: Pointer | None) -> Mapping[str, object]:
    """What the page shows of a file: one of image, table, rendered text, text, or nothing."""
    nothing = {"view": "binary", "preview": None, "html": None, "text": "", "cut": False, "can_render": False}
    suffix = PurePosixPath(entry.path).suffix.lower()
    query = frame.call.request.query_params
    if suffix in IMAGE_TYPES and query.get("plain") != "1":
        return {**nothing, "view": "image"}
    if query.get("plain") != "1" and (preview := preview_of(frame, entry)):
        return {**nothing, "view": "table", "preview": preview, "can_render": suffix != ".parquet"}
    content = _beginning(frame, entry, pointer)
    cut = len(content) > _MAX_TEXT_BYTES
    text = _text(content[:_MAX_TEXT_BYTES], cut=cut)
    if text is None:
        return nothing
    can_render = suffix in _MARKDOWN or suffix in KINDS
    if suffix in _MARKDOWN and query.get("plain") != "1":
        folder = entry.path.rpartition("/")[0]
        html = frame.call.hub.markdown.html(card_body(text), place(frame, folder))
        return {**nothing, "view": "markdown", "html": html, "cut": cut, "can_render": True}
    return {**nothing, "view": "text", "text": text, "cut": cut, "can_render": can_render}


def _beginning(frame: Frame, entry: Entry, pointer: Pointer | None) -> bytes:
    """The first bytes of a file, one more than is shown."""
    if pointer is None:
        return frame.git.read(entry.oid)[: _MAX_TEXT_BYTES + 1]
    try:
        with frame.call.hub.large_files.path(pointer.sha256).open("rb") as file:
            return file.read(_MAX_TEXT_BYTES + 1)
    except FileNotFoundError:
        raise RefusalError(500, f"The large file {pointer.sha256} is missing from the store") from None


def _text(content: bytes, *, cut: bool) -> str | None:
    """The bytes as text; None when they are none."""
    if b"\0" in content:
        return None
    try:
        # What is cut may end within a character.
        return content.decode("utf-8", errors="ignore" if cut else "strict")
    except UnicodeDecodeError:
        return None


def _item(frame: Frame, entry: Entry, change: CommitFacts | None) -> _Item:
    size, pointer = (0, None) if entry.is_folder else frame.git.facts(entry.oid)
    return _Item(
        name=entry.path.rpartition("/")[2],
        path=entry.path,
        is_folder=entry.is_folder,
        size=pointer.size if pointer else size,
        is_large=pointer is not None,
        change=change,
    )


def _crumbs(path: str) -> list[tuple[str, str]]:
    """Each folder on the way to a path, by name and path."""
    names = path.split("/") if path else []
    return [(name, "/".join(names[: position + 1])) for position, name in enumerate(names)]


def _start(call: Call) -> int:
    given = call.request.query_params.get("start", "0")
    return int(given) if given.isdecimal() and len(given) < 9 else 0
