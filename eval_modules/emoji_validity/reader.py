# Generated from emojit/emoji/reader.py by scripts/build_eval_modules.py; do not edit.
"""Read emoji out of text, fold their spellings, take them out, write them.

One emoji has up to 52 spellings (skin tones, a missing variation selector, couples with two tones). Everything here
answers with one of them: the fully-qualified form without skin tone of the Emoji 16.0 inventory, called canonical.
What may follow what is the grammar of UTS #51, section 1.4.9.

This file is copied into the metric modules on the Hub, so it imports nothing but the standard library and the
generated table. `re` is used on purpose: with the ranges written out it is several times faster here than `regex` with
its grapheme clusters, and the answer does not depend on the Unicode version of a library or of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from .table import COUPLES, FORMS, RESERVED, TONED_TEXT

INVENTORY: tuple[str, ...] = tuple(FORMS.split())
"""The 1,906 canonical emoji of Emoji 16.0 in Unicode order."""

_TEXT_SELECTOR, _EMOJI_SELECTOR, _JOINER, _KEYCAP = "\ufe0e", "\ufe0f", "\u200d", "\u20e3"
_TONES = "\U0001f3fb-\U0001f3ff"
_TAGS = "\U000e0020-\U000e007f"
_REGIONAL = "\U0001f1e6-\U0001f1ff"

# Pictographs: exact in the Basic Multilingual Plane, where text has symbols of its own (★ ♪). Beyond it a generous
# range, because `re` tests ranges there one after the other; `_pieces` sorts out what is no emoji.
_TEXT_DEFAULT = frozenset(form[0] for form in INVENTORY if len(form) == 2 and form[1] == _EMOJI_SELECTOR)
_LOW_EMOJI = "".join(form for form in INVENTORY if len(form) == 1 and form < "\uffff")
_LOW_TEXT = "".join(sorted(char for char in _TEXT_DEFAULT if char < "\uffff"))
_HIGH = "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001fffd"
_ELEMENT = f"[{_LOW_EMOJI}{_LOW_TEXT}{_HIGH}][{_TEXT_SELECTOR}{_EMOJI_SELECTOR}{_TONES}]*[{_TAGS}]*"
_FLAG = f"[{_REGIONAL}]{{2}}"
_KEYCAPPED = f"[0-9#*][{_TEXT_SELECTOR}{_EMOJI_SELECTOR}]*{_KEYCAP}"
_SEQUENCE = re.compile(f"{_ELEMENT}(?:{_JOINER}{_ELEMENT})*|{_FLAG}|{_KEYCAPPED}")
_EMOJI_CHARS = {*"".join(INVENTORY)} - {*"0123456789#*", _EMOJI_SELECTOR, _JOINER, _KEYCAP}
_EMOJI_CHAR = re.compile(f"[{''.join(sorted(_EMOJI_CHARS))}{RESERVED}]")

# What is invisible or meaningless without the emoji it belonged to. A joiner is spelling, not debris, between Arabic,
# Indic or Mongolian letters.
_JOINED_SCRIPTS = "[\u0600-\u1cff\ua8e0-\ua8ff\ufb50-\ufdff\ufe70-\ufefc]"
_DEBRIS = (
    f"(?:[{_TEXT_SELECTOR}{_EMOJI_SELECTOR}{_TONES}{_TAGS}{_REGIONAL}{_KEYCAP}\U000e0001]"
    f"|(?<!{_JOINED_SCRIPTS}){_JOINER}|{_JOINER}(?!{_JOINED_SCRIPTS}))"
)
_BLANKS = " \t\u00a0\u3000"
_DEBRIS_RUN = re.compile(f"{_DEBRIS}(?:[{_BLANKS}]*{_DEBRIS})*")

# One cheap look that says "nothing here" for most sentences: every emoji but the text-default ones holds one of these
# characters, and so does all debris.
_HINTS = f"{_LOW_EMOJI}{_TEXT_SELECTOR}{_EMOJI_SELECTOR}{_JOINER}{_KEYCAP}\U0001f000-\U0001fffd\U000e0001-\U000e007f"
_HINT = re.compile(f"[{_HINTS}]")
_LENIENT_HINT = re.compile(f"[{_HINTS}{_LOW_TEXT}]")

_NO_DECORATION = dict.fromkeys([0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)])
_FOLD = {form.replace(_EMOJI_SELECTOR, ""): form for form in INVENTORY} | COUPLES
"""Spelling without tones and selectors → canonical emoji."""
_READY = {form: form for form in INVENTORY} | {bare: form for bare, form in _FOLD.items() if bare not in _TEXT_DEFAULT}
"""Spellings that mean the same in prose and in a field of emoji → canonical emoji."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What stands in a text.

    Attributes:
        emojis: canonical emoji in the order of the text, duplicates kept.
        outside: what is an emoji but not in the inventory, as it is spelled in the text: emoji newer than 16.0, flags
            of no region, joined or tagged sequences that Unicode does not recommend, a hair style on its own.
    """

    emojis: tuple[str, ...]
    outside: tuple[str, ...]


def canonical(text: str) -> str | None:
    """Return the canonical form of one emoji in any spelling, or None when the text is anything else.

    Skin tones and variation selectors never change the answer: "❤" is "❤️", "👍🏽" is "👍", and a tone that came after
    16.0 ("👯🏽") still means the old form. An emoji that came after 16.0 gives None.
    """
    form = _READY.get(text)
    if form is None and _SEQUENCE.fullmatch(text):
        return _FOLD.get(text.translate(_NO_DECORATION))
    return form


def extract(text: str, *, lenient: bool = False) -> list[str]:
    """Return the emoji of a running text: canonical, in order, duplicates kept; everything else is ignored.

    Args:
        text: any string.
        lenient: False for prose, where a character whose default presentation is text (❤ ☀ ™ without U+FE0F) is
            text. True for fields that hold emoji by contract: there it is an emoji. Digits, # and * are text in
            both, unless U+20E3 makes a keycap of them.
    """
    if (_LENIENT_HINT if lenient else _HINT).search(text) is None:
        return []
    spellings = _SEQUENCE.findall(text)
    try:
        return [_READY[spelling] for spelling in spellings]
    except KeyError:
        return [form for spelling in spellings for _, _, form in _resolve(spelling, lenient) if form is not None]


def read(text: str, *, lenient: bool = False) -> Reading:
    """Return the emoji of a text as `extract` does, and beside them what is outside the inventory."""
    if (_LENIENT_HINT if lenient else _HINT).search(text) is None:
        return Reading(emojis=(), outside=())
    found = list(_scan(text, lenient))
    return Reading(
        emojis=tuple(form for _, _, form in found if form is not None),
        outside=tuple(text[start:end] for start, end, form in found if form is None),
    )


def fold(text: str, *, lenient: bool = False) -> str:
    """Return the text with every emoji of the inventory in its canonical form and all else untouched.

    For text that goes to a tokenizer: a spelling it has never seen is an unknown token.
    """
    if (_LENIENT_HINT if lenient else _HINT).search(text) is None:
        return text
    parts: list[str] = []
    position = 0
    for start, end, form in _scan(text, lenient):
        parts += text[position:start], form or text[start:end]
        position = end
    parts.append(text[position:])
    return "".join(parts)


def strip(text: str) -> str:
    """Return the text without emoji, in or outside the inventory, and without their debris.

    Debris are variation selectors, joiners, tags, skin tones, keycap marks and regional indicators that no emoji is
    left to use. Characters that are text by default (❤ ☀ ™ without U+FE0F, digits) stay. Of the blanks around a
    removed piece one is kept, or none at the edge of a line; blanks elsewhere are not touched.
    """
    if _HINT.search(text) is None:
        return text
    parts, position = [], 0
    for start, end, _ in _scan(text, lenient=False):
        parts.append(text[position:start])
        position = end
    # A variation selector, itself debris, marks where an emoji was: what was joined to it is debris too.
    first, *rest = _DEBRIS_RUN.split(_EMOJI_SELECTOR.join([*parts, text[position:]]))
    kept = [first]
    for part in rest:
        left, right = kept[-1].rstrip(_BLANKS), part.lstrip(_BLANKS)
        blank = (kept[-1][len(left) :] or part[: len(part) - len(right)])[:1]
        at_edge = not left or not right or left[-1] in "\r\n" or right[0] in "\r\n"
        kept[-1:] = [left, "" if at_edge else blank, right]
    return "".join(kept)


def join(emojis: Iterable[str]) -> str:
    """Return the emoji in one string with one blank between them, the only way this project writes several."""
    return " ".join(emojis)


def _scan(text: str, lenient: bool) -> Iterator[tuple[int, int, str | None]]:
    """Yield (start, end, canonical form) of each emoji, in code points; the form is None outside the inventory."""
    for match in _SEQUENCE.finditer(text):
        offset = match.start()
        for start, end, form in _resolve(match.group(), lenient):
            yield offset + start, offset + end, form


@lru_cache(maxsize=8192)  # room for each of the 5,235 spellings there are; four times faster on text full of tones
def _resolve(spelling: str, lenient: bool) -> tuple[tuple[int, int, str | None], ...]:
    """Return what `_scan` yields for one match of the grammar: one emoji as a rule, none where it is text."""
    if (form := _READY.get(spelling)) is not None:
        return ((0, len(spelling), form),)
    found, start = [], 0
    for piece in _pieces(spelling):
        bare = piece.translate(_NO_DECORATION)
        form = _FOLD.get(bare)
        is_text = bare in _TEXT_DEFAULT and not lenient and not _has_emoji_presentation(piece)
        if not is_text and (form is not None or _EMOJI_CHAR.match(piece)):
            found.append((start, start + len(piece), form))
        start += len(piece)
    return tuple(found)


def _pieces(spelling: str) -> list[str]:
    """Split a sequence that is joined to a symbol (🂡), so that the rest is read as if the symbol were a letter."""
    elements = re.split(f"({_JOINER})", spelling)
    return [spelling] if all(_EMOJI_CHAR.match(element) for element in elements[::2]) else elements


def _has_emoji_presentation(spelling: str) -> bool:
    """Say whether a text-default character carries what makes an emoji of it: U+FE0F, or a tone where it takes one."""
    takes_tone = spelling[0] in TONED_TEXT
    return _EMOJI_SELECTOR in spelling or (takes_tone and re.search(f"[{_TONES}]", spelling) is not None)
