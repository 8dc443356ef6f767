"""Lists of repositories: the first page, and what a user or an organisation owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import Response

from emojit.localhub.cards import CardData
from emojit.localhub.git import DEFAULT_BRANCH
from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import RepoRecord, RepoType
from emojit.localhub.web.call import REPO_TYPES, Call
from emojit.localhub.web.pages.cards import chips_of, read_readme
from emojit.localhub.web.pages.showing import show

_PAGE = 30
_SORTS = {"updated": "last change", "created": "newest", "name": "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One repository of a list."""

    record: RepoRecord
    changed: float
    """Of the last commit (seconds since 1970)."""
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One repository as the page shows it."""

    record: RepoRecord
    changed: float
    title: str | None
    chips: Sequence[str]


def first_page(call: Call) -> Response:
    """`GET /`: everything that the visitor may see."""
    return show(call, "index.html", _list(call, namespace=None, types=call.request.query_params.get("type")))


def type_page(call: Call) -> Response:
    """`GET /models`, `/datasets` and `/spaces`."""
    return show(call, "index.html", _list(call, namespace=None, types=call.values["types"]))


def namespace_page(call: Call) -> Response:
    """`GET /{user-or-organization}`."""
    name = call.hub.accounts.namespace(call.values["namespace"])
    if name is None:
        raise RefusalError(404, "There is no user or organization of this name")
    is_user = call.hub.accounts.has_user(name)
    values = {
        "name": name,
        "is_user": is_user,
        "members": {} if is_user else call.hub.accounts.members(name),
        "memberships": call.hub.accounts.memberships(name) if is_user else {},
    }
    listed = _list(call, namespace=name, types=call.request.query_params.get("type"))
    return show(call, "namespace.html", {**listed, **values})


def _list(call: Call, *, namespace: str | None, types: str | None) -> Mapping[str, object]:
    query = call.request.query_params
    words, sort = query.get("q", "").strip()[:200], query.get("sort", "updated")
    sort = sort if sort in _SORTS else "updated"
    kinds: Sequence[RepoType] = [REPO_TYPES[types]] if types and types in REPO_TYPES else list(REPO_TYPES.values())
    found = [
        _listed(call, record)
        for kind in kinds
        for record in call.hub.registry.all(kind)
        if record.visible_to(call.caller)
        and (namespace is None or record.namespace.lower() == namespace.lower())
        and all(word in record.id.lower() for word in words.lower().split())
    ]
    found.sort(key=lambda item: item.record.id.lower())
    if sort != "name":
        found.sort(key=lambda item: item.changed if sort == "updated" else _seconds(item.record.created), reverse=True)
    pages = max((len(found) + _PAGE - 1) // _PAGE, 1)
    page = min(max(int(given) if (given := query.get("p", "1")).isdecimal() and len(given) < 7 else 1, 1), pages)
    shown = [_row(call, item) for item in found[(page - 1) * _PAGE : page * _PAGE]]
    kept = {"type": types if types in REPO_TYPES else "", "q": words, "sort": "" if sort == "updated" else sort}
    return {
        "rows": shown,
        "count": len(found),
        "words": words,
        "sort": sort,
        "sorts": _SORTS,
        "type": kept["type"],
        "page": page,
        "pages": pages,
        "base": f"/{namespace}" if namespace else "/",
        "link": lambda changes: _link(f"/{namespace}" if namespace else "/", {**kept, **changes}),
    }


def _link(base: str, values: Mapping[str, object]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{base}?{query}" if query else base


def _listed(call: Call, record: RepoRecord) -> _Listed:
    try:
        with call.hub.repositories.open(record) as git:
            commit = git.head(f"refs/heads/{DEFAULT_BRANCH}")
            return _Listed(record=record, changed=git.commit_facts(commit).time, commit=commit)
    except RefusalError:
        # Deleted a moment ago, or without its main branch: listed all the same.
        return _Listed(record=record, changed=_seconds(record.created), commit=None)


def _row(call: Call, item: _Listed) -> _Row:
    card: CardData = {}
    if item.commit:
        with call.hub.repositories.open(item.record) as git:
            card = read_readme(git, item.commit).data
    title = card.get("pretty_name") or card.get("title")
    return _Row(
        record=item.record,
        changed=item.changed,
        title=title[:120] if isinstance(title, str) else None,
        chips=chips_of(card)[:5],
    )


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
