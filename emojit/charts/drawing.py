"""Pictures as SVG: elements with escaped text and short numbers, and the colours that a page or the picture itself gives them.

The text of a picture is text, so the browser draws it with its own fonts, emoji among them. Colours are those of the classes in `charts.css`, which knows
light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

Element = ElementTree.Element

STYLES = 8
"""Pairs of colour and dash that tell lines apart (count); number 0 is the colour of the text."""

_NAMESPACE = "http://www.w3.org/2000/svg"
_STYLE_SHEET = "charts.css"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""


def picture(width: float, height: float, alt: str, *, standalone: bool = False) -> Element:
    """Return an empty picture.

    Args:
        width: of the view box (units).
        height: of the view box (units).
        alt: what it shows, for those who do not see it.
        standalone: whether it is a file of its own, which brings its style along.
    """
    attributes = {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "aria-label": _clean(alt), "class": "chart"}
    if standalone:
        attributes = {"xmlns": _NAMESPACE, "width": f"{width:g}", "height": f"{height:g}", **attributes}
    root = ElementTree.Element("svg", attributes)
    if standalone:
        add(root, "style", {}, style_sheet())
        add(root, "rect", {"class": "ground", "width": width, "height": height})
    return root


def add(parent: Element, tag: str, attributes: Mapping[str, object], text: str | None = None) -> Element:
    """Append an element; numbers are written with one decimal."""
    written = {name: f"{value:.1f}" if isinstance(value, float) else str(value) for name, value in attributes.items()}
    child = ElementTree.SubElement(parent, tag, written)
    child.text = None if text is None else _clean(text)
    return child


def as_svg(root: Element) -> str:
    """Return a picture as text; every character of a name or label is escaped."""
    return ElementTree.tostring(root, encoding="unicode")


def style_sheet() -> str:
    """Return the rules for the classes that the pictures use, in light and dark."""
    return (Path(__file__).parent / _STYLE_SHEET).read_text(encoding="utf-8")


def style_class(style: int | None) -> str:
    """Return the class of a colour and dash; None is the quiet one of what stays in the background."""
    return "quiet" if style is None else f"s{style % STYLES}"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
