"""The lean T5 that is traced, against transformers' own."""

from __future__ import annotations

import pytest
import torch
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

from emojit.student.export.t5_lean import TYPES, lean

SIZE = {"vocab_size": 60, "d_model": 24, "d_kv": 8, "d_ff": 20, "num_layers": 2, "num_heads": 3}
"""Heads together as wide as the model; the second case has them wider."""


def model(kind: str):
    torch.manual_seed(0)
    made = {
        "t5": lambda: T5ForConditionalGeneration(T5Config(**SIZE, decoder_start_token_id=0)),
        "t5 1.1": lambda: T5ForConditionalGeneration(
            T5Config(
                **{**SIZE, "d_kv": 16},
                feed_forward_proj="gated-gelu",
                tie_word_embeddings=False,
                decoder_start_token_id=0,
            )
        ),
        "t5 without encoder layers": lambda: T5ForConditionalGeneration(
            T5Config(**{**SIZE, "num_layers": 0}, num_decoder_layers=2, decoder_start_token_id=0)
        ),
        "mt5": lambda: MT5ForConditionalGeneration(MT5Config(**SIZE, decoder_start_token_id=0)),
    }[kind]().eval()
    assert made.config.model_type in TYPES
    return made


@pytest.mark.parametrize("kind", ["t5", "t5 1.1", "t5 without encoder layers", "mt5"])
def test_a_lean_t5_gives_the_logits_of_the_original_and_leaves_it_alone(kind):
    original = model(kind)
    before = {name: weight.clone() for name, weight in original.state_dict().items()}
    copied = lean(original)
    ids = torch.tensor([[5, 6, 7, 8, 1], [9, 10, 1, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    texts = {
        one: one.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state for one in (original, copied)
    }
    torch.testing.assert_close(texts[copied] * mask[:, :, None], texts[original] * mask[:, :, None])
    caches = {original: None, copied: None}
    for token in (0, 12, 13):
        outputs = {
            one: one(
                encoder_outputs=BaseModelOutput(last_hidden_state=texts[one]),
                attention_mask=mask,
                decoder_input_ids=torch.full((2, 1), token),
                past_key_values=caches[one],
                use_cache=True,
            )
            for one in (original, copied)
        }
        torch.testing.assert_close(outputs[copied].logits, outputs[original].logits)
        caches = {one: output.past_key_values for one, output in outputs.items()}
    after = original.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
