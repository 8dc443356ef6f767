"""The two graphs of an ONNX export, traced from a transformers encoder-decoder by torch's own exporter; see `onnx_network` for what they take and give.

Any model of `AutoModelForSeq2SeqLM` whose decoder keeps its keys and values in an `EncoderDecoderCache` is traced; of a T5 it is a leaner copy, see `t5_lean`.
Imported only by functions, for it needs torch.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch  # noqa: TID253  (see the docstring above)
from transformers.cache_utils import DynamicCache, EncoderDecoderCache  # noqa: TID253
from transformers.modeling_outputs import BaseModelOutput  # noqa: TID253

from emojit.student.decoding.torch_network import pruned
from emojit.student.export import t5_lean
from emojit.student.export.onnx_network import (
    CROSS,
    DECODER,
    ENCODER,
    IDS,
    LOGITS,
    MASK,
    PAST,
    PRESENT,
    WRITTEN,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LARGE = 1_500_000_000
"""Weights that no longer fit beside a graph in one protobuf of 2 GB (bytes): they go into a file `.data` of their own."""


class _Encoder(torch.nn.Module):  # type: ignore[misc]
    """Token ids and mask (N, L) to the keys and values of each layer's cross attention (N, 2 × layers, heads, L, width)."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        read = self.model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        # One step of the decoder fills the cache of the cross attention, which follows from `read` alone: the exporter drops all else of the step.
        self.model.get_decoder()(
            input_ids=ids[:, :1],
            encoder_hidden_states=read,
            encoder_attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
        )
        return _stacked(cache.cross_attention_cache)


class _LeanEncoder(torch.nn.Module):  # type: ignore[misc]
    """Token ids and mask (N, L) to the text as a lean T5's decoder takes it (N, L, D)."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = model.get_encoder()

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        read: torch.Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return read


class _Decoder(torch.nn.Module):  # type: ignore[misc]
    """One step; its embedding holds the rows of the columns, the end, and the start alone."""

    def __init__(self, model: PreTrainedModel, tokens: Sequence[int], *, lean: bool) -> None:
        super().__init__()
        self.model, self.lean = model, lean
        rows = model.get_decoder().get_input_embeddings()(torch.tensor(tokens))  # BART scales here, too
        self.rows = torch.nn.Embedding.from_pretrained(rows.detach().clone())
        self.width = model.config.hidden_size

    def forward(
        self, written: torch.Tensor, mask: torch.Tensor, cross: torch.Tensor, past: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        own, read = DynamicCache(), DynamicCache()
        layers = range(past.shape[1] // 2)
        for layer in layers:
            own.update(past[:, 2 * layer], past[:, 2 * layer + 1], layer)
        cache = EncoderDecoderCache(own, read)
        text = cross
        if not self.lean:
            for layer in layers:
                read.update(cross[:, 2 * layer], cross[:, 2 * layer + 1], layer)
                cache.is_updated[layer] = True
            # Only the shape of the encoder's output is looked at once the cache of the cross attention is filled.
            text = cross.new_zeros(1, 1, 1).expand(cross.shape[0], cross.shape[3], self.width)
        output = self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=text),
            attention_mask=mask,
            decoder_inputs_embeds=self.rows(written),
            past_key_values=cache,
            use_cache=True,
        )
        return output.logits[:, -1], _stacked(cache.self_attention_cache)


def _stacked(cache: DynamicCache) -> torch.Tensor:
    return torch.stack([part for layer in cache.layers for part in (layer.keys, layer.values)], dim=1)


def _past(model: PreTrainedModel) -> torch.Tensor:
    """Return keys and values of two steps for three rows (3, 2 × layers, heads, 2, width), as tracing wants them."""
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    start = torch.zeros(3, 2, dtype=torch.long)
    read = torch.zeros(3, 1, model.config.hidden_size)
    model.get_decoder()(input_ids=start, encoder_hidden_states=read, past_key_values=cache, use_cache=True)
    return _stacked(cache.self_attention_cache)


def write_graphs(model: PreTrainedModel, columns: Sequence[int], start: int, folder: Path) -> None:
    """Trace a model into `encoder.onnx` and `decoder.onnx`, in float32.

    Args:
        model: on the CPU, in float32.
        columns: token ids of the emoji in the order of the vocabulary, and the end token.
        start: the token that an answer starts from.
        folder: where they go; it exists.
    """
    small = pruned(model.eval(), columns)
    lean = model.config.model_type in t5_lean.TYPES
    if lean:
        small = t5_lean.lean(small)
    encoder = (_LeanEncoder if lean else _Encoder)(small).eval()
    decoder = _Decoder(small, [*columns, start], lean=lean).eval()
    ids = torch.full((3, 7), columns[-1])  # no dimension of 1, which would be taken for a constant
    mask = torch.ones_like(ids)
    free = torch.export.Dim.DYNAMIC
    with torch.no_grad(), _quiet():
        cross = encoder(ids, mask)
        past = _past(model)
        written = torch.zeros(3, 1, dtype=torch.long)
        torch.onnx.export(
            encoder,
            (ids, mask),
            str(folder / ENCODER),
            dynamo=True,
            verbose=False,
            input_names=[IDS, MASK],
            output_names=[CROSS],
            dynamic_shapes=({0: free, 1: free}, {0: free, 1: free}),
            external_data=_large(encoder),
        )
        torch.onnx.export(
            decoder,
            (written, mask, cross, past),
            str(folder / DECODER),
            dynamo=True,
            verbose=False,
            input_names=[WRITTEN, MASK, CROSS, PAST],
            output_names=[LOGITS, PRESENT],
            dynamic_shapes=({0: free}, {0: free, 1: free}, {0: free, 1 if lean else 3: free}, {0: free, 3: free}),
            external_data=_large(decoder),
        )


def _large(module: torch.nn.Module) -> bool:
    size: int = sum(one.numel() * one.element_size() for one in module.parameters())
    return size > _LARGE


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep apart what torch 2.13's exporter says of itself: of torchvision, which is not needed, and of names that torch itself gives up."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
