"""The sentence filters. Each answers None (keep) or the reason it drops a sentence for, which is its own name.

To add one: write the function, name it in `emojit.recipe.build.FILTER_ORDER`, put it into `make_filters`, and give it two lines in the tests. The
reasons are counted in the log, in `statistics.json` and on the card.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable

from emojit import emoji
from emojit.corpus.brackets import CLOSERS, match
from emojit.corpus.split import HEADING_MARK, LIST_MARK
from emojit.recipe import FilterConfig

Filter = Callable[[str], str | None]
"""None keeps the sentence; a string drops it and is the reason counted."""

_END = "。！？!?"
_PUNCTUATION = re.compile(r"[。、，！？!?「」『』（）()]")
_SHORT_LINE = 15
"""A line without any punctuation up to this long is taken for a heading (code points)."""

_EMPTY_BRACKETS = re.compile(
    r"[(（\[［][\s、，,;；:：・/／]*[)）\]］]"  # nothing inside
    r"|[(（][\s]*[、，,;；]"  # the first part is gone: (, ミツライム)
    r"|[、，,;；:：]\s*[)）]"  # the last part is gone: (ラテン翻字:)
    r"|「\s*」|『\s*』|\"\s*\""
)

_DEMONSTRATIVE = re.compile(
    r"[こそあ](?:れ(?![っま])|ちら|っち)|[こそあ]の(?![みべ])|[こそ]こ(?=[でにはもをがのか])|あそこ"
    r"|[こそ]う(?=し[たて]|すれ|する|い[うっ]|なる|なっ|だ|で[はあすも])|[こそ]んな|どちらも|いずれも|いずれの|前者|後者|両者"
)
_CONJUNCTION = re.compile(
    r"また(?![たがぎい])|しかし|しかも|だが(?=[、，])|ところ[がで](?=[、，])|けれども?|だけど|でも[、，]|なのに|とはいえ|とはいうものの"
    r"|さらに|更に|なお(?![すしさそみっりる])|ただし|但し|ただ[、，]|もっとも[、，]|すなわち|つまり|要するに|いわば|むしろ"
    r"|例えば|たとえば|例として|特に|とくに|とりわけ|一方|他方|逆に|反対に|対して|これに|それ|そして|および|及び|ならびに|並びに|かつ[、，]"
    r"|だから|したがって|従って|よって[、，]|ゆえに|故に|なぜなら|というのも|すると[、，]|ちなみに|加えて|次に[、，]|次いで|続いて[、，]"
    r"|同様に|同じく|同時に|ほかに[、，は]|ほかにも|他に[、，は]|他にも|以上の|以下の|上記の?|前述の?|では[、，]|さて[、，]|あるいは|もしくは|または"
)

_MARKUP = re.compile(
    r"https?:|www\.|[\[{]{2}|[\]}]{2}|</?[A-Za-z][^>]*>|&(?:[a-z]+|#\d+);|'''|\|\||\b(?:class|style|align)=|#(?:転送|REDIRECT)",
    re.IGNORECASE,
)

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # mail address
    r"|(?<![\w.])@[A-Za-z0-9_]{3,}"  # account name
    r"|(?<![\d,.])(?:\+81[-\s]?\d{1,4}|0\d{1,4})[-\s(]\d{1,4}[-\s)]\d{3,4}(?!\d)"  # Japanese telephone number
    r"|〒\s*\d{3}"
    r"|(?<![\d.,])\d{7,}"  # an account, a number of the state, a telephone number without hyphens
)


def make_filters(config: FilterConfig) -> list[Filter]:
    """Return the filters of a recipe in its order; `duplicate` remembers, so make a fresh list for every run."""
    known: dict[str, Filter] = {
        "heading": heading,
        "list_item": list_item,
        "truncated": truncated,
        "orphan_close": orphan_close,
        "unbalanced_brackets": unbalanced_brackets,
        "empty_brackets": empty_brackets,
        "no_ending": no_ending,
        "too_short": too_short(config.min_chars),
        "too_long": too_long(config.max_chars),
        "low_kana": low_kana(config.min_kana),
        "needs_context": needs_context,
        "url_or_markup": url_or_markup,
        "contains_emoji": contains_emoji,
        "personal_data": personal_data,
        "duplicate": duplicate(),
    }
    return [known[name] for name in config.order]


def heading(text: str) -> str | None:
    """Drop section headings: "国名." as WikiExtractor leaves them, "== 歴史 ==", "# 歴史", and short lines without any punctuation."""
    dotted = text.endswith(".") and len(text) <= 40 and not any(char in text for char in "。、")
    bare = len(text) <= _SHORT_LINE and _PUNCTUATION.search(text) is None and LIST_MARK.match(text) is None
    return "heading" if dotted or bare or HEADING_MARK.match(text) else None


def list_item(text: str) -> str | None:
    """Drop lines of a list: "・りんご", "- 春", "1. 夏"."""
    return "list_item" if LIST_MARK.match(text) else None


def truncated(text: str) -> str | None:
    """Drop a sentence that breaks off inside a quote or bracket: 彼らは「急がば."""
    return "truncated" if match(text).unclosed and not _ends(text) else None


def orphan_close(text: str) -> str | None:
    """Drop the tail of a sentence whose head is lost: 」と呼ばれることもある。."""
    return "orphan_close" if match(text).orphans else None


def unbalanced_brackets(text: str) -> str | None:
    """Drop a sentence with an opening bracket that nothing closes, though it ends like a sentence."""
    return "unbalanced_brackets" if match(text).unclosed else None


def empty_brackets(text: str) -> str | None:
    """Drop a sentence whose brackets lost their content, or a part of it, with a template: 茶碗（）は, 茶碗（, ）は, 通称は (標準語:)."""
    return "empty_brackets" if _EMPTY_BRACKETS.search(text) else None


def no_ending(text: str) -> str | None:
    """Drop what does not end with 。！？!?, be it inside a last closing bracket."""
    return None if _ends(text) else "no_ending"


def too_short(limit: int) -> Filter:
    """Drop sentences of less than `limit` code points."""

    def check(text: str) -> str | None:
        return "too_short" if len(text) < limit else None

    return check


def too_long(limit: int) -> Filter:
    """Drop sentences of more than `limit` code points."""

    def check(text: str) -> str | None:
        return "too_long" if len(text) > limit else None

    return check


def low_kana(limit: float) -> Filter:
    """Drop sentences in which hiragana and katakana are less than `limit` (in [0, 1]) of the letters: other languages, lists of names."""

    def check(text: str) -> str | None:
        letters = [char for char in text if char.isalpha()]
        kana = sum("ぁ" <= char <= "ヿ" or "ｦ" <= char <= "ﾟ" for char in letters)
        return "low_kana" if kana < limit * len(letters) or not letters else None

    return check


def needs_context(text: str) -> str | None:
    """Drop a sentence that begins with a demonstrative or a conjunction and so leans on the one before it."""
    return "needs_context" if _DEMONSTRATIVE.match(text) or _CONJUNCTION.match(text) else None


def url_or_markup(text: str) -> str | None:
    """Drop addresses and the remains of wiki text, HTML and entities."""
    return "url_or_markup" if _MARKUP.search(text) else None


def contains_emoji(text: str) -> str | None:
    """Drop sentences that already hold emoji, of any version: the pair would give its answer away."""
    reading = emoji.read(text)
    return "contains_emoji" if reading.emojis or reading.outside else None


def personal_data(text: str) -> str | None:
    """Drop mail addresses, account names, telephone numbers, postal codes and runs of seven or more digits (full-width ones too)."""
    return "personal_data" if _PERSONAL.search(unicodedata.normalize("NFKC", text)) else None


def duplicate() -> Filter:
    """Drop a sentence that was offered before, in any article; width, case and blanks do not count.

    What is remembered is 8 bytes of a hash for each sentence, about 100 bytes of memory; two different sentences among a million share one with a
    probability of 3e-8.
    """
    seen: set[bytes] = set()

    def check(text: str) -> str | None:
        key = "".join(unicodedata.normalize("NFKC", text).casefold().split())
        digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
        if digest in seen:
            return "duplicate"
        seen.add(digest)
        return None

    return check


def _ends(text: str) -> bool:
    bare = text.rstrip("".join(CLOSERS) + '" ')
    return bare.endswith(tuple(_END))
