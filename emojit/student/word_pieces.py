"""A tokenizer from nothing whose pieces are words, in the form that plain `AutoTokenizer` loads.

SentencePiece's own training looks for pieces that make a text short, and splits words that are rare in it: of the content words of held-out posts two thirds were one
piece of it, and four fifths of as many pieces that are the most frequent words of the same texts (`benchmarks/word_pieces.py`). A word that is one piece has a
vector of its own, and is met again in other texts as the same piece. So the pieces here are the words that Sudachi finds, each with the logarithm of its share
of all words; the tokenizer that comes out is an ordinary unigram model and needs no Sudachi.

Words that no text holds may be pieces too, where something is known about them from elsewhere. They count less than any word that was seen, and more than characters.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from emojit.emoji import strip
from emojit.errors import DatasetError, StudentError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceNormalizer
    from transformers import PreTrainedTokenizerBase

RULE = "nmt_nfkc"
"""SentencePiece's default rule of normalisation."""
_MARK = "▁"
"""Stands before every text, and for a blank."""
_COVERAGE = 0.9995
"""Share of all characters that get a piece each: the value that SentencePiece's README gives for Japanese."""
_LETTER = 0.05
"""How often a character that is no word counts as seen: less than any word, so that a word is not cut into characters."""
_UNSEEN = 0.5
"""How often a word that no text holds counts as seen: less than any that one holds, and more than a character."""
_LENGTHS = range(2, 12)
"""Code points of such a word; longer ones are hardly met, and a character has a piece anyway."""


def word_tokenizer(texts: Iterable[str], vocab_size: int, *, more: Iterable[str] = ()) -> PreTrainedTokenizerBase:
    """Make a unigram model of the most frequent words, and of the characters for what is none of them, as a fast T5 tokenizer without emoji.

    Args:
        texts: the texts of the training split and of the stages; duplicates count twice. Emoji are taken out of them.
        vocab_size: words and characters together at most (count); fewer where the texts and `more` hold fewer.
        more: other words, the most wanted first; they fill what room the words of the texts leave. Emoji are left out.

    Raises:
        DatasetError: no text at all.
        StudentError: `vocab_size` is smaller than the number of different characters needs.
        MissingExtraError: the extra `words` is not installed.
    """
    from sentencepiece import SentencePieceNormalizer, sentencepiece_model_pb2
    from transformers import T5Tokenizer

    from emojit.lexicon.words import WordReader

    reader, normalizer = (
        WordReader(),
        SentencePieceNormalizer(rule_name=RULE, add_dummy_prefix=False, escape_whitespaces=False),
    )
    words, letters = Counter[str](), Counter[str]()
    for text in texts:
        words[_MARK] += 1  # before every text
        for word in reader.surfaces(normalizer.normalize(strip(text))):
            words[_MARK if word.isspace() else word] += 1
            letters.update(word)
    if not letters:
        raise DatasetError("no text to train a tokenizer on", hint="check the training split's text columns")
    proto = sentencepiece_model_pb2.ModelProto.FromString(normalizer.serialized_model_proto())  # type: ignore[attr-defined]  # made at import
    special = ("<pad>", "</s>", "<unk>")
    unseen = _unseen(more, normalizer, words)
    pieces = _pieces(words, _frequent(letters), unseen, vocab_size - len(special))
    return T5Tokenizer(
        vocab=[*((token, 0.0) for token in special), *pieces.items()],
        _spm_precompiled_charsmap=proto.normalizer_spec.precompiled_charsmap,
        extra_ids=0,
    )


def _frequent(letters: Counter[str]) -> list[str]:
    """Return the characters that together are nearly all of the text, most frequent first."""
    wanted, found = _COVERAGE * letters.total(), list[str]()
    for letter, count in _ranked(letters):
        if wanted <= 0:
            break
        found.append(letter)
        wanted -= count
    return [letter for letter in found if letter != _MARK and not letter.isspace()]


def _unseen(more: Iterable[str], normalizer: SentencePieceNormalizer, words: Mapping[str, int]) -> Iterator[str]:
    """Yield those of other words that can be a piece and are no word of the texts, once each, in their order, as a text is normalised."""
    found = set[str]()
    for name in more:
        word = normalizer.normalize(name)
        if (
            len(word) in _LENGTHS
            and word not in words
            and word not in found
            and _can_be_a_piece(word)
            and strip(word) == word
        ):
            found.add(word)
            yield word


def _can_be_a_piece(word: str) -> bool:
    return _MARK not in word and not any(map(str.isspace, word))


def _pieces(words: Counter[str], letters: list[str], unseen: Iterator[str], room: int) -> dict[str, float]:
    """Return pieces with their scores, natural logarithms of probabilities: all the letters, then in what room they leave the most frequent words, then others."""
    if room <= len(letters):
        raise StudentError(
            f"a vocabulary of {room} pieces does not hold the {len(letters)} characters of the texts",
            hint="raise model.vocab_size: every character needs a piece of its own",
        )
    chosen: dict[str, float] = {_MARK: words[_MARK]}
    left = room - len(letters) - 1
    single = frozenset(letters)
    for word, count in _ranked(words):
        if word in single:
            chosen[word] = count
        elif left > 0 and _can_be_a_piece(word):
            chosen[word] = count
            left -= 1
    others = list(islice(unseen, left))
    chosen |= dict.fromkeys(others, _UNSEEN)
    total = words.total() + _UNSEEN * len(others)
    return {
        piece: math.log(chosen.get(piece, _LETTER) / total)
        for piece in (*chosen, *(c for c in letters if c not in chosen))
    }


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what was counted, most frequent first; what is as frequent in the order of its characters, so that nothing depends on the order of the texts."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
