"""A model from nothing whose pieces start from word vectors."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from emojit.lexicon.extra import has_words_extra
from emojit.lexicon.vectors import WordVectors
from emojit.student.model import new_student
from emojit.student.rows import encode_texts
from emojit.student.word_vectors import LEVEL

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


# Pieces that are words, and the level that brings their rows to one length


def words(tiny, *, texts=TEXTS, width: int = 300, **options):
    torch.manual_seed(0)
    config = dataclasses.replace(
        tiny, pieces="words", piece_init="vectors", cross_attention_init="identity", vocab_size=20_000, d_model=width, d_ff=16, num_layers=1, **options,
    )  # fmt: skip
    return new_student(config, texts)


@pytest.fixture(scope="module")
def worded(tiny):
    return words(tiny)


def row(student, piece: str) -> torch.Tensor:
    token = student.tokenizer.convert_tokens_to_ids(piece)
    assert token != student.tokenizer.unk_token_id
    return student.model.get_input_embeddings().weight.detach()[token]


def level(student, piece: str) -> float:
    """Return which share of a row's length is the level."""
    start = row(student, piece)
    return float(start[LEVEL] / start.norm())


def meaning(student, one: str, other: str) -> float:
    """Return the cosine of two rows without the level."""
    rows = [row(student, piece).clone() for piece in (one, other)]
    for start in rows:
        start[LEVEL] = 0
    return float(torch.nn.functional.cosine_similarity(*rows, dim=0))


def test_a_word_that_no_text_holds_is_one_piece_and_has_its_own_vector(worded):
    assert worded.tokenizer.tokenize("紫陽花") == ["▁", "紫陽花"]
    assert meaning(worded, "紫陽花", "向日葵") > meaning(worded, "紫陽花", "裁判") + 0.3
    assert level(worded, "紫陽花") < 0.9


def test_an_inflected_form_has_the_vector_of_its_dictionary_form(worded):
    vectors = WordVectors()
    for form, dictionary in (("食べ", "食べる"), ("乗っ", "乗る")):
        assert vectors.find(form) is None
        assert meaning(worded, form, dictionary) > 0.99


def test_words_that_say_nothing_have_no_direction_and_frequent_ones_less_of_it_than_rare_ones(worded):
    for piece in ("が", "を", "た", "▁"):
        assert level(worded, piece) > 0.999
    assert level(worded, "紫陽花") < level(worded, "電車") < level(worded, "犬")


@pytest.mark.parametrize("width", [64, 300, 400])
def test_all_rows_of_pieces_have_one_length(tiny, worded, width):
    student = worded if width == 300 else words(tiny, width=width)
    table = student.model.get_input_embeddings().weight.detach()
    special = {student.tokenizer.pad_token_id, student.tokenizer.eos_token_id, *student.vocabulary.emoji_of}
    pieces = [token for token in range(len(table)) if token not in special]

    lengths = table[pieces].norm(dim=1)

    assert torch.allclose(lengths, torch.full_like(lengths, width**0.5), rtol=0.02)
    assert (table[pieces, LEVEL] > -0.1).all()


@pytest.mark.parametrize("start", ["names", "random"])
def test_no_emoji_has_a_level_so_that_it_moves_no_inner_product(tiny, worded, start):
    student = worded if start == "names" else words(tiny, emoji_init="random")
    table = student.model.get_input_embeddings().weight.detach().clone()
    emoji = table[list(student.vocabulary.emoji_of)]

    assert not emoji[:, LEVEL].any()
    assert emoji.norm(dim=1).std() < 1e-3
    pieces = table[:1000].clone()
    pieces[:, LEVEL] = 0
    assert torch.equal(table[:1000] @ emoji.T, pieces @ emoji.T)


def test_an_untrained_student_answers_each_text_with_what_it_is_about(worded):
    texts = ["電車に乗った", "犬がいる", "雪が降るので寒い", "紫陽花がきれいだ"]
    wanted = [
        {"🚃", "🚋", "🚆", "🚞", "🚝", "🚈"},
        {"🐶", "🐕", "🐩", "🦮", "🐕‍🦺"},
        {"❄️", "⛄", "☃️", "🌨️", "🏂"},
        set("🌸🌺🌼🌻🌷💐🌹🪻"),
    ]
    tokenizer, ids = worded.tokenizer, sorted(worded.vocabulary.emoji_of)
    batch = tokenizer.pad({"input_ids": encode_texts(tokenizer, texts, max_tokens=40).input_ids}, return_tensors="pt")
    begin = torch.full((len(texts), 1), worded.model.config.decoder_start_token_id)
    with torch.no_grad():
        logits = worded.model.eval()(**batch, decoder_input_ids=begin).logits[:, 0, ids]  # (B, E)

    found = [{worded.vocabulary.emoji_of[ids[place]] for place in best} for best in logits.topk(10).indices.tolist()]
    assert sum(bool(some & good) for some, good in zip(found, wanted, strict=True)) >= 3


def test_the_order_of_the_texts_changes_no_row(tiny, worded):
    again = words(tiny, texts=TEXTS[::-1])

    assert torch.equal(again.model.get_input_embeddings().weight, worded.model.get_input_embeddings().weight)
