"""The rules that give a low row its category: in this order, and the first that applies decides.

First what is no answer to the text at all, then what misleads a reader, then how much was said, then what was not read out of the text, and last what nearly was
right. The most frequent emoji stand before flags: one of them may be a flag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emojit.evaluation.errors.polarity import polarity
from emojit.lexicon.keywords import Hit
from emojit.metrics.groups import GROUPS, SUBGROUPS

LOW = 0.2
"""A row is low where its Jaccard index is below this: less than one emoji in five is common to both. One of five against five is low, two are not."""
FREQUENT = 10
"""The so many most frequent emoji of the training split are frequent (count)."""

_FLAGS = ("country-flag", "subdivision-flag")
_FEELINGS = "Smileys & Emotion"
_MORE = 2  # emoji more, and times as many, that make an answer too long or too short


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A low row, as the rules see it."""

    answer: tuple[str, ...]
    """Canonical emoji, repetitions kept."""
    gold: tuple[str, ...]
    """The reference."""
    named: tuple[Hit, ...]
    """The keywords of emoji that the text holds."""
    frequent: frozenset[str]
    """The most frequent emoji of the training split."""

    @property
    def wrong(self) -> tuple[str, ...]:
        """What was answered and is not right, each once."""
        return tuple(dict.fromkeys(emoji for emoji in self.answer if emoji not in self.gold))

    @property
    def missed(self) -> tuple[str, ...]:
        """What is right and was not answered."""
        return tuple(emoji for emoji in self.gold if emoji not in self.answer)


def _repetition(row: Row) -> str | None:
    twice = [emoji for emoji in dict.fromkeys(row.answer) if row.answer.count(emoji) > 1]
    return f"{twice[0]} stands there {row.answer.count(twice[0])} times" if twice else None


def _wrong_flag(row: Row) -> str | None:
    flags = [emoji for emoji in row.wrong if SUBGROUPS.get(emoji) in _FLAGS]
    right = [emoji for emoji in row.gold if SUBGROUPS.get(emoji) in _FLAGS]
    if not flags:
        return None
    return f"{flags[0]} for {right[0]}" if right else f"{flags[0]}, and the gold has no flag"


def _opposite_emotion(row: Row) -> str | None:
    ours, theirs = _feeling(row.answer), _feeling(row.gold)
    if ours is None or theirs is None or ours[1] == theirs[1]:
        return None
    return f"{ours[0]} for {theirs[0]}"


def _frequent_emoji(row: Row) -> str | None:
    if not row.answer or not row.frequent.issuperset(row.answer) or row.frequent.issuperset(row.gold):
        return None
    return f"nothing but the {FREQUENT} most frequent emoji, where the gold has others"


def _over_generation(row: Row) -> str | None:
    ours, theirs = len(row.answer), len(row.gold)
    return f"{ours} emoji for {theirs}" if ours >= max(theirs + _MORE, _MORE * theirs) else None


def _under_generation(row: Row) -> str | None:
    ours, theirs = len(row.answer), len(row.gold)
    if not ours and theirs:
        return "no emoji at all"
    return f"{ours} emoji for {theirs}" if theirs >= max(ours + _MORE, _MORE * ours) else None


def _missed_content(row: Row) -> str | None:
    for hit in row.named:
        found = {emoji for emoji, _ in hit.emojis}
        missed = [emoji for emoji in row.missed if emoji in found and GROUPS.get(emoji) != _FEELINGS]
        if missed and found.isdisjoint(row.answer):
            return f"the text holds “{hit.keyword}”, a keyword of {missed[0]}"
    return None


def _near_miss(row: Row) -> str | None:
    for emoji in row.wrong:
        for right in row.missed:
            if emoji in SUBGROUPS and SUBGROUPS[emoji] == SUBGROUPS.get(right):
                return f"{emoji} for {right}, both of the subgroup {SUBGROUPS[emoji]}"
    return None


def _feeling(emojis: Sequence[str]) -> tuple[str, int] | None:
    """Return the first emoji with a polarity, and that polarity, where all that have one agree."""
    polar = [(emoji, sign) for emoji in emojis if (sign := polarity(emoji))]
    return polar[0] if len({sign for _, sign in polar}) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of error."""

    name: str
    """In data."""
    label: str
    """For people."""
    label_ja: str
    """In Japanese."""
    rule: str
    """When it applies, in a sentence."""
    why: Callable[[Row], str | None]
    """Says what the rule found in a row, or None where it does not apply."""


CATEGORIES = (
    Category(
        name="repetition",
        label="repetition",
        label_ja="同じ絵文字の繰り返し",
        rule="The answer holds an emoji twice or more.",
        why=_repetition,
    ),
    Category(
        name="frequent-emoji",
        label="frequent-emoji bias",
        label_ja="頻出絵文字への偏り",
        rule=f"The answer is made of the {FREQUENT} most frequent emoji of the training split alone, and the gold is not.",
        why=_frequent_emoji,
    ),
    Category(
        name="wrong-flag",
        label="wrong flag",
        label_ja="旗の間違い",
        rule="The answer holds the flag of a country or region that the gold does not hold.",
        why=_wrong_flag,
    ),
    Category(
        name="opposite-emotion",
        label="opposite emotion",
        label_ja="感情が逆",
        rule="All feelings of the answer are good and all of the gold bad, or the other way round.",
        why=_opposite_emotion,
    ),
    Category(
        name="over-generation",
        label="over-generation",
        label_ja="多すぎる",
        rule="The answer has twice as many emoji as the gold or more, and two more at least.",
        why=_over_generation,
    ),
    Category(
        name="under-generation",
        label="under-generation",
        label_ja="少なすぎる",
        rule="The gold has twice as many emoji as the answer or more, and two more at least; or the answer is empty.",
        why=_under_generation,
    ),
    Category(
        name="missed-content",
        label="missed concrete content",
        label_ja="具体的な内容の見落とし",
        rule="The text holds a Japanese keyword of an emoji of the gold that is not of the group Smileys & Emotion, and the answer holds no emoji with that keyword.",
        why=_missed_content,
    ),
    Category(
        name="near-miss",
        label="near miss",
        label_ja="惜しい（同じ小分類）",
        rule="A wrong emoji of the answer is of the same Unicode subgroup as one of the gold that was missed.",
        why=_near_miss,
    ),
    Category(name="other", label="other", label_ja="その他", rule="None of these.", why=lambda _: "no rule applies"),
)
"""All categories in the order of the rules; the last one takes every row."""


def reasons(row: Row) -> dict[str, str]:
    """Return the categories whose rules apply, in their order, with what they found; `other` where none does, and only there."""
    found = {one.name: why for one in CATEGORIES[:-1] if (why := one.why(row)) is not None}
    last = CATEGORIES[-1]
    return found or {last.name: str(last.why(row))}
