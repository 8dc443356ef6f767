"""What an emoji is: the inventory of Emoji 16.0, the canonical form, emoji in running text, Japanese names."""

from __future__ import annotations

from emojit.emoji.entries import EmojiEntry, entry, inventory
from emojit.emoji.reader import INVENTORY, Reading, canonical, extract, fold, join, read, strip

__all__ = [
    "INVENTORY",
    "EmojiEntry",
    "Reading",
    "canonical",
    "entry",
    "extract",
    "fold",
    "inventory",
    "join",
    "read",
    "strip",
]
