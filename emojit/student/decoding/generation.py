"""What plain `generate` can carry of our decoding: the rule of one to five distinct emoji, beams, sampling and the fitted bias of the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.recipe import DecodingConfig
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from torch import FloatTensor, LongTensor
    from transformers import GenerationConfig


class EmojiOnly:
    """A logits processor that permits distinct emoji of a vocabulary and, when there are enough, the end token.

    For `generate` where it is asked itself; our own decoding knows no other columns. A plain class: `generate` asks a processor for nothing but being
    called, and torch stays out of this module's import.
    """

    def __init__(self, vocabulary: EmojiVocabulary, *, min_emojis: int, max_emojis: int) -> None:
        self._emoji_ids = list(vocabulary.emoji_of)
        self._eos_id = vocabulary.eos_id
        self._min_emojis = min_emojis
        self._max_emojis = max_emojis

    def __call__(self, input_ids: LongTensor, scores: FloatTensor) -> FloatTensor:
        """Return `scores` (B, V) with -inf wherever a token may not follow `input_ids` (B, L), whose first column is the start token."""
        import torch

        written = input_ids.shape[1] - 1
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        if written < self._max_emojis:
            allowed[:, self._emoji_ids] = True
            allowed.scatter_(1, input_ids, value=False)  # no emoji twice; the start token is not allowed anyway
        if written >= self._min_emojis:
            allowed[:, self._eos_id] = True
        return scores.masked_fill(~allowed, -torch.inf)


def generation_config(
    vocabulary: EmojiVocabulary, *, vocabulary_size: int, decoding: DecodingConfig, end_bias: float = 0.0
) -> GenerationConfig:
    """Make the `generation_config.json` with which plain `generate` obeys the same rule as `EmojiOnly`.

    Everything that is no emoji and not the end token is suppressed, no token comes twice (`no_repeat_ngram_size=1`), the end may not come before
    `min_emojis` (`min_new_tokens`), and after `max_emojis` only the end is left (`forced_eos_token_id` at `max_new_tokens`).

    "greedy" is the same there; "beam" searches as wide but weighs by the probabilities among all pieces; "diverse_beam" becomes plain beams, "sample" draws
    from another generator, and "mbr", of which `generate` knows nothing, becomes greedy.

    Args:
        vocabulary: the student's emoji.
        vocabulary_size: rows of the model's output head (count).
        decoding: section `[decoding]` of the recipe.
        end_bias: what calibration adds to the logit of the end (nats).
    """
    from transformers import GenerationConfig

    allowed = {*vocabulary.emoji_of, vocabulary.eos_id}
    sampled = decoding.method == "sample"
    return GenerationConfig(
        decoder_start_token_id=vocabulary.pad_id if vocabulary.start_id is None else vocabulary.start_id,
        pad_token_id=vocabulary.pad_id,
        eos_token_id=vocabulary.eos_id,
        forced_eos_token_id=vocabulary.eos_id,
        min_new_tokens=decoding.min_emojis,
        max_new_tokens=decoding.max_emojis + 1,
        no_repeat_ngram_size=1,
        num_beams=decoding.num_beams,
        do_sample=sampled,
        **({"temperature": decoding.temperature, "top_k": 0} if sampled else {}),  # otherwise it draws among 50 only
        **({"sequence_bias": [[[vocabulary.eos_id], end_bias]]} if end_bias else {}),
        suppress_tokens=[token for token in range(vocabulary_size) if token not in allowed],
    )
