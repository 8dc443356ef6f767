"""Article text to sentences, aware of brackets and quotes.

The rule: a line is split after 。！？!? where that stands outside brackets and quotes. Only brackets that really close on the same line protect, so
an opening quote that was cut off costs its own sentence and never the rest of the paragraph. Headings and list lines stay whole, as items of their
own, for the filters to name. Text is put into NFC and freed of invisible characters, and otherwise left as it is: NFKC and other foldings would
change emoji and the author's spelling (full-width digits stay; a tokenizer folds them when it reads).

Around the rule stand cases, each with its reason beside the pattern: marks inside names, a full stop written . or ．, and a parenthesis or quote that
is a sentence by itself.
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

_END = re.compile(
    r"[。｡！？!?]+"
    r"|(?<=[ぁ-ん])[.．](?=[^\s\d.．,、。A-Za-z])"  # した.しかし: a full stop in Latin dress
)

_SENTENCE_IN_BRACKETS = re.compile(r"[。｡][)）」』｣]+")
"""The end of a parenthesis or quote that holds whole sentences."""

_GOES_ON = re.compile(r"[を、，ゃゅょっー]")
"""No sentence begins like this, so a mark before it belongs to a name: モーニング娘。を."""

_NAMES = re.compile(r"(?:モーニング|カントリー|ココナッツ)娘。|ミニモニ。")
"""Names that end with 。 and stand in many articles."""

_NAME_GOES_ON = re.compile(r"の(?!ち)|[はがにでともや][、，]|\s?[A-Za-z0-9&=/]|\s*[-－–—~〜～・]")
"""The same after ！？!? only, which stand inside many names: けいおん!の, Yahoo! JAPAN; and in years that nobody knows: ？ - 1583年."""

_SENTENCE_TAIL = re.compile(r"[ぁ-んー〜～…ｗw♪)）」』\"”]")
"""What stands before ！？!? that end a sentence. A noun before them is nearly always a name: ストップ！マイカー, 発掘!あるある大事典."""

_QUOTE_GOES_ON = re.compile(
    r"[とっをはがのにでもやへ、，。｡.．・…「『｢)）」』]|など|か[らど]|より|まで|ら[がはのに]|し[、た]|する|せ"
)
"""What follows a quote or parenthesis of whole sentences that is part of a larger sentence."""

_STARTS = re.compile(
    r"また[、，]|しかし|なお[、，]|ただし|さらに|そ[のしれ]|こ[のれうこ]|一方|当時|現在[、，は]|ちなみに|やがて|ところが|だが[、，]|同[年月日]|[（(]"
)
"""How a sentence begins after a parenthesis that swallowed the full stop of the sentence before: 主君を失った（諸説ある。）また、"""

_INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
"""Control characters, soft hyphen, zero-width space and direction marks. ZWJ and variation selectors stay: emoji need them."""

_UNTIDY = re.compile("[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2060\ufeff]")


def normalise(line: str) -> str:
    """Put one line into NFC, without invisible characters, tabs as blanks, no blanks at its ends."""
    if _UNTIDY.search(line):
        line = line.replace("\t", " ").translate(_INVISIBLE)
    return unicodedata.normalize("NFC", line).strip()


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
    items, start = [], 0
    for end in _boundaries(line):
        items.append(line[start:end].strip())
        start = end
    items.append(line[start:].strip())
    return [item for item in items if item]


def _boundaries(line: str) -> list[int]:
    """Return the positions behind which a sentence ends, in order."""
    pairs = match(line).pairs
    inside = bytearray(len(line) + 1)
    for first, last in pairs:
        inside[first:last] = b"\1" * (last - first)
    found = [end.end() for end in _END.finditer(line) if not inside[end.start()] and not _is_name(line, end)]
    if pairs:
        found = sorted({*found, *_bracketed(line, inside, {last: first for first, last in pairs}, found)})
    return found


def _bracketed(line: str, inside: bytearray, opened: dict[int, int], found: list[int]) -> list[int]:
    """Return the boundaries that a parenthesis or quote of whole sentences makes by itself."""
    ends = {0, *found}
    for mark in _SENTENCE_IN_BRACKETS.finditer(line):
        last, end = mark.end() - 1, mark.end()
        if inside[end] or last not in opened:
            continue
        first = opened[last]
        while first and line[first - 1].isspace():
            first -= 1
        stands_alone = first in ends and not _QUOTE_GOES_ON.match(line, end)
        if stands_alone or (line[last] in ")）" and _STARTS.match(line, end)):
            ends.add(end)
    return sorted(ends - {0})


def _is_name(line: str, end: re.Match[str]) -> bool:
    if _GOES_ON.match(line, end.end()):
        return True
    if end.group()[0] in "。｡":
        start = max(0, end.start() - 6)
        return any(name.end() == end.end() for name in _NAMES.finditer(line, start, end.end())) and end.end() < len(
            line
        )
    if end.group()[0] in ".．":
        return False
    at_edge = end.end() == len(line) or line[end.end()].isspace()
    tail = _SENTENCE_TAIL.match(line, end.start() - 1) if end.start() else None
    return (tail is None and not at_edge) or _NAME_GOES_ON.match(line, end.end()) is not None
