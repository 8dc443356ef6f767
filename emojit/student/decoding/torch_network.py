"""A transformers encoder-decoder as a `Network`: the encoder once, then the decoder step by step on its cache, with a head of the permitted rows alone.

`generate` computes the logits of every piece of the vocabulary and runs its processors over them; here the head has one row per emoji and one for the
end. Imported only by functions, for it needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch  # noqa: TID253  (see the docstring above)
from transformers.modeling_outputs import BaseModelOutput  # noqa: TID253

from emojit.student.decoding.network import Columns, Logits

if TYPE_CHECKING:
    from transformers import Cache, PreTrainedModel


class TorchNetwork:
    """A model as it is now: its head is copied, so weights that change later need a new one.

    Args:
        model: any encoder-decoder that `AutoModelForSeq2SeqLM` loads, on its device; it is put into evaluation mode and not changed.
        columns: token ids of the emoji in the order of the vocabulary, and the end token.
        pad_id: the token that fills a batch.
    """

    def __init__(self, model: PreTrainedModel, columns: Sequence[int], pad_id: int) -> None:
        self._model = pruned(model.eval(), columns)
        self._tokens = torch.tensor(columns, device=model.device)
        self._pad_id = pad_id
        start = model.config.decoder_start_token_id
        self._start = pad_id if start is None else start

    @property
    def emojis(self) -> int:
        """Emoji of the vocabulary (count)."""
        return len(self._tokens) - 1

    def open(self, input_ids: Sequence[Sequence[int]]) -> TorchSession:
        """Run the encoder over a batch that is padded to its longest text."""
        width = max(map(len, input_ids))
        ids = np.full((len(input_ids), width), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(input_ids):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        device = self._tokens.device
        return TorchSession(
            self._model,
            self._tokens,
            self._start,
            torch.from_numpy(ids).to(device),
            torch.from_numpy(mask).to(device),
        )


class TorchSession:
    """See `network.Session`."""

    def __init__(
        self, model: PreTrainedModel, tokens: torch.Tensor, start: int, ids: torch.Tensor, mask: torch.Tensor
    ) -> None:
        self._model, self._tokens, self._start, self._mask = model, tokens, start, mask
        self._cache: Cache | None = None
        with torch.inference_mode():
            self._read = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state  # (N, L, D)

    def step(self, written: Columns | None) -> Logits:
        """Run the decoder over one token per row."""
        with torch.inference_mode():
            if written is None:
                last = self._tokens.new_full((len(self._read),), self._start)
            else:
                last = self._tokens[torch.from_numpy(written).to(self._tokens.device)]
            output = self._model(
                encoder_outputs=BaseModelOutput(last_hidden_state=self._read),
                attention_mask=self._mask,
                decoder_input_ids=last[:, None],
                past_key_values=self._cache,
                use_cache=True,
            )
            self._cache = output.past_key_values
            logits: Logits = output.logits[:, -1].float().cpu().numpy()  # (N, emoji + 1)
        return logits

    def keep(self, rows: Columns) -> None:
        """Reorder what was read and the cache."""
        with torch.inference_mode():
            index = torch.from_numpy(rows).to(self._tokens.device)
            self._read, self._mask = self._read[index], self._mask[index]
            if self._cache is not None:
                self._cache.reorder_cache(index)


def pruned(model: PreTrainedModel, columns: Sequence[int]) -> PreTrainedModel:
    """Return the model with a head of these rows alone; everything else is shared with it."""
    copied = copy.copy(model)
    copied._modules, copied._buffers = dict(model._modules), dict(model._buffers)
    head = model.get_output_embeddings()
    rows = torch.tensor(columns, device=head.weight.device)
    with torch.no_grad():
        small = torch.nn.Linear(head.weight.shape[1], len(rows), bias=head.bias is not None, device="meta")
        small.weight = torch.nn.Parameter(head.weight[rows], requires_grad=False)
        if head.bias is not None:
            small.bias = torch.nn.Parameter(head.bias[rows], requires_grad=False)
        bias = copied._buffers.get("final_logits_bias")  # BART and its kin add it to what the head gives (1, V)
        if bias is not None:
            copied._buffers["final_logits_bias"] = bias[:, rows]
    copied.set_output_embeddings(small)
    return copied
