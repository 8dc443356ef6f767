"""The tokenizer from nothing, and the emoji in it."""

from __future__ import annotations

import random

import pytest

from emojit.emoji import inventory
from emojit.errors import DatasetError, StudentError
from emojit.student.rows import encode_texts
from emojit.student.tokenizer import train_tokenizer
from emojit.student.vocabulary import emoji_vocabulary

EMOJIS = [entry.emoji for entry in inventory()]


@pytest.fixture(scope="module", params=["as made", "saved and reloaded"])
def tokenizer(request, new, model_folder):
    if request.param == "as made":
        return new.tokenizer
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_folder)


def test_every_inventory_emoji_is_one_token_that_decodes_to_itself(tokenizer):
    ids = tokenizer.convert_tokens_to_ids(EMOJIS)

    assert len(set(ids)) == 1906
    assert tokenizer.unk_token_id not in ids
    assert [tokenizer.decode([token]) for token in ids] == EMOJIS


def test_random_runs_of_emoji_are_read_as_their_tokens(tokenizer):
    draw = random.Random(0)
    for _ in range(300):
        run = draw.choices(EMOJIS, k=draw.randint(1, 8))

        ids = tokenizer("".join(run), add_special_tokens=False).input_ids

        assert [token for token in tokenizer.convert_ids_to_tokens(ids) if token != "▁"] == run


def test_a_reloaded_tokenizer_reads_text_in_the_same_way(new, model_folder, texts):
    from transformers import AutoTokenizer

    reloaded = AutoTokenizer.from_pretrained(model_folder)

    assert reloaded(texts).input_ids == new.tokenizer(texts).input_ids
    assert len(reloaded) == new.model.get_input_embeddings().weight.shape[0]


def test_no_spelling_of_an_emoji_becomes_unknown(new):
    spellings = ["👍🏽", "❤", "✌🏿", "🧑🏻‍❤️‍🧑🏿", "👨🏻‍🤝‍👨🏿", "☺"]  # fmt: skip

    encoded = encode_texts(new.tokenizer, [f"犬{spelling}猫" for spelling in spellings], max_tokens=128)

    emojis = [[token for token in ids if token in new.vocabulary.emoji_of] for ids in encoded.input_ids]
    assert ["".join(new.vocabulary.emoji_of[token] for token in row) for row in emojis] == [
        "👍",
        "❤️",
        "✌️",
        "💑",
        "👬",
        "☺️",
    ]
    assert not any(new.tokenizer.unk_token_id in ids for ids in encoded.input_ids)


def test_long_text_loses_its_end_but_not_the_end_token_and_is_counted(new):
    encoded = encode_texts(new.tokenizer, ["短い", "とても長い文です" * 20], max_tokens=10)

    assert [len(ids) for ids in encoded.input_ids] == [len(encoded.input_ids[0]), 10]
    assert {ids[-1] for ids in encoded.input_ids} == {new.tokenizer.eos_token_id}
    assert encoded.cut == 1


def test_a_label_is_the_ids_of_the_emoji_and_the_end(new):
    vocabulary = new.vocabulary

    label = vocabulary.encode(["🍙", "👨‍👩‍👧", "1️⃣"])

    assert label == [*new.tokenizer.convert_tokens_to_ids(["🍙", "👨‍👩‍👧", "1️⃣"]), new.tokenizer.eos_token_id]
    assert vocabulary.decode([vocabulary.pad_id, *label, vocabulary.id_of["🎉"]]) == ["🍙", "👨‍👩‍👧", "1️⃣"]


def test_decoding_takes_each_emoji_once_and_passes_over_other_tokens(new):
    ids = new.vocabulary.id_of

    assert new.vocabulary.decode([0, ids["🍙"], 7, ids["🍙"], ids["😋"], -100]) == ["🍙", "😋"]


def test_a_label_with_something_else_than_an_inventory_emoji_is_refused(new):
    with pytest.raises(StudentError, match="'👍🏽' is not one emoji of the inventory"):
        new.vocabulary.encode(["👍🏽"])


def test_a_tokenizer_without_the_emoji_is_refused(texts):
    plain = train_tokenizer(texts, 2000)

    with pytest.raises(StudentError, match=r"there: the vocabulary lacks 1906 of the 1906 inventory emoji, 😀 first"):
        emoji_vocabulary(plain, where="there")


def test_the_same_texts_give_the_same_pieces(texts):
    first, second = train_tokenizer(texts, 1500), train_tokenizer(texts, 1500)

    assert first.get_vocab() == second.get_vocab()


def test_a_small_corpus_gives_fewer_pieces_instead_of_an_error():
    tokenizer = train_tokenizer(["すもももももももものうち", "となりの客はよく柿食う客だ"], 4000)

    assert 10 < len(tokenizer) < 100


def test_emoji_in_the_texts_do_not_become_pieces():
    tokenizer = train_tokenizer(["すもも🍑ももも🍑もものうち"] * 3, 100)

    assert not any("🍑" in piece for piece in tokenizer.get_vocab())


def test_a_vocabulary_smaller_than_the_characters_is_an_error_with_a_hint(texts):
    with pytest.raises(StudentError, match="cannot train 200 pieces on 782 texts") as caught:
        train_tokenizer(texts, 200)

    assert "model.vocab_size" in (caught.value.hint or "")


def test_no_text_is_an_error():
    with pytest.raises(DatasetError, match="no text to train a tokenizer on"):
        train_tokenizer(["", "🎉"], 100)
