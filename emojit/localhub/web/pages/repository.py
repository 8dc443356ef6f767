"""The first page of a repository: card, first rows, releases, last commits, files, and how to load it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from emojit.localhub.git import Entry
from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.addresses import home
from emojit.localhub.web.pages.cards import chips_of, front_matter_rows, licence_of, read_readme
from emojit.localhub.web.pages.files import place, preview_of
from emojit.localhub.web.pages.frame import Frame, open_frame
from emojit.localhub.web.pages.snippets import snippet
from emojit.localhub.web.pages.splits import choices

_MAX_FILES = 2_000
_COMMITS = 5
_TAGS = 8


def overview(call: Call) -> Response:
    """`GET /{id}`, `/datasets/{id}` and `/spaces/{id}`."""
    with open_frame(call) as frame:
        if frame.commit is None:
            return frame.show("empty.html", "card", {})
        readme = read_readme(frame.git, frame.commit)
        tags = frame.tags()
        files = [entry.path for entry in itertools.islice(_files(frame), _MAX_FILES + 1)]
        values = {
            "readme": readme,
            "html": _html(frame, readme.body),
            "front_matter": front_matter_rows(readme.data),
            "chips": chips_of(readme.data),
            "licence": licence_of(readme.data),
            "tags": tags[:_TAGS],
            "tag_count": len(tags),
            "history": list(itertools.islice(frame.git.history(frame.commit), _COMMITS)),
            "files": _summary(frame, files),
            "snippet": snippet(
                frame.record,
                call.endpoint,
                card=readme.data,
                config=_config(frame) if frame.files_open else {},
                tag=tags[0].name if tags else None,
            ),
            "rows": _first_rows(frame, readme.data, files) if frame.files_open else None,
        }
        return frame.show("overview.html", "card", values)


def _html(frame: Frame, body: str | None) -> str | None:
    if body is None or not frame.files_open:
        return None
    return frame.call.hub.markdown.html(body, place(frame, ""))


def _files(frame: Frame) -> Iterator[Entry]:
    assert frame.commit is not None
    root = frame.git.entry(frame.commit, "")
    assert root is not None
    return (entry for entry in frame.git.entries(root, recursive=True) if not entry.is_folder)


def _summary(frame: Frame, files: list[str]) -> Mapping[str, object]:
    """How many files there are and how large they are together; of very many only the first are counted."""
    total = 0
    for entry in itertools.islice(_files(frame), _MAX_FILES):
        bytes_, pointer = frame.git.facts(entry.oid)
        total += pointer.size if pointer else bytes_
    return {"count": min(len(files), _MAX_FILES), "more": len(files) > _MAX_FILES, "bytes": total}


def _config(frame: Frame) -> Mapping[str, object]:
    assert frame.commit is not None
    try:
        config = json.loads(frame.git.read_path(frame.commit, "config.json") or b"{}")
    except (ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _first_rows(frame: Frame, card: Mapping[str, object], files: list[str]) -> Mapping[str, object] | None:
    """The preview of the chosen configuration and split of a data set."""
    if frame.record.type != "dataset":
        return None
    offered = choices(card, files)
    if not offered:
        return None
    query = frame.call.request.query_params
    config = query.get("config", offered[0].config)
    splits = [choice for choice in offered if choice.config == config] or offered
    chosen = next((choice for choice in splits if choice.split == query.get("split")), splits[0])
    assert frame.commit is not None
    entry = frame.git.entry(frame.commit, chosen.path)
    configs = list(dict.fromkeys(choice.config for choice in offered))
    base = home(frame.record)

    def address(config: str, split: str | None) -> str:
        return f"{base}?{urlencode({'config': config, **({'split': split} if split else {})})}#rows"

    return {
        "configs": [(name, address(name, None), name == chosen.config) for name in configs],
        "splits": [
            (choice.split, address(choice.config, choice.split), choice is chosen)
            for choice in offered
            if choice.config == chosen.config
        ],
        "path": chosen.path,
        "preview": preview_of(frame, entry) if entry else None,
    }
