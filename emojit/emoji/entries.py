"""What an emoji is called and when it came: the table behind the 1,906 forms, with Japanese names and keywords.

Kept apart from the reader because the table is a data file of 216 kB that reading emoji does not need.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emojit.emoji.reader import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiEntry:
    """One emoji of the inventory.

    Attributes:
        emoji: the canonical form.
        version: the Emoji version that brought it, 0.6 to 16.0.
        group: Unicode's group, such as "Smileys & Emotion".
        subgroup: Unicode's subgroup, such as "face-smiling".
        name: the English name in CLDR, such as "grinning face".
        name_ja: the Japanese name in CLDR, such as "にっこり笑う"; no two emoji share one.
        keywords_ja: the Japanese keywords in CLDR, at least one.
    """

    emoji: str
    version: float
    group: str
    subgroup: str
    name: str
    name_ja: str
    keywords_ja: tuple[str, ...]


@cache
def inventory() -> tuple[EmojiEntry, ...]:
    """Return the 1,906 emoji of Emoji 16.0 in Unicode order; the file is parsed on the first call."""
    from importlib.resources import files  # 25 ms, needed by this function alone

    lines = (files("emojit.emoji") / "data" / "inventory.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_entry(line) for line in lines[1:])


def entry(emoji: str) -> EmojiEntry:
    """Return the entry of an emoji in any spelling.

    Raises:
        KeyError: the text is not exactly one emoji of the inventory.
    """
    form = canonical(emoji)
    if form is None:
        raise KeyError(f"{emoji!r} is not an emoji of Emoji 16.0")
    return _by_emoji()[form]


@cache
def _by_emoji() -> dict[str, EmojiEntry]:
    return {item.emoji: item for item in inventory()}


def _entry(line: str) -> EmojiEntry:
    emoji, version, group, subgroup, name, name_ja, keywords = line.split("\t")
    return EmojiEntry(
        emoji=emoji,
        version=float(version),
        group=group,
        subgroup=subgroup,
        name=name,
        name_ja=name_ja,
        keywords_ja=tuple(keywords.split("|")),
    )
