"""The pruned output head gives the losses and gradients of the whole one, in every kind of model that the student may be."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    ProphetNetConfig,
    ProphetNetForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from emojit.recipe import LossConfig
from emojit.student.losses import IGNORED, make_loss, text_loss
from emojit.student.vocabulary import EmojiVocabulary

SIZE = 64
EMOJI = range(40, 60)
VOCABULARY = EmojiVocabulary(
    id_of={str(token): token for token in EMOJI},
    emoji_of={token: str(token) for token in EMOJI},
    eos_id=1,
    pad_id=0,
)
LABELS = torch.tensor([[41, 55, 50, 1], [40, 1, IGNORED, IGNORED], [58, 47, 1, IGNORED]])
TEXT = torch.tensor([[7, 2, 63, 1], [5, 1, IGNORED, IGNORED], [30, 4, 1, IGNORED]])

T5 = {
    "vocab_size": SIZE, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2, "dropout_rate": 0.0,
    "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
}  # fmt: skip
BART = {
    "vocab_size": SIZE, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "dropout": 0.0, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 1,
    "decoder_start_token_id": 1, "forced_eos_token_id": 1,
}  # fmt: skip


def with_bias(model):
    """A BART whose bias on the logits is not zero, as in the published ones that have one."""
    model.final_logits_bias.copy_(torch.randn(1, SIZE))
    return model


MODELS = {
    "T5, tied and scaled": lambda: T5ForConditionalGeneration(T5Config(**T5)),
    "T5 1.1, untied and gated": lambda: T5ForConditionalGeneration(
        T5Config(**T5, tie_word_embeddings=False, feed_forward_proj="gated-gelu")
    ),
    "mT5": lambda: MT5ForConditionalGeneration(MT5Config(**T5)),
    "ByT5, three encoder layers": lambda: T5ForConditionalGeneration(
        T5Config(**{**T5, "num_layers": 3, "tie_word_embeddings": False}, num_decoder_layers=1)
    ),
    "T5, no encoder layers": lambda: T5ForConditionalGeneration(
        T5Config(**{**T5, "num_layers": 0}, num_decoder_layers=2)
    ),
    "BART": lambda: with_bias(BartForConditionalGeneration(BartConfig(**BART))),
    "mBART": lambda: with_bias(MBartForConditionalGeneration(MBartConfig(**BART))),
}


def build(name):
    torch.manual_seed(0)
    return MODELS[name]()


def inputs_of(model, labels):
    tokens = torch.randint(5, 40, (3, 6), generator=torch.Generator().manual_seed(1))
    return {
        "input_ids": tokens,
        "attention_mask": torch.ones_like(tokens),
        "decoder_input_ids": model.prepare_decoder_input_ids_from_labels(labels=labels),
    }


def loss_and_gradients(model, loss, labels, *, pruned):
    model.zero_grad()
    inputs = inputs_of(model, labels)
    if pruned:
        with loss.answering(model, {"labels": labels}):
            outputs = model(**inputs)
            value = loss(outputs, labels, 9)
    else:
        outputs = model(**inputs)
        value = loss(outputs, labels, 9)
    value.backward()
    return outputs.logits.shape, value.item(), {name: p.grad for name, p in model.named_parameters()}


def same(one, other):
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        assert (gradient is None) == (other[name] is None), name
        assert gradient is None or torch.allclose(gradient, other[name], rtol=1e-4, atol=1e-7), name


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("loss", ["cross_entropy", "set"])
def test_the_pruned_head_gives_the_loss_and_the_gradients_of_the_whole_one(name, loss):
    model = build(name)
    made = make_loss(LossConfig(name=loss), VOCABULARY, SIZE, [], label_smoothing=0.1)

    whole_shape, whole, whole_gradients = loss_and_gradients(model, made, LABELS, pruned=False)
    shape, value, gradients = loss_and_gradients(model, made, LABELS, pruned=True)

    assert (whole_shape, shape) == ((3, 4, SIZE), (9, 21))
    assert value == pytest.approx(whole, rel=1e-5)
    same(gradients, whole_gradients)


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_of_a_text_leaves_out_the_padding_only(name):
    model = build(name)
    made = text_loss(VOCABULARY, SIZE)

    _, whole, whole_gradients = loss_and_gradients(model, made, TEXT, pruned=False)
    shape, value, gradients = loss_and_gradients(model, made, TEXT, pruned=True)

    assert shape == (9, SIZE)
    assert value == pytest.approx(whole, rel=1e-5)
    same(gradients, whole_gradients)


@pytest.mark.parametrize("name", MODELS)
def test_afterwards_the_model_is_as_it_was(name):
    model = build(name)
    made = make_loss(LossConfig(), VOCABULARY, SIZE, [])
    before, state = model(**inputs_of(model, LABELS)).logits, copy.deepcopy(model.state_dict())

    with pytest.raises(KeyboardInterrupt), made.answering(model, {"labels": LABELS}):
        raise KeyboardInterrupt

    assert torch.equal(model(**inputs_of(model, LABELS)).logits, before)
    after = model.state_dict()
    assert all(torch.equal(after[key], value) for key, value in state.items())
    assert after.keys() == state.keys()


def test_a_model_of_another_kind_keeps_its_whole_head():
    torch.manual_seed(0)
    config = ProphetNetConfig(
        vocab_size=SIZE, hidden_size=16, num_encoder_layers=1, num_decoder_layers=1, num_encoder_attention_heads=2,
        num_decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, dropout=0.0, attention_dropout=0.0,
        activation_dropout=0.0, pad_token_id=0, bos_token_id=2, eos_token_id=1, decoder_start_token_id=0, ngram=2,
    )  # fmt: skip
    model = ProphetNetForConditionalGeneration(config)
    made = make_loss(LossConfig(), VOCABULARY, SIZE, [])

    shape, value, _ = loss_and_gradients(model, made, LABELS, pruned=True)

    assert shape == (3, 4, SIZE)
    assert value == pytest.approx(loss_and_gradients(model, made, LABELS, pruned=False)[1])


def test_bfloat16_of_the_forward_pass_ends_in_a_loss_in_float32():
    model = build("T5, tied and scaled")
    made = make_loss(LossConfig(name="set"), VOCABULARY, SIZE, [])

    with torch.autocast("cpu", dtype=torch.bfloat16), made.answering(model, {"labels": LABELS}):
        outputs = model(**inputs_of(model, LABELS))
        value = made(outputs, LABELS)

    assert outputs.logits.dtype == torch.bfloat16
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(loss_and_gradients(model, made, LABELS, pruned=True)[1], rel=0.02)
