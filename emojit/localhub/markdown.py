"""Rendering the Markdown of strangers: what can run, submit, frame or fetch from elsewhere does not get through.

Two walls: the renderer writes only what Markdown means, and what comes out is cleaned by an HTML parser with a list of allowed elements. The third is
the content security policy of every page.
"""

from __future__ import annotations

import posixpath
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_CHARS = 256 * 1024
"""Longest text that is rendered (code points); the rest is left out. It costs three seconds at worst, once."""

_MAX_HTML_TAGS = 4_000
"""A text with more is shown with its tags as text: cleaning deep nesting takes a time that grows with the square of the depth."""
_REMEMBERED = 64
_TAG = re.compile(r"<[a-zA-Z]")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")

_TEXT_ELEMENTS = "a abbr b br code del em i img ins kbd mark q rp rt ruby s samp small span strong sub sup u var"
_BLOCK_ELEMENTS = "blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table tbody td tfoot th thead tr ul"
_ELEMENTS = frozenset(f"{_TEXT_ELEMENTS} {_BLOCK_ELEMENTS}".split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "iframe",
    "noscript",
    "template",
    "svg",
    "math",
    "object",
    "textarea",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands, so that its relative addresses can be followed.

    Attributes:
        repo: path of the repository's page, e.g. "/datasets/me/pairs".
        revision: the revision of its files, ready for a URL.
        folder: of the file that holds the text; "" at the top.
        origin: scheme, host and port of this Hub.
    """

    repo: str
    revision: str
    folder: str
    origin: str

    def link(self, address: str) -> str | None:
        """Where a link leads; None when it leads nowhere good."""
        address = address.strip()
        if address.startswith(("#", "//")):
            return address if address.startswith("#") else None
        if _SCHEME.match(address):
            return address if urlsplit(address).scheme.lower() in {"http", "https", "mailto"} else None
        if address.startswith("/"):
            return address
        return self._inside(address, "blob")

    def image(self, address: str) -> str | None:
        """Where an image of this Hub lies; None for all others, which are never fetched."""
        address = address.strip()
        if address.startswith(self.origin + "/"):
            address = address.removeprefix(self.origin)
        if _SCHEME.match(address) or address.startswith("//"):
            return None
        if address.startswith("/"):
            return address if "/resolve/" in address else None
        return self._inside(address, "resolve")

    def _inside(self, address: str, view: str) -> str | None:
        parts = urlsplit(address)
        path = posixpath.normpath(posixpath.join(self.folder, unquote(parts.path)))
        if path.startswith("..") or "\\" in path:
            return None
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return f"{self.repo}/{view}/{self.revision}/{quote(path)}{fragment}"


class Markdown:
    """Renders texts and remembers the latest; one per Hub."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rendering = threading.Lock()
        self._made: OrderedDict[tuple[str, Place], str] = OrderedDict()

    def html(self, text: str, place: Place) -> str:
        """Clean HTML of a Markdown text, ready to be put into a page.

        Args:
            text: what a user wrote. Beyond `MAX_CHARS` it is cut.
            place: where it stands.
        """
        key = (text[:MAX_CHARS], place)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        with self._rendering:
            # One at a time: it is work for the processor alone, and many at once would leave no turns for other requests.
            rendered = _render(*key)
        with self._lock:
            self._made[key] = rendered
            while len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return rendered


def _render(text: str, place: Place) -> str:
    import nh3
    from markdown_it import MarkdownIt

    with_html = len(_TAG.findall(text)) <= _MAX_HTML_TAGS
    parser = MarkdownIt("commonmark", {"html": with_html, "linkify": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    _rewrite(tokens, place)

    def attribute(element: str, name: str, value: str) -> str | None:
        # Addresses of Markdown and of HTML alike; what `place` has been through already comes out as it is.
        if (element, name) == ("img", "src"):
            return place.image(value)
        return place.link(value) if (element, name) == ("a", "href") else value

    return nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=set(_ELEMENTS),
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )


def _rewrite(tokens: Sequence[Token], place: Place) -> None:
    """Change tokens to what a page of this Hub can show."""
    used: dict[str, int] = {}
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[position + 1].content, used))
        elif token.type in {"td_open", "th_open"} and "style" in token.attrs:
            # The content security policy knows no style attributes.
            token.attrSet("align", str(token.attrs.pop("style")).rpartition(":")[2])
        if token.children:
            token.children = [shown for child in token.children for shown in _image_or_link(child, place)]


def _image_or_link(token: Token, place: Place) -> list[Token]:
    """An image from elsewhere becomes a link to it."""
    from markdown_it.token import Token

    if token.type != "image" or place.image(str(token.attrs.get("src", ""))) is not None:
        return [token]
    address = place.link(str(token.attrs.get("src", "")))
    words = Token("text", "", 0, content=f"🖼 {token.content or 'image'}")
    if address is None:
        return [words]
    return [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]


def _anchor(heading: str, used: dict[str, int]) -> str:
    """The id of a heading as the public Hub makes it, so that a table of contents leads somewhere."""
    words = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")[:100] or "section"
    used[words] = used.get(words, -1) + 1
    return f"{words}-{used[words]}" if used[words] else words
