"""Which lines of an article stand in a section about the article and not about its subject: notes, sources, links."""

from __future__ import annotations

import re
from collections.abc import Sequence

from emojit.corpus.rules import heading

_META_HEADINGS = """
    注 註 注釈 註釈 注記 脚注 脚註 出典 典拠 引用元 参照文献
    参考文献 主要参考文献 主な参考文献 参考資料 参考図書 参考書 参考書籍 参考サイト 参考リンク 参考項目 文献 文献案内 書誌情報
    関連文献 関連書 関連書籍 関連図書 関連資料 関連項目 その他関連項目 関連記事 関連ページ 関連リンク 関連サイト 参照項目
    外部リンク 外部サイト リンク リンク集 公式サイト ウェブサイト
"""
_PART_HEADINGS = """
    政府 日本政府 日本国政府 本国政府 政府機関 観光 観光情報 公式 その他 書籍 和書 洋書 論文 雑誌 雑誌記事 新聞 新聞記事 報道 ニュース
    映像 映像資料 動画 ウェブ Web 一次資料 二次資料 一次史料 日本語 英語 日本語文献 英語文献 外国語文献
"""

META = frozenset(_META_HEADINGS.split())
"""Headings of such sections, as the editors of Japanese articles write them; two of them may be joined: 注釈・出典."""

PARTS = frozenset(_PART_HEADINGS.split())
"""Headings that divide such a section, where no marks tell the level: they do not end it."""

_JOINT = re.compile(r"[・、/／&＆]|および|及び|と")
_MARKS = re.compile(r"^(?P<level>#{1,6}|={2,})?\s*[■●◆▼▽【［\[]?\s*(?P<name>.*?)\s*[】］\]]?\s*(?:={2,}|[.：:])?\s*$")
_SHORT = 15
"""A longer line is no heading unless marks or a Latin full stop say so (code points); see `heading`."""


def meta_items(items: Sequence[str]) -> list[int]:
    """Return the indices of the items that stand in such a section; its headings are no part of it.

    A section reaches to the next heading that opens none, on its own level or above where the marks tell it (== against ===).

    Args:
        items: sentences, headings and list lines of one article, in order.
    """
    found: list[int] = []
    level: int | None = None  # of the section we are in: None outside, 0 where the heading has none
    for index, item in enumerate(items):
        if (len(item) > _SHORT and item[-1] != "." and item[0] not in "#=") or heading(item) is None:
            if level is not None:
                found.append(index)
            continue
        marks = _MARKS.match(item)
        own, name = (len(marks["level"] or ""), marks["name"]) if marks else (0, item)
        if level and own > level:
            continue  # a part of the section, whatever its name
        if all(part in META for part in _JOINT.split(name)):
            level = own
        elif level is None or name not in PARTS:
            level = None
    return found
