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

_END = re.compile(r"[。｡！？!?.．…]+")

_NEXT_SENTENCE = re.compile(r"[^\s\d.．,、。A-Za-z]")
"""What follows a full stop in Latin dress that ends a sentence: した.しかし."""

_PREDICATE_ENDS = frozenset("ただるすうくむよねい")
_WORD = re.compile(r"[ァ-ヶ一-龥「『]")
"""Dots end a sentence between a predicate and a word: 鐘が鳴る……観光客が, and not in 昔は……今とは."""

_WHOLE = re.compile(r"[。｡][」』｣]*$")
"""How a parenthesis or quote ends that holds whole sentences."""
_WHOLE_ENDS = frozenset("。｡」』｣")

_REMARK = re.compile(r"^.{6,}(?:[うくぐすつぬぶむるたいだ]|参照|より|説あり|など|等)$")
"""A parenthesis that is a sentence without its full stop, where it stands between two sentences: （社名はこれに由来する）."""

_GOES_ON = frozenset("を、，ゃゅょっー")
"""No sentence begins like this, so a mark before it belongs to a name: モーニング娘。を."""

_NAMES = ("モーニング娘。", "カントリー娘。", "ココナッツ娘。", "ミニモニ。")
"""Names that end with 。 and stand in many articles."""

_NAME_GOES_ON = re.compile(r"の(?!ち)|[はがにでともや][、，]|\s?[A-Za-z0-9&=/]|\s*[-－–—~〜～・]")
"""The same after ！？!? only, which stand inside many names: けいおん!の, Yahoo! JAPAN; and in years that nobody knows: ？ - 1583年."""

_SENTENCE_TAIL = re.compile(r"[ぁ-んー〜～…ｗw♪)）」』\"”]")
"""What stands before ！？!? that end a sentence. A noun before them is nearly always a name: ストップ！マイカー, 発掘!あるある大事典."""

_PARENTHESIS_GOES_ON = re.compile(
    r"[とっをはがのにでもやへ、，。｡.．・…「『｢)）」』]|など|か[らど]|より|まで|ら[がはのに]|し[、た]|する|せ"
)
"""What follows a parenthesis of whole sentences that is part of a larger sentence."""

_QUOTE_GOES_ON = re.compile(rf"{_PARENTHESIS_GOES_ON.pattern}|\s*[（(—–-]")
"""The same for a quote, which may also be followed by its source: （『吾妻鏡』より）."""

_STARTS = re.compile(
    r"また[、，]|しかし|なお[、，]|ただし|さらに|そ[のしれ]|こ[のれうこ]|一方|当時|現在[、，は]|ちなみに|やがて|ところが|だが[、，]|同[年月日]|[（(]"
)
"""How a sentence begins after a parenthesis that swallowed the full stop of the sentence before: 主君を失った（諸説ある。）また、"""

_INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
"""Control characters, soft hyphen, zero-width space and direction marks. ZWJ and variation selectors stay: emoji need them."""

_UNTIDY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028\u2029\u2060\ufeff]")
"""The same without the line feed, and the separators of lines that are seldom: text without any needs no care."""


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
    if _UNTIDY.search(text) or not unicodedata.is_normalized("NFC", text):
        return [item for line in text.splitlines() for item in _split_line(normalise(line))]
    return [item for line in text.split("\n") for item in _split_line(line.strip())]


def _split_line(line: str) -> list[str]:
    if not line:
        return []
    if LIST_MARK.match(line) or HEADING_MARK.match(line):
        return [line]
    runs = list(_END.finditer(line))
    if line[0] not in "（(" and (not runs or runs[0].end() == len(line)):
        return [line]  # nothing to split: half of all lines
    items, start = [], 0
    for end in _boundaries(line, runs):
        items.append(line[start:end].strip())
        start = end
    items.append(line[start:].strip())
    return [item for item in items if item]


def _boundaries(line: str, runs: list[re.Match[str]]) -> list[int]:
    """Return the positions behind which a sentence ends, in order, given the runs of marks that may end one."""
    pairs = match(line).pairs
    if not pairs:
        return [run.end() for run in runs if _ends_sentence(line, run)]
    inside = bytearray(len(line) + 1)
    for first, last in pairs:
        inside[first:last] = b"\1" * (last - first)
    found = [run.end() for run in runs if not inside[run.start()] and _ends_sentence(line, run)]
    return _with_bracketed(line, pairs, inside, found)


def _with_bracketed(line: str, pairs: tuple[tuple[int, int], ...], inside: bytearray, found: list[int]) -> list[int]:
    """Return the boundaries together with those that a parenthesis or quote of whole sentences makes by itself."""
    ends = {0, *found}
    for first, last in sorted(pairs):
        may_start = first in ends or line[first - 1].isspace()
        if not (may_start or line[last - 1] in _WHOLE_ENDS) or inside[last]:
            continue  # amid a sentence, or inside another one
        content, is_parenthesis = line[first + 1 : last], line[last] in ")）"
        is_whole = _WHOLE.search(content) is not None
        goes_on = _PARENTHESIS_GOES_ON if is_parenthesis else _QUOTE_GOES_ON
        stands_alone = is_whole or (is_parenthesis and _REMARK.match(content) is not None)
        at_start = may_start and len(line[:first].rstrip()) in ends
        if (at_start and stands_alone and not goes_on.match(line, last + 1)) or (
            is_whole and is_parenthesis and _STARTS.match(line, last + 1)
        ):
            ends.add(last + 1)
    return sorted(ends - {0})


def _ends_sentence(line: str, run: re.Match[str]) -> bool:
    """Say whether a run of 。！？ and full stops ends a sentence, or belongs to a name, a number or a year that nobody knows."""
    start, after = run.span()
    if after == len(line):
        return True
    if line[after] in _GOES_ON:
        return False
    marks = run.group()
    if "。" in marks or "｡" in marks:
        return not line.endswith(_NAMES, 0, after)
    last = marks.rstrip("…")[-1:]
    if not last:
        return len(marks) > 1 and line[start - 1 : start] in _PREDICATE_ENDS and _WORD.match(line, after) is not None
    if last in ".．":
        return (
            len(marks) == 1
            and "ぁ" <= line[start - 1 : start] <= "ん"
            and _NEXT_SENTENCE.match(line, after) is not None
        )
    is_noun = start > 0 and _SENTENCE_TAIL.match(line, start - 1) is None
    return not (is_noun and not line[after].isspace()) and _NAME_GOES_ON.match(line, after) is None
