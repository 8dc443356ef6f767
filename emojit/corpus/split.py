"""Article text to sentences, aware of brackets and quotes.

The rule: a line is split after 。！？!? where that stands outside brackets and quotes. Only brackets that really close on the same line protect, so
an opening quote that was cut off costs its own sentence and never the rest of the paragraph. Headings and list lines stay whole, as items of their
own, for the filters to name. Text is put into NFC and freed of invisible characters, and otherwise left as it is: NFKC and other foldings would
change emoji and the author's spelling (full-width digits stay; a tokenizer folds them when it reads).
"""

from __future__ import annotations

import re
import unicodedata

from emojit.corpus.brackets import match

LIST_MARK = re.compile(
    r"[・•◦▪●◆◇■□►▶＊※*]"  # a bullet
    r"|[-‐–—－+](?=\s)"  # a dash that stands alone
    r"|[(（]?\d{1,3}[.)）．](?=\D|$)"  # 1. or (1)
    r"|[①-⑳]"
)
"""How a list line begins."""

HEADING_MARK = re.compile(r"#{1,6}(?=\s|$)|={2,}")
"""How a heading line of Markdown or wiki text begins."""

_ENDS = re.compile(r"[。！？!?]+")

_GOES_ON = re.compile(r"[を、，ゃゅょっー]")
"""No sentence begins like this, so a mark before it belongs to a name: モーニング娘。を."""

_NAME_GOES_ON = re.compile(r"の(?!ち)|[はがにでともや][、，]|\s?[A-Za-z0-9&=/]")
"""The same after ！？!? only, which stand inside many names: けいおん!の, Yahoo! JAPAN. After a Latin letter they always do: Yahoo!ニュース."""

_INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
"""Control characters, soft hyphen, zero-width space and direction marks. ZWJ and variation selectors stay: emoji need them."""


def normalise(line: str) -> str:
    """Put one line into NFC, without invisible characters, tabs as blanks, no blanks at its ends."""
    return unicodedata.normalize("NFC", line.replace("\t", " ").translate(_INVISIBLE)).strip()


def split_sentences(text: str) -> list[str]:
    """Split article text into sentences, headings and list lines.

    Args:
        text: an article; every line is looked at by itself.

    Returns:
        The items in order, none empty, each in NFC. Joining them gives the text back without its blank space.
    """
    return [item for line in text.splitlines() for item in _split_line(normalise(line))]


def _split_line(line: str) -> list[str]:
    if not line:
        return []
    if LIST_MARK.match(line) or HEADING_MARK.match(line):
        return [line]
    inside = _protected(line)
    items, start = [], 0
    for end in _ENDS.finditer(line):
        if inside[end.start()] or _is_name(line, end):
            continue
        items.append(line[start : end.end()].strip())
        start = end.end()
    items.append(line[start:].strip())
    return [item for item in items if item]


def _protected(line: str) -> bytearray:
    inside = bytearray(len(line))
    for first, last in match(line).pairs:
        inside[first:last] = b"\1" * (last - first)
    return inside


def _is_name(line: str, end: re.Match[str]) -> bool:
    if _GOES_ON.match(line, end.end()):
        return True
    if end.group().startswith("。"):
        return False
    latin = line[end.start() - 1 : end.start()].isascii() and line[end.start() - 1 : end.start()].isalnum()
    return latin or _NAME_GOES_ON.match(line, end.end()) is not None
