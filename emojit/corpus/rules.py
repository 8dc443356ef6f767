"""The sentence filters that look at one sentence alone. Each answers None (keep) or the reason it drops a sentence for, which is its own name.

A filter says what is wrong as plainly as it can. Speed comes from `emojit.corpus.suspects`, which does not ask it about sentences without what it
looks for; `ODD` and `MANY_DIGITS` stand here, beside the patterns that must not find anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil

from emojit import emoji
from emojit.corpus.brackets import CLOSERS, has_orphans, has_unclosed, skeleton
from emojit.corpus.split import HEADING_MARK, LIST_MARK

Filter = Callable[[str], str | None]
"""None keeps the sentence; a string drops it and is the reason counted."""

ENDINGS = "。｡！？!?"

_PUNCTUATION = re.compile(r"[。｡、，！？!?「」『』（）()]")
_SPOKEN_END = re.compile(
    r"(?:(?:です|ます|ました|でした|ません|でしょう|ましょう)(?:か|ね|よ|よね|かね|な)?|[るたいだ](?:よ|ね|よね|かな|な))[〜～ー…・。笑wｗ♪]*$"
)
"""How a casual sentence ends that was written without a full stop: いい天気ですね."""
_SHORT_LINE = 15
"""A line without any punctuation up to this long is taken for a heading (code points)."""
_DOTTED_LINE = 40
"""A line up to this long that ends in a Latin full stop and holds no 。 and 、 is taken for a heading of WikiExtractor (code points)."""

EMPTY_BRACKETS = re.compile(
    r"[(（\[［][\s、，,;；:：・/／]*[)）\]］]"  # nothing inside
    r"|[(（][\s]*[、，,;；]"  # the first part is gone: (, ミツライム)
    r"|[、，,;；:：]\s*[)）]"  # the last part is gone: (ラテン翻字:)
    r"|「\s*」|『\s*』|\"\s*\""
)

DEMONSTRATIVE = re.compile(
    r"[こそあ](?:れ(?![っま])|ちら|っち)|[こそあ]の(?![みべ])|[こそ]こ(?=[でにはもをがのか])|あそこ"
    r"|[こそ]う(?=し[たてなま]|すれ|する|い[うっ]|なる|なっ|だ|で[はあすも])|[こそ]んな|どちらも|いずれも|いずれの|前者|後者|両者"
    r"|同(?:[年月日国市社氏地駅線書法党島州省軍作誌紙校町村県区会寺])(?!代)|翌[年月日朝春夏秋冬週\d]|当時[、，のはも]"  # the same year, of that time
    r"|(?:先|前|上|後|既)述|[上下左前後]記|彼(?=[はがをにものらと女])|以[後降来][、，は]|のち(?:に|[、，])|やがて|まもなく|間もなく"
)
CONJUNCTION = re.compile(
    r"また(?![たがぎい])|しかし|しかも|だが(?=[、，])|ところが(?=[、，\d一-龥ァ-ヶ])(?!変)|ところで[、，]|けれども?|だけど|でも[、，]|なのに|とはいえ|とはいうものの"
    r"|さらに|更に|なお(?![すしさそみっりる])|ただし|但し|ただ(?=[、，ァ-ヶ一-龥])(?![一今])|もっとも[、，]|すなわち|つまり|要するに|いわば|むしろ"
    r"|例えば|たとえば|例として|特に|とくに|とりわけ|一方|他方|逆に|反対に|対して|これに|それ|そして|および|及び|ならびに|並びに|かつ[、，]"
    r"|だから|したがって|従って|よって[、，]|ゆえに|故に|なぜなら|というのも|すると[、，]|ちなみに|加えて|次に(?=[、，ァ-ヶ一-龥])|次いで|続いて[、，]"
    r"|同様に|同じく|同時に|ほかに|他に(?!類|例)|以上の|以下[のにで]|では[、，]|さて[、，]|あるいは|もしくは|または"
    r"|一例(?:として|を挙げ)|又(?=[、，は一-龥])(?!従|吉|三郎|兵衛)|が[、，]|いずれに|何れ[にも]|代わって|代って|かわって|結局|結果[、，とは]|反面|半面|無論|もちろん"
)
LEANING = "彼ちこそあどい前後両同翌当先上既下左以のやま間たただしかとけでなさ更但もすつ要わむ例特くり一他逆反対お及並だ従よゆ故加次続ほ又が何代結半無"
"""The first characters of both, for `emojit.corpus.suspects`."""

FOLLOWS = re.compile(
    r"(?:以下|次|下記|左記|下表|上表|左図|右図|下図)(?:の(?:とおり|通り|ごとく|如く|表|図)|のよう(?!にして)|に(?:示|挙げ|述べ|記|列挙))|[左右上下]の?[図表]は"
)
"""What points to a list or quotation that follows in the article."""

_REASON = re.compile(r"(?:から|ため)(?:である|だ|であった|だった|です|でした)。$")
"""How a sentence ends that gives the reason of the one before, unless it names its own topic with は."""

TEMPLATE_REST = re.compile(
    r"\{\{|\}\}|\{\||\|\}|^\||\|\s*\w+\s*="  # a template or table that was cut open
    r"|(?:テンプレート|ファイル|画像|カテゴリ|Template|File|Image|Category)[:：]|のテンプレートを使用"
    r"|\b(?:thumb|frame|frameless|right|left)\||\d+px\b"
    r"|\[(?:編集|要出典|誰|いつ|リンク切れ|要検証|注釈?\s*\d*|脚注\s*\d*|\d{1,3})\]|[（(]?\b注\s?\d{1,3}[）)]?(?=[。、]|$)"
    r"|__[A-Z]+__|ISBN[\s\-:：]*\d|(?:詳細|詳しく)は[^。]{0,60}(?:参照|見よ)|[をも]参照(?:のこと|せよ|されたい|してください)?[。、)）]|[:：][とはがをに、。]|[はがをにでとのて、]（[0-9０-９]{3,4}年? ?[-–—]"
)

_WORD = "ァ-ヶー一-龥々"
_EVENT = "大統領|首相|国王|皇帝|政権|就任|蜂起|反乱|勃発|発生|始ま|起こ|起き|結成|設立|成立|建国|締結|制定|開か|行われ"
LOST_LINK = re.compile(
    rf"、(?:(?<=[{_WORD}）)]、)、(?=[^、。！？!?\s])|、+(?:[がをはにの](?=[{_WORD}])|など)|[/／]|を(?!ろ)"
    rf"|(?<!藤岡弘、)[がはで](?=[{_WORD}A-Z\d、，（(])|に(?=[{_WORD}A-Z\d、，（(]|よ[りるっ]|は[、，{_WORD}])"
    rf"|の(?=[ァ-ヶ一-龥])(?![一二三四五六七八九十数両何]|意味|種類|違い|間|順))"
)
TWO_PARTICLES = re.compile(
    rf"の(?<=[{_WORD}]の)が(?={_EVENT})|は[がをに](?=[ァ-ヶ一-龥])|るである|は(?<=[にでと]は)[がをに](?![きちわく])"
    r"|て(?<=として|よって|おいて)[がを](?![ちわ])|にて[がを](?![ちわ])|により[がを](?![ちわ])"
    rf"|なりが(?={_EVENT})|されが(?={_EVENT})|に(?<=[年月日頃]に)[をが](?![んら])|に(?<!なに)[をが](?=[ァ-ヶ一-龥])(?!が[手味笑])|のに(?<=[年月日]のに)(?=おいて|よ[りるっ])"
    rf"| (?<=[{_WORD}][のがをにはでと] ) *[はがをにのと、。]| (?<=[るたい] )[はがをの](?=[ァ-ヶ一-龥])"
)
"""What a link leaves behind that was a template: 2007年、が始まると, 野党のが反乱を起こし. A comma and a particle meet, or two particles. Two commas
alone are a casual writer's dots unless a noun stands before them."""
LOST_HEAD = re.compile(rf"[をに](?=[{_WORD}は])|[のが](?=[{_WORD}])|は(?=[{_WORD}、，])(?!虫|乳)")
"""The same at the beginning of a sentence: の初代総督には."""

MARKUP = re.compile(
    r"https?:|www\.|[\[{]{2}|[\]}]{2}|</?[A-Za-z][^>]*>|&(?:[a-z]+|#\d+);|'''|\|\||\b(?:class|style|align)=|#(?:転送|REDIRECT)|\ufffd",
    re.IGNORECASE,
)
_SEPARATOR = r"\s－‐‑–−ー\-"
_DIGIT = "0-9０-９"
PERSONAL = re.compile(
    r"[\w.+-]+[@＠][\w-]+[.．][\w.-]+"  # mail address
    r"|(?<![\w.])[@＠]\w{3,}"  # account name
    rf"|(?<![{_DIGIT},.])(?:[+＋][8８][1１][{_SEPARATOR}]?[{_DIGIT}]{{1,4}}|[0０][{_DIGIT}]{{1,4}})"  # Japanese telephone number
    rf"[{_SEPARATOR}(（][{_DIGIT}]{{1,4}}[{_SEPARATOR})）][{_DIGIT}]{{3,4}}(?![{_DIGIT}])"
    rf"|〒\s*[{_DIGIT}]{{3}}"
    rf"|(?<![{_DIGIT}.,．，])[{_DIGIT}]{{7,}}"  # an account, a number of the state, a telephone number without hyphens
)
MANY_DIGITS = rf"[{_DIGIT}][{_DIGIT}{_SEPARATOR}()（）]{{6}}"
"""What telephone numbers and long digit runs cannot do without."""

ODD = "[:：.{}<&'|=#_\\[\\]@＠〒\u200d\u20e3\u2300-\u2bff\ufe0e\ufe0f\ufffd\U0001f000-\U000e007f]"
"""What markup, an address, a broken character or an emoji cannot do without."""
_KANA = "ぁ-ゖゝ-ゟァ-ヺー-ヿｦ-ﾟ"
"""Hiragana and katakana that are letters: without ・ and ゛."""


def heading(text: str) -> str | None:
    """Drop section headings: "国名." as WikiExtractor leaves them, "== 歴史 ==", "# 歴史", and short lines without any punctuation."""
    if len(text) > _SHORT_LINE and text[-1] != "." and text[0] not in "#=":
        return None
    dotted = text.endswith(".") and len(text) <= _DOTTED_LINE and "。" not in text and "、" not in text
    bare = len(text) <= _SHORT_LINE and not (
        _PUNCTUATION.search(text) or LIST_MARK.match(text) or _SPOKEN_END.search(text)
    )
    return "heading" if dotted or bare or HEADING_MARK.match(text) else None


def list_item(text: str) -> str | None:
    """Drop lines of a list: "・りんご", "- 春", "1. 夏"."""
    starts_with_word = "ぁ" <= text[:1] <= "龥" and text[0] != "・"
    return "list_item" if not starts_with_word and LIST_MARK.match(text) else None


def truncated(text: str) -> str | None:
    """Drop a sentence that breaks off inside a quote or bracket: 彼らは「急がば."""
    return "truncated" if has_unclosed(text) and not _ends(text) else None


def orphan_close(text: str) -> str | None:
    """Drop the tail of a sentence whose head is lost: 」と呼ばれることもある。."""
    return "orphan_close" if has_orphans(text) else None


def unbalanced_brackets(text: str) -> str | None:
    """Drop a sentence with an opening bracket that nothing closes, though it ends like a sentence."""
    return "unbalanced_brackets" if has_unclosed(text) else None


def empty_brackets(text: str) -> str | None:
    """Drop a sentence whose brackets lost their content, or a part of it, with a template: 茶碗（）は, 茶碗（, ）は, 通称は (標準語:)."""
    return "empty_brackets" if skeleton(text) and EMPTY_BRACKETS.search(text) else None


def template_rest(text: str) -> str | None:
    """Drop a sentence in which a wiki template, table, file link, note mark or ISBN left something behind: {{要出典, thumb|300px, [注 1], or a gap."""
    patterns = (
        TEMPLATE_REST.search(text) or LOST_HEAD.match(text) or LOST_LINK.search(text) or TWO_PARTICLES.search(text)
    )
    return "template_rest" if patterns else None


def no_ending(text: str) -> str | None:
    """Drop what does not end with 。！？!?, be it inside a last closing bracket, nor with です, ます, ね and the like as casual writers end a sentence."""
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
    enough: dict[int, re.Pattern[str]] = {}

    def check(text: str) -> str | None:
        # Kana that would be enough if every character were a letter are enough.
        size = len(text)
        if size not in enough:
            enough[size] = re.compile(f"[^{_KANA}]*+[{_KANA}]" * max(1, ceil(limit * size)))
        if enough[size].match(text):
            return None
        letters = sum(char.isalpha() for char in text)
        return "low_kana" if not letters or len(_KANA_CHAR.findall(text)) < limit * letters else None

    return check


_KANA_CHAR = re.compile(f"[{_KANA}]")


def needs_context(text: str) -> str | None:
    """Drop a sentence that leans on another: it begins with a demonstrative or a conjunction, points to a list below, or gives a reason of what was said."""
    leans = DEMONSTRATIVE.match(text) or CONJUNCTION.match(text)
    if leans or FOLLOWS.search(text) or ("は" not in text and _REASON.search(text)):
        return "needs_context"
    return None


def url_or_markup(text: str) -> str | None:
    """Drop addresses, the remains of wiki text, HTML and entities, and text with characters that somebody could not decode (U+FFFD)."""
    return "url_or_markup" if MARKUP.search(text) else None


def contains_emoji(text: str) -> str | None:
    """Drop sentences that already hold emoji, of any version: the pair would give its answer away."""
    reading = emoji.read(text)
    return "contains_emoji" if reading.emojis or reading.outside else None


def personal_data(text: str) -> str | None:
    """Drop mail addresses, account names, telephone numbers, postal codes and runs of seven or more digits (full-width ones too)."""
    return "personal_data" if PERSONAL.search(text) else None


def _ends(text: str) -> bool:
    return (
        text[-1:] in _END_CHARS or text.rstrip(_AFTER_END)[-1:] in _END_CHARS or _SPOKEN_END.search(text) is not None
    )


_END_CHARS = frozenset(ENDINGS)
_AFTER_END = "".join(sorted(CLOSERS)) + '" '
