"""Which addresses are pages. They are looked up after those of the API, so that none can hide one of it."""

from __future__ import annotations

from emojit.localhub.web.call import REPO_TYPES
from emojit.localhub.web.pages import conversations, files, history, index, login, repository
from emojit.localhub.web.pages.showing import PageHandler, as_page
from emojit.localhub.web.routing import Router

_REPOSITORY: dict[str, PageHandler] = {
    "": repository.overview,
    "/tree/{revision}": files.tree,
    "/tree/{revision}/{path*}": files.tree,
    "/blob/{revision}/{path*}": files.blob,
    "/commits/{revision}": history.commits,
    "/commit/{revision}": history.commit,
    "/tags": history.tags,
    "/discussions": conversations.list_all,
    "/discussions/{number}": conversations.thread,
}
"""Pages below the address of a repository."""


def page_router() -> Router[PageHandler]:
    """The routes of all pages."""
    router: Router[PageHandler] = Router()
    router.add("", {"GET": as_page(index.first_page)})
    router.add("login", {"GET": as_page(login.login_form), "POST": as_page(login.log_in)})
    router.add("login/out", {"POST": as_page(login.log_out)})
    for types in REPO_TYPES:
        router.add(types, {"GET": as_page(index.type_page)}, types=types)
    for types, type_ in REPO_TYPES.items():
        prefix = "" if type_ == "model" else f"{types}/"
        for pattern, handler in _REPOSITORY.items():
            handlers = {"GET": as_page(handler)}
            router.add(f"{prefix}{{namespace}}/{{name}}{pattern}", handlers, types=types)
    router.add("{namespace}", {"GET": as_page(index.namespace_page)})
    return router
