"""A CTranslate2 model of a student, by that library's own loaders for transformers, with the decoder's vocabulary cut to what an answer may hold.

The loaders turn layers into CTranslate2's; what they do with tokenizers is left out: tokens are called by their ids, columns by their numbers. Imported only
by functions, for it needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  (see the docstring above)

from emojit.errors import StudentError
from emojit.student.export.ctranslate2_network import END, START, column_name, token_name

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LOADERS = {"t5": "T5Config", "mt5": "MT5Config", "umt5": "UMT5Config"}
"""Architectures whose loader was held against the original, and its name in the library. BART's copies its embeddings before they can be cut."""


def write_model(model: PreTrainedModel, columns: Sequence[int], start: int, folder: Path, *, int8: bool) -> None:
    """Write `model.bin` and what belongs to it.

    Args:
        model: on the CPU, in float32.
        columns: token ids of the emoji in the order of the vocabulary, and the end token.
        start: the token that an answer starts from.
        folder: an empty folder.
        int8: whether the matrices become int8.

    Raises:
        StudentError: an architecture that is not converted.
    """
    from ctranslate2.converters import transformers as library
    from ctranslate2.specs.model_spec import OPTIONAL

    name = _LOADERS.get(model.config.model_type)
    if name is None:
        raise StudentError(
            f"{model.config.model_type} is not exported to ctranslate2, only {', '.join(_LOADERS)}",
            hint="export it with --to onnx",
        )
    rows = torch.tensor([*columns, start])
    with torch.no_grad():
        model = copy.deepcopy(model)  # CTranslate2 4.8 makes int8 of the very arrays that it is given
        if not model.get_encoder().block:
            _add_idle_layer(model)
        spec: Any = library._MODEL_LOADERS[name].get_model_spec(model)
        spec.decoder.embeddings.weight = model.get_decoder().get_input_embeddings().weight[rows]
        spec.decoder.projection.weight = model.get_output_embeddings().weight[rows]
    # CTranslate2 4.8 scales where embeddings are tied; transformers 5 does where the configuration says so.
    scaled = getattr(model.config, "scale_decoder_outputs", False)
    spec.decoder.scale_outputs = model.config.d_model**-0.5 if scaled else OPTIONAL
    size = model.get_input_embeddings().weight.shape[0]
    spec.register_source_vocabulary([token_name(token) for token in range(size)])
    spec.register_target_vocabulary([*(column_name(column) for column in range(len(columns) - 1)), END, START])
    spec.config.bos_token = spec.config.decoder_start_token = START
    spec.config.eos_token = END
    spec.config.unk_token = token_name(start)
    spec.config.layer_norm_epsilon = model.config.layer_norm_epsilon
    spec.validate()
    spec.optimize(quantization="int8" if int8 else None)
    spec.save(str(folder))


_IDLE_WIDTH = 1
"""Width of the idle layer's heads and of its feed-forward part."""


def _add_idle_layer(model: PreTrainedModel) -> None:
    """Give an encoder without layers one that adds nothing to what it reads, in place: CTranslate2 4.8 looks into the first layer of every encoder."""
    encoder = model.get_encoder()
    config = copy.deepcopy(encoder.config)
    config.d_kv = config.d_ff = _IDLE_WIDTH
    block = type(model.get_decoder().block[0])(config, has_relative_attention_bias=True, layer_idx=0)
    for name, weight in block.named_parameters():
        weight.fill_(1.0 if name.endswith("layer_norm.weight") else 0.0)
    encoder.block.append(block)
    model.config.num_layers = 1
