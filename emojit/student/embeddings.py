"""The embedding rows of new emoji tokens, started from what their Japanese names mean to the model.

The library's own resize draws all new rows from one narrow distribution: their pairwise cosine is 0.99998, so that every emoji begins with the same
logit. A mean of the rows of the name's pieces puts 🐶 near 犬 before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from emojit.emoji import entry

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def name_pieces(tokenizer: PreTrainedTokenizerBase, emojis: Sequence[str], *, old_size: int) -> list[list[int]]:
    """Return the ids of the pieces of each emoji's Japanese name and keywords, duplicates kept.

    Args:
        tokenizer: the student's tokenizer.
        emojis: inventory emoji.
        old_size: ids from here on are new themselves and teach nothing (count).

    Returns:
        Ids of ordinary pieces, a list per emoji: no unknown, special or new token, and not the bare word mark "▁", which every word has.
    """
    if not emojis:  # a tokenizer takes no empty batch
        return []
    names = [" ".join([item.name_ja, *item.keywords_ja]) for item in map(entry, emojis)]
    left_out = {*tokenizer.all_special_ids, tokenizer.convert_tokens_to_ids("▁")}
    rows = tokenizer(names, add_special_tokens=False).input_ids
    return [[token for token in ids if token < old_size and token not in left_out] for ids in rows]


def grow_embeddings(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    emojis: Sequence[str],
    *,
    others: Sequence[str] = (),
    start: Literal["names", "random"],
) -> None:
    """Fit the model to a tokenizer that `emojis` and `others` were added to, in place, and start their rows.

    Afterwards the model has exactly `len(tokenizer)` rows. T5 comes with more rows than tokens (32,128 for 32,100), so that the first new ids meet
    rows that exist and were never trained: they are overwritten like the others. An output head of its own (T5 1.1) gets its rows from itself.

    Args:
        model: an encoder-decoder.
        tokenizer: its tokenizer, with the emoji already added.
        emojis: those of them that are new to the vocabulary.
        others: other tokens that are new to it; their rows start at random.
        start: "names", or "random": a normal distribution with mean and spread of the old rows. Drawn from torch's global generator.
    """
    import torch

    old_size = min(len(tokenizer) - len(emojis) - len(others), model.get_input_embeddings().weight.shape[0])
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    # transformers 5.23 says True for every T5, also for one whose checkpoint holds two matrices, and a resize would then tie them.
    model.config.tie_word_embeddings = tied
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    tables = [model.get_input_embeddings().weight]
    if not tied:
        tables.append(model.get_output_embeddings().weight)
    ids_of = name_pieces(tokenizer, emojis, old_size=old_size) if start == "names" else [[] for _ in emojis]
    pieces = dict(zip(tokenizer.convert_tokens_to_ids(list(emojis)), ids_of, strict=True))
    pieces.update({token: [] for token in tokenizer.convert_tokens_to_ids(list(others))})
    with torch.no_grad():
        for table in tables:  # (V, D)
            old = table[:old_size]
            mean, spread = old.mean(dim=0), old.std(dim=0)
            for token, ids in pieces.items():
                table[token] = table[ids].mean(dim=0) if ids else mean + spread * torch.randn_like(mean)
