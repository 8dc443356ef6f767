"""The embedding rows of a model from nothing, started from vectors of words that were learned elsewhere.

A piece that is a word gets that word's vector, any other the mean of its characters'. The vectors are centred and weighted as in Arora, Liang, Ma 2017, "A
Simple but Tough-to-Beat Baseline for Sentence Embeddings": the mean of running text is taken off, and a piece with probability p counts a / (a + p), so that
the mean of a text's pieces is what the text is about, and not what all texts share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_RARE = 1e-3
"""The probability a from which on a piece counts less than half."""
_NOISE = 0.02
"""Standard deviation of what is added, so that no two rows are the same."""
_EMOJI_LENGTH = 0.6
"""Length of an emoji's row, as a share of the mean length of a piece's."""
_BATCH = 1000


def start_from_vectors(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> str:
    """Start the rows of a tokenizer's pieces from word vectors, in place.

    Where the model is narrower than the vectors they are projected onto their principal axes, where it is wider they are rotated into it at random.
    Draws from torch's global generator.

    Args:
        model: a model from nothing, whose rows are random.
        tokenizer: its tokenizer, without emoji.
        texts: of the training split; how often a piece stands in them decides how much it counts.

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
    share = _shares(tokenizer, texts)  # (V,)
    vectors, known = _vectors(tokenizer)  # (V, 300), (V,)
    vectors[known] -= (vectors * share[:, None]).sum(axis=0) / max(share[known].sum(), 1e-9)
    vectors *= (_RARE / (_RARE + share))[:, None]
    vectors = _fitted(vectors, known, width)
    vectors *= np.sqrt(width) / max(float(np.linalg.norm(vectors[known], axis=1).mean()), 1e-9)
    with torch.no_grad():
        rows = torch.from_numpy(np.flatnonzero(known))
        table[rows] = torch.from_numpy(vectors[known]).to(table.dtype) + _NOISE * torch.randn(len(rows), width)
    return source()


def spread_rows(model: PreTrainedModel, ids: Sequence[int]) -> None:
    """Bring rows that are means of others apart, in place: their common mean is taken off, and all get one length.

    Args:
        model: with tied embeddings.
        ids: which rows.
    """
    import torch

    table = model.get_input_embeddings().weight
    with torch.no_grad():
        rows = table[list(ids)]
        rows = rows - rows.mean(dim=0)
        lengths = rows.norm(dim=1, keepdim=True).clamp(min=1e-9)
        table[list(ids)] = rows / lengths * _EMOJI_LENGTH * table.shape[1] ** 0.5


def _shares(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> np.ndarray:
    """Return how often each piece stands in the texts, as a share of all pieces (V,) float32."""
    import numpy as np

    counts = np.zeros(len(tokenizer), dtype=np.float32)
    for start in range(0, len(texts), _BATCH):
        for ids in tokenizer(list(texts[start : start + _BATCH]), add_special_tokens=False).input_ids:
            np.add.at(counts, ids, 1)
    return counts / max(float(counts.sum()), 1.0)


def _vectors(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
    """Return a vector for each piece (V, 300) float32, zero where there is none, and whether there is one (V,) bool."""
    import numpy as np

    from emojit.lexicon.vectors import WIDTH, WordVectors

    words = WordVectors()
    special = frozenset(tokenizer.all_special_ids)
    vectors = np.zeros((len(tokenizer), WIDTH), dtype=np.float32)
    known = np.zeros(len(tokenizer), dtype=bool)
    for piece, token in tokenizer.get_vocab().items():
        word = piece.replace("▁", "")
        if token in special or not word:
            continue
        vector = words.find(word)
        if vector is None:
            vector = words.of_letters(word)
        if vector is not None:
            vectors[token], known[token] = vector, True
    return vectors, known


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
