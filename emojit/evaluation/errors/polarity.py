"""Whether an emoji says something good or bad, by its Japanese keywords and its subgroup.

Only emoji that show a feeling have a polarity: faces, cats, hearts, the signs of comics, gestures and celebrations. The words below are our own; they are looked for
inside the emoji's Japanese keywords (CLDR). More good words than bad ones make it good, more bad ones bad; where they are equally many, or none, the subgroup
decides, for the few that are of one kind throughout; else there is none. Surprise, thought and sleep have none.
"""

from __future__ import annotations

from functools import cache

from emojit.emoji import inventory

_GOOD_TEXT = """
    嬉し泣き 嬉し涙 泣き笑い 笑 嬉し 喜 楽し 幸 幸運 ハッピー スマイル にこにこ にっこり わーい あはは 満足 安心 平和 愛 ラブ 好き メロメロ ハグ キス
    ときめき かわいい 感動 感激 おめでとう お祝い いいね グッド 最高 満点 バンザイ 拍手 ピース おいしい クール
"""
GOOD = tuple(_GOOD_TEXT.split())
"""Parts of keywords that say something good. The first three hold letters of bad ones: they are taken out of a keyword before these are looked for."""

_BAD_TEXT = """
    笑えない 悲 泣 怒 怖 恐 不満 不機嫌 不安 不賛成 心配 困 苦 疲 痛 病 風邪 傷 ケガ 死 絶望 失望 失恋 別れ 残念 がっかり がっくり しょんぼり
    しょぼーん 落胆 憂鬱 寂し 混乱 ショック がーん ガーン パニック 冷や汗 青ざめ 吐き 嘔吐 気持ち悪い ぷんぷん かんかん むかっ ののし 悪口 悪魔 デビル
    だめ ダメ ブーイング しらけ つまらない 退屈 限界 どうしよう ひどい うそつき 嘘
"""
BAD = tuple(_BAD_TEXT.split())
"""Parts of keywords that say something bad. The first one holds a letter of a good one, and is taken out before."""

_WHOLE_GOOD, _WHOLE_BAD = GOOD[:3], BAD[:1]

_FEELINGS_TEXT = """
    face-smiling face-affection face-tongue face-hand face-neutral-skeptical face-sleepy face-unwell face-hat
    face-glasses face-concerned face-negative cat-face heart emotion hand-fingers-partial hand-fingers-closed hands
    person-gesture event
"""
FEELINGS = frozenset(_FEELINGS_TEXT.split())
"""Subgroups whose emoji can have a polarity."""

OF_SUBGROUP = {"face-smiling": 1, "face-affection": 1, "heart": 1, "face-unwell": -1, "face-negative": -1}
"""Subgroup → polarity where the keywords say nothing."""


def polarity(emoji: str) -> int:
    """Return 1 for a good feeling, -1 for a bad one, 0 for none or one that is both.

    Args:
        emoji: canonical; what is no emoji of the inventory has none.
    """
    return _table().get(emoji, 0)


@cache
def _table() -> dict[str, int]:
    return {
        item.emoji: sign
        for item in inventory()
        if item.subgroup in FEELINGS and (sign := _sign(item.keywords_ja) or OF_SUBGROUP.get(item.subgroup, 0))
    }


def _sign(keywords: tuple[str, ...]) -> int:
    """Return which of the two kinds of words has more keywords: 1, -1, or 0."""
    balance = 0
    for keyword in keywords:
        good = bad = False
        for whole in _WHOLE_GOOD:
            good, keyword = good or whole in keyword, keyword.replace(whole, "")
        for whole in _WHOLE_BAD:
            bad, keyword = bad or whole in keyword, keyword.replace(whole, "")
        good = good or any(part in keyword for part in GOOD)
        bad = bad or any(part in keyword for part in BAD)
        balance += good - bad
    return (balance > 0) - (balance < 0)
