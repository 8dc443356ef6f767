"""A model from nothing whose pieces start from word vectors."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from emojit.lexicon.extra import has_words_extra
from emojit.student.model import new_student

pytestmark = pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")

TEXTS = ["犬と猫がいる", "電車に乗った", "りんごとみかんを食べた", "雨が降る", "雪が降る", "犬を見た", "猫を見た"] * 3


def make(tiny, *, width: int = 300):
    torch.manual_seed(0)
    config = dataclasses.replace(tiny, piece_init="vectors", cross_attention_init="identity", d_model=width, d_ff=16)
    return new_student(config, TEXTS)


@pytest.fixture(scope="module")
def student(tiny):
    return make(tiny)


def cosine(student, one: str, other: str) -> float:
    table = student.model.get_input_embeddings().weight.detach()
    ids = student.tokenizer.convert_tokens_to_ids([one, other])
    assert student.tokenizer.unk_token_id not in ids
    return float(torch.nn.functional.cosine_similarity(table[ids[0]], table[ids[1]], dim=0))


def test_words_that_mean_the_like_start_near_each_other_and_near_their_emoji(student):
    assert cosine(student, "犬", "猫") > cosine(student, "犬", "雨") + 0.1
    assert cosine(student, "犬", "🐶") > cosine(student, "犬", "🚃") + 0.1


def test_the_rows_of_emoji_are_centred_and_of_one_length(student):
    table = student.model.get_input_embeddings().weight.detach()
    emoji = table[list(student.vocabulary.emoji_of)]

    assert emoji.norm(dim=1).std() < 1e-3
    assert emoji.mean(dim=0).norm() < 0.2 * emoji.norm(dim=1).mean()
    assert not table[[student.vocabulary.pad_id, student.vocabulary.eos_id]].any()


def test_it_says_where_the_vectors_are_from(student):
    assert student.vectors is not None
    assert student.vectors.startswith("chiVe (Apache-2.0)")


@pytest.mark.parametrize("width", [64, 512])
def test_another_width_keeps_what_is_near_what(tiny, width):
    student = make(tiny, width=width)

    assert cosine(student, "犬", "猫") > cosine(student, "犬", "雨")
    assert cosine(student, "犬", "🐶") > cosine(student, "犬", "🚃")


def test_the_same_seed_gives_the_same_rows(tiny, student):
    again = make(tiny)

    assert torch.equal(again.model.get_input_embeddings().weight, student.model.get_input_embeddings().weight)
