"""Lists of sensitive words, and how they are matched: the flags of a sentence.

The lists are our own and short, one file each in `word_lists/`, one word per line; `#` starts a comment. A match says that a reader may want to look, no
more: sentences of history and medicine hold such words. The rule:

* a word matches wherever its characters stand, unless it is part of one of the longer, harmless words that follow it on its line, each behind a `!`
  (土人 !出土人: 出土人骨 is a find and no insult);
* a word that begins or ends in katakana or Latin letters must stand alone on that side, as far as its own script goes: テロ matches in 自爆テロ and not
  in テロップ, ホモ not in ホモ・サピエンス. The change of script is the only word boundary that Japanese writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from emojit.resources import resource

_KATAKANA = "ァ-ヿｦ-ﾟ"
_LATIN = "A-Za-zＡ-Ｚａ-ｚ"


@lru_cache(maxsize=8)
def flagger(lists: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a function that names the lists with a word in a text, in the order of `lists`.

    Args:
        lists: names from `emojit.recipe.corpus.WORD_LISTS`.
    """
    entries = {name: read_words(name) for name in lists}
    if not any(entries.values()):
        return lambda text: ()
    # One cheap search for the bare words answers for most sentences; `re` is fast where all alternatives begin with a plain character.
    hint = re.compile("|".join(sorted({re.escape(word) for words in entries.values() for word in words})))
    patterns = [(name, _pattern(words)) for name, words in entries.items() if words]

    def flags(text: str) -> tuple[str, ...]:
        if hint.search(text) is None:
            return ()
        return tuple(name for name, pattern in patterns if any(found["word"] for found in pattern.finditer(text)))

    return flags


def read_words(name: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a packaged list, each with the harmless words that hold it."""
    lines = resource(f"corpus/word_lists/{name}.txt").read_text(encoding="utf-8").splitlines()
    rows = [[part.strip() for part in line.partition("#")[0].split("!")] for line in lines]
    return {word: tuple(harmless) for word, *harmless in rows if word}


def _pattern(words: dict[str, Sequence[str]] | dict[str, tuple[str, ...]]) -> re.Pattern[str]:
    """Compile a list. A harmless word is tried first and swallows the word inside it; longer words go before their beginnings."""
    harmless = sorted({longer for others in words.values() for longer in others}, key=lambda word: (-len(word), word))
    plain = sorted(words, key=lambda word: (-len(word), word))
    parts = [*map(re.escape, harmless), f"(?P<word>{'|'.join(map(_bounded, plain))})"]
    return re.compile("|".join(parts))


def _bounded(word: str) -> str:
    before = next((f"(?<![{script}・])" for script in (_KATAKANA, _LATIN) if re.match(f"[{script}]", word)), "")
    after = next((f"(?![{script}・])" for script in (_KATAKANA, _LATIN) if re.search(f"[{script}]$", word)), "")
    return before + re.escape(word) + after
