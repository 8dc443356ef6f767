"""The embedding rows of a model from nothing, started from vectors of words that were learned elsewhere.

A piece that is a content word gets that word's vector; particles, auxiliaries, punctuation and numbers get none. The mean of running text is taken off, and a piece
that many texts hold counts less (inverse document frequency), so that the mean of a text's pieces is what the text is about, and not what all texts share.

T5's norms bring every position of a hidden state to one length, and would undo such weights. So all rows get one length by one more coordinate, the level, in which no
emoji has anything: inner products with emoji are those of the weighted vectors, and the norm changes none of them. This is how search by inner product becomes search
by nearest neighbours (Bachrach et al. 2014, "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product Spaces"; Neyshabur and Srebro
2015, "On Symmetric and Asymmetric LSHs for Inner Product Search").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from emojit.lexicon.vectors import WordVectors
    from emojit.lexicon.words import WordReader

LEVEL = 0
"""The coordinate that brings the rows of pieces to one length."""
_NOISE = 0.02
"""Standard deviation of what is added, so that no two rows are the same."""
_EMOJI_LENGTH = 0.6
"""Length of an emoji's row, as a share of a piece's."""
_BATCH = 1000


def start_from_vectors(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> str:
    """Start the rows of a tokenizer's pieces from word vectors, in place.

    All rows get the length sqrt(width), up to a little noise, but those of the start and the end token, which stay as they are: the end token is also written, and a row of
    the level alone would outweigh every emoji. Where the model has fewer than 301 coordinates, the vectors are projected onto their principal axes, where
    it has more they are rotated into it at random. Draws from torch's global generator.

    Args:
        model: a model from nothing, whose rows are random.
        tokenizer: its tokenizer, without emoji.
        texts: of the training split; how many of them hold a piece decides how much it counts.

    Returns:
        Name, licence and version of the vectors, for records and cards.

    Raises:
        MissingExtraError: the extra `words` is not installed.
    """
    import numpy as np
    import torch

    from emojit.lexicon.vectors import source

    table = model.get_input_embeddings().weight
    width = table.shape[1]
    written = [model.config.pad_token_id, model.config.eos_token_id]
    counts, holding = _counts(tokenizer, texts)  # (V,), (V,)
    vectors, known = _vectors(tokenizer)  # (V, 300), (V,)
    vectors[known] -= (counts @ vectors) / max(counts[known].sum(), 1)
    vectors *= (np.log((1 + len(texts)) / (1 + holding)) / np.log(1 + max(len(texts), 1)))[:, None].astype(np.float32)
    rows = _level(_fitted(vectors, known, width - 1), length=width**0.5)
    with torch.no_grad():
        kept = table[written]
        table.normal_(0, _NOISE).add_(torch.from_numpy(rows))
        table[written] = kept
    return source()


def spread_rows(model: PreTrainedModel, ids: Sequence[int]) -> None:
    """Bring rows that are means of others apart, in place: their common mean is taken off, and all get one length, without any level.

    Args:
        model: with tied embeddings, whose other rows `start_from_vectors` made.
        ids: which rows.
    """
    import torch

    table = model.get_input_embeddings().weight
    with torch.no_grad():
        rows = table[list(ids)]
        rows = rows - rows.mean(dim=0)
        rows[:, LEVEL] = 0
        lengths = rows.norm(dim=1, keepdim=True).clamp(min=1e-9)
        table[list(ids)] = rows / lengths * _EMOJI_LENGTH * table.shape[1] ** 0.5


def _counts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each piece stands in the texts, and how many texts hold it, (V,) float32 each: exact up to 16 million."""
    import numpy as np

    counts, holding = np.zeros((2, len(tokenizer)), dtype=np.float32)
    for start in range(0, len(texts), _BATCH):
        for ids in tokenizer(list(texts[start : start + _BATCH]), add_special_tokens=False).input_ids:
            np.add.at(counts, ids, 1)
            holding[list(set(ids))] += 1
    return counts, holding


def _vectors(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
    """Return a vector for each piece (V, 300) float32, zero where there is none, and whether there is one (V,) bool."""
    import numpy as np

    from emojit.lexicon.vectors import WIDTH, WordVectors
    from emojit.lexicon.words import WordReader

    words, reader = WordVectors(), WordReader()
    special = frozenset(tokenizer.all_special_ids)
    vectors = np.zeros((len(tokenizer), WIDTH), dtype=np.float32)
    known = np.zeros(len(tokenizer), dtype=bool)
    for piece, token in tokenizer.get_vocab().items():
        vector = None if token in special else _vector(piece.replace("▁", ""), words, reader)
        if vector is not None:
            vectors[token], known[token] = vector, True
    return vectors, known


def _vector(piece: str, words: WordVectors, reader: WordReader) -> np.ndarray | None:
    """Return the vector of a piece as it is written, of the words in it in their normal forms, or of its characters; None for what is no content word."""
    import numpy as np

    content = reader.words(piece)
    if not content:
        return None
    vector = words.find(piece)
    if vector is not None:
        return vector
    found = [vector for word in content if (vector := words.of_word(word)) is not None]
    return cast("np.ndarray", np.mean(found, axis=0, dtype=np.float32)) if found else words.of_letters(piece)


def _level(vectors: np.ndarray, *, length: float) -> np.ndarray:
    """Return rows of one length (V, W + 1) float32: the vectors (V, W), scaled so that the longest has it, and what the others lack as coordinate `LEVEL`."""
    import numpy as np

    longest = max(float(np.linalg.norm(vectors, axis=1).max()), 1e-9)
    rows = np.insert(vectors, LEVEL, 0, axis=1)
    rows *= length / longest
    rows[:, LEVEL] = np.sqrt(np.maximum(0, length**2 - np.square(rows).sum(axis=1)))
    return rows


def _fitted(vectors: np.ndarray, known: np.ndarray, width: int) -> np.ndarray:
    """Return vectors of another width (V, width) with as much of their inner products as it holds."""
    import numpy as np
    import torch

    own = vectors.shape[1]
    if width == own:
        return vectors
    if width > own:
        rotation = torch.linalg.qr(torch.randn(width, own))[0]  # (width, 300), orthonormal columns
        turned: np.ndarray = vectors @ rotation.numpy().T
        return turned
    _, axes = np.linalg.eigh(vectors[known].T @ vectors[known])  # rising
    axes = axes[:, ::-1][:, :width]
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), np.arange(width)] < 0, -1.0, 1.0)  # one sign on every machine
    return np.ascontiguousarray(vectors @ axes, dtype=np.float32)
