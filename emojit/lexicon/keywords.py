"""Which emoji a Japanese text names: the inventory's Japanese names and keywords (CLDR), found in running text.

The longest keyword wins, and what is found must be a word by itself as far as the script tells: イカ is not found in アメリカ, 木 not in 木曜日, 月 not in 3月.
Verbs and adjectives are found inflected (笑う in 笑った), by their ending's row of the syllabary, so that no dictionary is needed.

A table of all keywords is looked up by lengths, longest first: 25,000 sentences a second. An Aho–Corasick library was considered; it reports the
longest match, while here a match that is no word must give way to a shorter one at the same place.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from emojit.emoji import inventory

MOST = 5
"""Emoji of one answer (count)."""

_MOST_EMOJI = 40
"""A keyword of more emoji than this says nothing about which one (count); 顔 has 187."""

_GENERAL_TEXT = """
    旗 顔 人 手 男 女 男性 女性 大人 子供 動物 スポーツ 乗り物 記号 矢印 家族 親子 アクセシビリティ 障がい ジェスチャー ボタン 四角 正方形 丸 丸いボタン
    右向き 左向き 囲み数字 約物 文具 文房具 建物 スマイル 笑顔 上 下 左 右 中 新 有 得 割 無 可 申 合 和 対 的 営 済 禁 秘 一 二 三 四 五 六 七 八 九 十
    東 西 南 北 善 実 根 環 額 席 像 株 輪 板 玉 線 点 角 形 色 本 金 球 円 王 口 頭 足 指 腕 目 耳 鼻 死 力 場所 もの こと ちょっと はい いいえ 道具 標識
    からだ 視覚 中性的 フラグ フラッグ マーク 番号 数字 文字 英字 アルファベット 漢字 日本 日本語 地図 国 国旗 地域 島 諸島 座る 歩く 走る 立つ 持つ
    引く 受ける 戻る トップ ここ 新しい 好き 知らない 100 1人 2人 3人 話す 考える 切る 割る 予定 終わり サービス 情報 ソフト クラブ
    視点 状態 種類 方向 開始 終了 前 後 大 小 高い 低い なると もや はし かめ いかり くり さや つの とげ たすき そり あめ びん におい しっ ふっ ほっ
"""
_TOO_GENERAL = frozenset(_GENERAL_TEXT.split())
"""Keywords that stand in many texts which are not about their emoji, read through by hand."""

_FLAG = "旗: "
_ROWS = {
    "う": "わいうえおっ",
    "く": "かきくけこい",
    "ぐ": "がぎぐげごい",
    "す": "さしすせそ",
    "つ": "たちつてとっ",
    "ぬ": "なにぬねのん",
    "ぶ": "ばびぶべぼん",
    "む": "まみむめもん",
    "る": "らりるれろっ",
    "い": "いかくけさみそ",
}
"""Last letter of a verb or adjective to the letters that may follow its stem."""
_ONE_ROW_VERBS = frozenset("いきしちにひみりぎじびえけせてねへめれげぜでべ")
"""Letters before る in verbs such as 食べる whose stem any ending follows."""
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))
_SHORTEST_HIRAGANA = 3
"""A shorter word of hiragana alone stands inside other words too often, unless no hiragana is beside it (code points)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword found in a text.

    Attributes:
        keyword: as CLDR spells it.
        start: where it begins in the NFKC form of the text (code points).
        end: where it, or the stem of it, ends.
        emojis: the emoji that have it, with scores in (0, 1], best first; in inventory order where scores are equal.
    """

    keyword: str
    start: int
    end: int
    emojis: tuple[tuple[str, float], ...]


class KeywordIndex:
    """Finds keywords in texts; made once by `keyword_index()`."""

    def __init__(self) -> None:
        self._emojis = _scored()
        self._stems: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        lengths: dict[str, set[int]] = defaultdict(set)
        for keyword in self._emojis:
            lengths[keyword[0]].add(len(keyword))
            if (stem := _stem(keyword)) is not None:
                self._stems[stem[0]].append((keyword, stem[1]))
                lengths[stem[0][0]].add(len(stem[0]))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> list[Hit]:
        """Return the keywords of a text in its order; none overlaps another."""
        text = unicodedata.normalize("NFKC", text).casefold()
        hits = []
        place = 0
        while place < len(text):
            hit = self._at(text, place)
            if hit is None:
                place += 1
            else:
                hits.append(hit)
                place = hit.end
        return hits

    def scores(self, text: str) -> dict[str, float]:
        """Return how well each named emoji fits a text, best first: the sum of its keywords' scores, each keyword once."""
        total: defaultdict[str, float] = defaultdict(float)
        for emojis in {hit.keyword: hit.emojis for hit in self.find(text)}.values():
            for emoji, score in emojis:
                total[emoji] += score
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    def answer(self, text: str, *, most: int = MOST, per_keyword: int = 2) -> list[str]:
        """Return the emoji that a text names, best first; none where it names none.

        Args:
            text: any string.
            most: emoji at most (count).
            per_keyword: of each keyword only the so many best of its emoji (count), so that one word does not fill the answer.
        """
        scores = self.scores(text)
        chosen: dict[str, None] = {}
        for hit in self.find(text):
            best = sorted(hit.emojis, key=lambda item: -scores[item[0]])
            chosen.update(dict.fromkeys(emoji for emoji, _ in best[:per_keyword]))
        return sorted(chosen, key=lambda emoji: -scores[emoji])[:most]

    def _at(self, text: str, start: int) -> Hit | None:
        for length in self._lengths.get(text[start], ()):
            end = start + length
            piece = text[start:end]
            if len(piece) < length:
                continue
            if piece in self._emojis and _is_word(text, start, end):
                return Hit(piece, start, end, self._emojis[piece])
            follower = text[end : end + 1]
            for keyword, followers in self._stems.get(piece, ()):
                if follower in followers and follower and _begins_word(text, start, single=length == 1):
                    return Hit(keyword, start, end, self._emojis[keyword])
        return None


@cache
def keyword_index() -> KeywordIndex:
    """Return the index of the inventory's Japanese names and keywords (made in 0.1 s)."""
    return KeywordIndex()


def keywords() -> list[str]:
    """Return the words that emoji are called by, folded (NFKC, lower case) and in rising order: no sentences, and none that says too little."""
    return sorted(_scored())


def _words() -> Iterator[tuple[str, str, bool, int]]:
    """Yield (keyword, emoji, whether it is the name, number of keywords of that emoji)."""
    for item in inventory():
        # The flag of France is called 旗: フランス; what stands behind the colon of other names is no name: 歩く人: 右向き.
        name = item.name_ja.removeprefix(_FLAG)
        words = dict.fromkeys((name, *item.keywords_ja))
        for word in words:
            folded = unicodedata.normalize("NFKC", word).casefold()
            if ":" in folded or " " in folded or folded in _TOO_GENERAL:
                continue
            if len(folded) == 1 and _script(folded) != "han":
                continue
            yield folded, item.emoji, word == name, len(words)


def _scored() -> dict[str, tuple[tuple[str, float], ...]]:
    """Return keyword → its emoji with scores.

    A keyword's score is its inverse frequency among the emoji, log(1906 / n) / log(1906), and counts whole for an emoji that is called so, and divided
    by the root of the number of an emoji's keywords where it is one of many: an emoji with few keywords is more about each of them.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for keyword, emoji, is_name, count in _words():
        found[keyword][emoji] = 1.0 if is_name else 1 / math.sqrt(count)
    size = len(inventory())
    return {
        keyword: tuple(
            sorted(
                ((emoji, weight * math.log(size / len(emojis)) / math.log(size)) for emoji, weight in emojis.items()),
                key=lambda item: -item[1],
            )
        )
        for keyword, emojis in found.items()
        if len(emojis) <= _MOST_EMOJI
    }


def _stem(keyword: str) -> tuple[str, frozenset[str]] | None:
    """Return the stem of a verb or adjective that is written with a Chinese character, and the letters that may follow it."""
    if len(keyword) < 2 or keyword[-1] not in _ROWS or _script(keyword[0]) != "han":
        return None
    before, last = keyword[-2], keyword[-1]
    if last == "る" and before in _ONE_ROW_VERBS:
        return keyword[:-1], frozenset(_HIRAGANA)
    if last == "い" and _script(before) == "han" and len(keyword) > 2:
        return None  # a noun such as 手洗い
    return keyword[:-1], frozenset(_ROWS[last])


def _is_word(text: str, start: int, end: int) -> bool:
    first, last = _script(text[start]), _script(text[end - 1])
    before, after = _script(text[start - 1 : start]), _script(text[end : end + 1])
    if first == "han" and last == "han" and end - start > 1:
        return before != "han" or after != "han"
    if first == last == "hiragana" and end - start < _SHORTEST_HIRAGANA:
        return before != "hiragana" and after != "hiragana"
    if last not in ("hiragana", "other") and after == last:
        return False
    return _begins_word(text, start, single=first == "han" and (end - start == 1 or last != "han"))


def _begins_word(text: str, start: int, *, single: bool) -> bool:
    first, before = _script(text[start]), _script(text[start - 1 : start])
    if first == "han":
        return not single or before not in ("han", "digit")
    return first in ("hiragana", "other") or before != first


def _script(character: str) -> str:
    if not character:
        return ""
    code = ord(character)
    if 0x3041 <= code <= 0x309F:
        return "hiragana"
    if 0x30A0 <= code <= 0x30FF:  # with ー and ・
        return "katakana"
    if 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or character == "々":
        return "han"
    if character.isdigit():
        return "digit"
    return "latin" if character.isalpha() else "other"
