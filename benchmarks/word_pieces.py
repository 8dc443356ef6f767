"""How many content words of posts that nobody learned from are one piece: SentencePiece's own pieces against words, at the same number and at twice as many.

Usage: python benchmarks/word_pieces.py PAIRS.jsonl CORPUS [--sentences N] [--pieces N]

PAIRS.jsonl: rows of `id`, `text`, `sns_text` and `emojis` as `benchmarks/baselines.py` reads them; the posts of its first part are asked about, the others and the
corpus' sentences are what the tokenizers are made of, with the names of emoji. Content words are those that Sudachi finds, numbers left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import ladder

from emojit.baselines.documents import emoji_texts
from emojit.baselines.silver.making import Sentences
from emojit.lexicon.words import WordReader
from emojit.student.tokenizer import train_tokenizer
from emojit.student.word_pieces import word_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def main() -> None:
    """Train the tokenizers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("corpus")
    parser.add_argument("--sentences", type=int, default=60_000)
    parser.add_argument("--pieces", type=int, default=24_000)
    options = parser.parse_args()
    if not options.pairs.is_file():
        print(f"{options.pairs} is not here: nothing measured")
        return
    rows, parts = ladder.read_pairs(options.pairs)
    learned = [
        row[column] for row, part in zip(rows, parts, strict=True) if part for column in ("sns_text", "original_text")
    ]
    asked = [row["sns_text"] for row, part in zip(rows, parts, strict=True) if not part]
    texts = [*learned, *islice(Sentences(options.corpus, options.sentences, 0), options.sentences), *emoji_texts()]
    reader = WordReader()
    words = [word.surface for text in asked for word in reader.words(text)]
    print(f"{len(texts):,} texts learned from, {len(words):,} content words of {len(asked):,} other posts")
    kinds: list[tuple[str, Callable[[Sequence[str], int], PreTrainedTokenizerBase], int]] = [
        ("sentencepiece", train_tokenizer, options.pieces),
        ("words", word_tokenizer, options.pieces),
        ("words", word_tokenizer, 2 * options.pieces),
    ]
    for name, make, count in kinds:
        begun = time.perf_counter()
        pieces = make(texts, count).get_vocab()
        known = sum(word in pieces or f"▁{word}" in pieces for word in words)
        seconds = time.perf_counter() - begun
        print(
            f"{name:<14} {len(pieces):>7,} pieces  {known / len(words):.3f} of the words are one piece  {seconds:6.1f} s"
        )


if __name__ == "__main__":
    main()
