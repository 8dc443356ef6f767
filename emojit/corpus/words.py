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
from collections.abc import Callable
from functools import lru_cache

from emojit.resources import resource

_KATAKANA = "ァ-ヿｦ-ﾟ"
_LATIN = "A-Za-zＡ-Ｚａ-ｚ"
_COMMON = frozenset(
    "人性一心中首部自火公私男女全処外低風三土民国行的代地本害死決画店子者春質業品事件族種団通親切口体感流交関係家実近野手不特知他支身強能気無白割"
    "別系教生害化用言語時作新立場戦道合力同命制度政社会発会議法内意機相表具理遅遺害罪犯"
)
"""Characters of the lists that stand in many harmless sentences."""

_NOTHING = r"(?!)"


@lru_cache(maxsize=8)
def flagger(lists: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a function that names the lists with a word in a text, in the order of `lists`.

    Args:
        lists: names from `emojit.recipe.corpus.WORD_LISTS`.
    """
    entries = {name: read_words(name) for name in lists}
    if not any(entries.values()):
        return lambda text: ()
    words = sorted({word for known in entries.values() for word in known})
    # Cheap looks answer for most sentences: for a telling kanji of each word, for the first two characters of the words without one.
    told, plain = [word for word in words if _telling(word)], [word for word in words if not _telling(word)]
    kanji = re.compile(f"[{''.join(map(_telling, told))}]" if told else _NOTHING)
    told_word = re.compile("|".join(map(re.escape, told)) or _NOTHING)
    pair = re.compile(
        f"[{''.join(word[0] for word in plain)}][{''.join(word[1] for word in plain)}]" if plain else _NOTHING
    )
    plain_word = re.compile("|".join(map(re.escape, plain)) or _NOTHING)
    patterns = {
        name: [(word, _pattern(word, harmless)) for word, harmless in known.items()] for name, known in entries.items()
    }

    def flags(text: str) -> tuple[str, ...]:
        if not (kanji.search(text) and told_word.search(text)) and not (pair.search(text) and plain_word.search(text)):
            return ()
        return tuple(
            name
            for name, known in patterns.items()
            if any(word in text and _stands(exact, text) for word, exact in known)
        )

    return flags


def _telling(word: str) -> str:
    """Return a kanji of a word that is seldom in running text, or "". Which one it is changes the speed and nothing else."""
    return next((char for char in word if "一" <= char <= "龥" and char not in _COMMON), "")


def read_words(name: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a packaged list, each with the harmless words that hold it."""
    lines = resource(f"corpus/word_lists/{name}.txt").read_text(encoding="utf-8").splitlines()
    rows = [[part.strip() for part in line.partition("#")[0].split("!")] for line in lines]
    return {word: tuple(harmless) for word, *harmless in rows if word}


def _pattern(word: str, harmless: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a word. The harmless words are tried first and swallow the word inside them."""
    before = next((f"(?<![{script}・])" for script in (_KATAKANA, _LATIN) if re.match(f"[{script}]", word)), "")
    after = next((f"(?![{script}・])" for script in (_KATAKANA, _LATIN) if re.search(f"[{script}]$", word)), "")
    longest_first = sorted(harmless, key=lambda longer: (-len(longer), longer))
    return re.compile("|".join([*map(re.escape, longest_first), f"(?P<word>{before}{re.escape(word)}{after})"]))


def _stands(exact: re.Pattern[str], text: str) -> bool:
    return any(found["word"] for found in exact.finditer(text))
