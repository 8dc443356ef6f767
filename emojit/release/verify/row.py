"""One row against the schema: what is wrong with it by itself, without looking at any other row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emojit import emoji
from emojit.corpus.records import sentence_id
from emojit.dataset.pair import RARE
from emojit.dataset.splits import Split, split_of
from emojit.metrics import consensus
from emojit.recipe import SplitConfig
from emojit.teacher.reading import MAX_EMOJIS

Row = Mapping[str, Any]
Fault = tuple[str, object, object]
"""What is wrong, what was expected, what was found."""

_TEXTS = ("id", "original_text", "sns_text", "emoji_string", "source", "doc_id", "teacher", "prompt_id")
_LISTS = ("emojis", "votes", "flags")
_CANONICAL = frozenset(emoji.INVENTORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What rows are held to.

    Attributes:
        columns: columns that the files have.
        splits: shares of the splits, or None where no recipe says them.
        teacher: the model name that every row must name, or None.
        prompt_id: the hash of the prompts that every row must name, or None.
    """

    columns: frozenset[str]
    splits: SplitConfig | None = None
    teacher: str | None = None
    prompt_id: str | None = None


def faults(row: Row, split: Split, rules: Rules) -> Iterator[Fault]:
    """Yield everything that is wrong with a row; a rule about a column that the data set lacks is passed over."""
    for name in (*_TEXTS, *_LISTS):
        if name in rules.columns and row.get(name) is None:
            yield f"{name} is null", "a value", "null"
    yield from _emoji_faults(row, rules)
    source, doc_id, text = row.get("source"), row.get("doc_id"), row.get("original_text")
    if isinstance(source, str) and isinstance(doc_id, str):
        if (
            isinstance(text, str)
            and "id" in rules.columns
            and row["id"] != (wanted := sentence_id(source, doc_id, text))
        ):
            yield "id is not the hash of source, doc_id and original_text", wanted, row.get("id")
        if rules.splits is not None and (home := split_of(source, doc_id, rules.splits)) != split:
            yield "its article belongs to another split", home, split
    post = row.get("sns_text")
    if isinstance(post, str):
        if not post.strip():
            yield "sns_text is empty", "a post", repr(post)
        elif (inside := emoji.read(post)).emojis or inside.outside:
            yield "sns_text holds emoji", "none", " ".join((*inside.emojis, *inside.outside))
    for name, value in (("teacher", rules.teacher), ("prompt_id", rules.prompt_id)):
        if value is not None and name in rules.columns and row.get(name) != value:
            yield f"{name} is not that of the build", value, row.get(name)


def is_written(row: Row) -> bool:
    """Whether the teacher wrote the post of a row itself, for a rare emoji: no sentence of the corpus stands behind it."""
    flags = row.get("flags")
    return isinstance(flags, list | tuple) and RARE in flags


def _emoji_faults(row: Row, rules: Rules) -> Iterator[Fault]:
    chosen = row.get("emojis")
    if not _is_choice(chosen):
        return
    assert isinstance(chosen, Sequence)
    yield from _choice_faults("emojis", chosen)
    if isinstance(joined := row.get("emoji_string"), str) and joined != (wanted := " ".join(chosen)):
        yield "emoji_string is not the emoji joined by one blank", wanted, joined
    votes = row.get("votes")
    if "votes" not in rules.columns or not isinstance(votes, list):
        return
    if not votes:
        yield "votes is empty", "at least one vote", "none"
        return
    if not all(_is_choice(vote) for vote in votes):
        yield "a vote is null or holds null", "lists of emoji", votes
        return
    before = len(faulty := [fault for vote in votes for fault in _choice_faults("a vote", vote)])
    yield from faulty
    if not before and tuple(chosen) != (wanted_choice := consensus(votes)):
        yield "emojis is not the consensus of the votes", " ".join(wanted_choice), " ".join(chosen)


def _is_choice(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _choice_faults(name: str, chosen: Sequence[str]) -> Iterator[Fault]:
    if not 1 <= len(chosen) <= MAX_EMOJIS:
        yield f"{name} has not 1 to {MAX_EMOJIS} emoji", f"1 to {MAX_EMOJIS}", len(chosen)
    if len(set(chosen)) != len(chosen):
        yield f"{name} holds an emoji twice", "distinct emoji", " ".join(chosen)
    for one in chosen:
        if one not in _CANONICAL:
            form = emoji.canonical(one)
            yield (
                f"{name} holds what is not in canonical form",
                form or "an emoji of Emoji 16.0",
                f"{one} ({' '.join(f'U+{ord(char):04X}' for char in one)})",
            )
