"""Texts as token ids, and which of the tokens belong to one word."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from emojit.lexicon.words import Span
from emojit.student.domain.words import WordFinder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

OUTSIDE = -1
"""Group of a token that is never masked: those around a text, unknown ones, blanks."""

Place = tuple[int, int]
"""Where a token stands in its text: the first code point, and the one after the last."""


class Reading(NamedTuple):
    """One text as an encoder reads it."""

    ids: list[int]
    """Its tokens, with those around it."""
    groups: list[int]
    """For each token the number of its word, rising from 0, or `OUTSIDE`."""
    content: frozenset[int]
    """Words that are nouns, verbs or adjectives."""
    cut: bool
    """Whether the text lost its end."""


def readings(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], finder: WordFinder, *, max_tokens: int
) -> list[Reading]:
    """Tokenise texts.

    Args:
        tokenizer: the encoder's.
        texts: any strings.
        finder: finds the words.
        max_tokens: longer texts lose their end; the token that ends a text stays (tokens).
    """
    made = []
    fixed = frozenset(tokenizer.all_special_ids)
    for text, ids, places in _placed(tokenizer, texts):
        cut = len(ids) > max_tokens
        if cut:
            ids, places = [*ids[: max_tokens - 1], ids[-1]], [*places[: max_tokens - 1], places[-1]]
        groups, content = _grouped(
            [(0, 0) if token in fixed else place for token, place in zip(ids, places, strict=True)], finder.find(text)
        )
        made.append(Reading(ids, groups, content, cut))
    return made


def _placed(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[tuple[str, list[int], list[Place]]]:
    """Return each text as the tokenizer sees it, its ids and their places."""
    if not texts:
        return []
    if tokenizer.is_fast:
        encoded = tokenizer(list(texts), return_offsets_mapping=True, verbose=False)
        return list(zip(texts, encoded["input_ids"], encoded["offset_mapping"], strict=True))
    # Tokenizers in Python, such as that of tohoku-nlp/bert-base-japanese-v3, tell no places.
    folded = [unicodedata.normalize("NFKC", text) for text in texts]
    found = []
    for text, ids in zip(folded, tokenizer(folded, verbose=False)["input_ids"], strict=True):
        found.append(
            (text, ids, _aligned(text, tokenizer.convert_ids_to_tokens(ids), frozenset(tokenizer.all_special_tokens)))
        )
    return found


def _aligned(text: str, tokens: Sequence[str], special: frozenset[str]) -> list[Place]:
    """Find tokens in their text, one after the other; one that is not there stands nowhere: (0, 0)."""
    lowered = text.lower() if len(text.lower()) == len(text) else text
    places: list[Place] = []
    end = 0
    for token in tokens:
        piece = "" if token in special else token.removeprefix("##").strip("▁")
        start = text.find(piece, end) if piece else -1
        if start < 0 and piece:
            start = lowered.find(piece, end)
        places.append((0, 0) if start < 0 else (start, start + len(piece)))
        end = end if start < 0 else start + len(piece)
    return places


def _grouped(places: Sequence[Place], words: Sequence[Span]) -> tuple[list[int], frozenset[int]]:
    """Give tokens the numbers of their words. Words that share a token count as one; a token of no word, such as a mark, is one by itself."""
    groups: list[int] = []
    content: set[int] = set()
    number, reached, first = -1, 0, 0
    """Number of the word at hand, where it ends in the text, and the next word to look at."""
    for start, end in places:
        if start >= end:
            groups.append(OUTSIDE)
            continue
        if start >= reached:
            number += 1
        reached = max(reached, end)
        while first < len(words) and words[first].start < end:
            if words[first].end > start:
                reached = max(reached, words[first].end)
                if words[first].content:
                    content.add(number)
            first += 1
        groups.append(number)
    return groups, frozenset(content)
