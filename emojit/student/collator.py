"""Rows to a batch: texts and answers padded to the longest, and the votes beside them.

Imported only by functions: it needs transformers at the top, for its class derives from theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from transformers import DataCollatorForSeq2Seq  # noqa: TID253  (see the docstring above)

from emojit.student.losses.answer_loss import VOTE_IDS, VOTE_SHARES
from emojit.student.losses.positions import IGNORED

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class AnswerCollator:
    """A data collator.

    Args:
        tokenizer: pads the texts.
        model: says what its decoder starts from.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
        # The library would let the model shift the labels, and mBART's begins with the last of them instead of with the start token.
        self._pad = DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED)
        self._pad_id: int = tokenizer.pad_token_id
        start: int | None = model.config.decoder_start_token_id
        self._start_id = self._pad_id if start is None else start

    def __call__(self, rows: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, Tensor]:
        """Return `input_ids` and `attention_mask` (B, L), `labels` and `decoder_input_ids` (B, T), and, where rows have votes, their ids and shares (B, M)."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        batch: dict[str, Tensor] = dict(
            self._pad([{key: row[key] for key in row if key not in (VOTE_IDS, VOTE_SHARES)} for row in rows])
        )
        before = batch["labels"][:, :-1]
        before = before.masked_fill(before == IGNORED, self._pad_id)
        batch["decoder_input_ids"] = torch.nn.functional.pad(before, (1, 0), value=self._start_id)
        if VOTE_IDS in rows[0]:
            ids = [torch.tensor(row[VOTE_IDS], dtype=torch.int64) for row in rows]
            shares = [torch.tensor(row[VOTE_SHARES], dtype=torch.float32) for row in rows]
            batch[VOTE_IDS] = pad_sequence(ids, batch_first=True, padding_value=IGNORED)
            batch[VOTE_SHARES] = pad_sequence(shares, batch_first=True)
        return batch
