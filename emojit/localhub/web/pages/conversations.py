"""Discussions and pull requests, to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from starlette.responses import Response

from emojit.localhub.discussions import Discussion, Event, read_number
from emojit.localhub.pull_requests import changes as changed_files
from emojit.localhub.pull_requests import conflicts
from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.files import place
from emojit.localhub.web.pages.frame import Frame, open_frame
from emojit.localhub.web.pages.history import changes

_PAGE = 50
_MAX_EVENTS = 200
_MAX_RENDERED_CHARS = 256 * 1024
"""Of the comments of a page; what comes after that is shown as it was written."""
_STATES = {"open": {"open", "draft"}, "closed": {"closed", "merged"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happened:
    """One entry of a thread."""

    type: str
    author: str
    time: float
    html: str | None = None
    words: str = ""
    commit: str | None = None
    edited: bool = False
    hidden: bool = False


def list_all(call: Call) -> Response:
    """`GET /{id}/discussions`."""
    with open_frame(call) as frame:
        status = call.request.query_params.get("status", "all")
        given = call.request.query_params.get("start", "0")
        start = int(given) if given.isdecimal() and len(given) < 9 else 0
        found = [item for item in call.hub.discussions.of(frame.record.key) if _fits(item, status)]
        values = {
            "discussions": found[start : start + _PAGE],
            "status": status if status in _STATES else "all",
            "next_start": start + _PAGE if start + _PAGE < len(found) else None,
            "seconds": _seconds,
        }
        return frame.show("discussions.html", "discussions", values)


def thread(call: Call) -> Response:
    """`GET /{id}/discussions/{number}`."""
    with open_frame(call) as frame:
        number = read_number(call.values["number"])
        discussion = call.hub.discussions.get(frame.record.key, number) if number else None
        if discussion is None:
            raise RefusalError(404, "Discussion not found")
        happened = _all_happened(frame, call.hub.discussions.events(discussion)[:_MAX_EVENTS])
        values: dict[str, object] = {"discussion": discussion, "changes": [], "count": 0, "conflicts": []}
        if discussion.is_pull_request and frame.git.has_reference(discussion.reference):
            changed = changed_files(frame.git, discussion)
            happened = [*happened[:1], *sorted([*_commits(frame, discussion), *happened[1:]], key=_time)]
            values |= {
                "changes": changes(frame, changed),
                "count": len(changed),
                "conflicts": conflicts(frame.git, discussion) if discussion.is_active else [],
            }
        return frame.show("discussion.html", "discussions", {**values, "events": happened[:_MAX_EVENTS]})


def _fits(discussion: Discussion, status: str) -> bool:
    return status not in _STATES or discussion.status in _STATES[status]


def _time(happened: _Happened) -> float:
    return happened.time


def _commits(frame: Frame, discussion: Discussion) -> list[_Happened]:
    found = frame.git.since(discussion.start, discussion.reference)
    return [
        _Happened(type="commit", author=commit.author, time=commit.time, words=commit.title, commit=commit.id)
        for commit in reversed(found[:_MAX_EVENTS])
    ]


def _all_happened(frame: Frame, events: Sequence[Event]) -> list[_Happened]:
    found, left = [], _MAX_RENDERED_CHARS
    for event in events:
        item = _happened(frame, event, may_render=left)
        left -= len(item.words) if item.html is not None else 0
        found.append(item)
    return found


def _happened(frame: Frame, event: Event, *, may_render: int) -> _Happened:
    time = _seconds(event.created)
    if event.type == "comment":
        versions = cast("list[Mapping[str, str]]", event.data["versions"])
        hidden = bool(event.data["hidden"])
        words = versions[-1]["raw"]
        is_rendered = not hidden and len(words) <= may_render
        html = frame.call.hub.markdown.html(words, place(frame, "")) if is_rendered else None
        return _Happened(
            type="comment",
            author=event.author,
            time=time,
            html=html,
            words=words,
            edited=len(versions) > 1,
            hidden=hidden,
        )
    words = f"{event.data['from']} → {event.data['to']}" if event.type == "title-change" else str(event.data["status"])
    return _Happened(type=event.type, author=event.author, time=time, words=words)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
