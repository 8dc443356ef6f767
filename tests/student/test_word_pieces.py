"""Tokenizers from nothing whose pieces are words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from emojit.emoji import inventory
from emojit.errors import ConfigError, DatasetError, StudentError
from emojit.lexicon.extra import has_words_extra
from emojit.recipe.model import ModelConfig
from emojit.student.model import new_student
from emojit.student.word_pieces import word_tokenizer

pytestmark = pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")

TEXTS = [
    "今日は東京タワーでりんごを食べた。",
    "りんごとみかんを食べたい！",
    "電車で東京に行った 🚃",
    "ＡＢＣ　を覚えた",
] * 2


@pytest.fixture(scope="module")
def tokenizer():
    return word_tokenizer(TEXTS, 1000)


def test_words_are_pieces_and_stay_whole_in_other_sentences(tokenizer):
    assert tokenizer.tokenize("電車でみかんを食べた") == ["▁", "電車", "で", "みかん", "を", "食べ", "た"]


def test_what_is_no_known_word_is_read_by_its_characters_and_not_lost(tokenizer):
    assert tokenizer.tokenize("車東") == ["▁", "車", "東"]
    assert tokenizer.unk_token_id in tokenizer("鯨").input_ids


def test_texts_are_read_as_sentencepiece_normalises_them(tokenizer):
    assert tokenizer.tokenize("ABC") == tokenizer.tokenize("ＡＢＣ") == ["▁", "ABC"]


def test_blanks_and_emoji_are_no_pieces(tokenizer):
    assert not any(piece.isspace() or "🚃" in piece for piece in tokenizer.get_vocab())
    assert tokenizer.tokenize("東京 電車") == ["▁", "東京", "▁", "電車"]


def test_the_saved_tokenizer_is_read_by_auto_tokenizer_and_answers_alike(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    read = AutoTokenizer.from_pretrained(tmp_path)

    for text in (*TEXTS, "知らない言葉ＸＹＺ"):
        assert read(text).input_ids == tokenizer(text).input_ids


def test_more_frequent_words_come_first_where_there_is_no_room_for_all():
    few = word_tokenizer(
        ["りんご"] * 5 + ["みかん"], 3 + 1 + 5 + 1
    )  # special tokens, the mark, five characters, one word

    assert "りんご" in few.get_vocab()
    assert "みかん" not in few.get_vocab()


@settings(max_examples=8, deadline=None)
@given(st.permutations(TEXTS))
def test_the_order_of_the_texts_does_not_matter(texts):
    one, other = word_tokenizer(TEXTS, 40), word_tokenizer(texts, 40)

    assert one.get_vocab() == other.get_vocab()
    assert one.backend_tokenizer.to_str() == other.backend_tokenizer.to_str()


def test_words_that_no_text_holds_fill_the_room_that_is_left_in_their_order():
    more = ["ズッキーニ", "エンタルピー", "りんご", "みかん", "鯨"]
    room = len(word_tokenizer(TEXTS, 1000)) + 1

    one, both = word_tokenizer(TEXTS, room, more=more), word_tokenizer(TEXTS, room + 1, more=more)

    assert len(one) == room
    assert "ズッキーニ" in one.get_vocab()
    assert "エンタルピー" not in one.get_vocab()
    assert both.tokenize("ズッキーニのエンタルピー")[-1] == "エンタルピー"
    assert (
        len(word_tokenizer(TEXTS, 10_000, more=more)) == room + 1
    )  # a word of the texts is no other word, and one character is none


def test_a_word_of_the_texts_is_preferred_to_others_and_those_to_characters():
    tokenizer = word_tokenizer(TEXTS, 1000, more=["たりんごとみ", "車東"])

    assert tokenizer.tokenize("食べたりんごとみかん") == ["▁", "食べ", "た", "りんご", "と", "みかん"]
    assert tokenizer.tokenize("車東") == ["▁", "車東"]


def test_other_words_are_normalised_and_neither_emoji_nor_blanks_nor_marks():
    tokenizer = word_tokenizer(
        TEXTS, 1000, more=["ＸＹＺ", "XYZ", "電車🚃", "🐶🐶", "a b", "▁a", "長い言葉は要らないので入らない"]
    )

    assert set(tokenizer.get_vocab()) - set(word_tokenizer(TEXTS, 1000).get_vocab()) == {"XYZ"}


def test_a_student_that_starts_from_vectors_has_their_words_as_pieces_as_far_as_there_is_room():
    config = ModelConfig(
        d_model=16, d_ff=16, num_layers=1, num_heads=2, pieces="words", piece_init="vectors", vocab_size=20_000
    )
    student = new_student(config, TEXTS)

    assert student.tokenizer.tokenize("紫陽花が満開だ") == ["▁", "紫陽花", "が", "満開", "だ"]
    assert len(student.tokenizer) == 20_000 + len(inventory())


def test_a_vocabulary_without_room_for_the_characters_is_an_error_with_a_hint():
    with pytest.raises(StudentError, match=r"a vocabulary of 7 pieces does not hold the \d+ characters") as caught:
        word_tokenizer(TEXTS, 10)

    assert "model.vocab_size" in (caught.value.hint or "")


def test_no_text_is_an_error():
    with pytest.raises(DatasetError, match="no text to train a tokenizer on"):
        word_tokenizer(["", "🎉"], 100)


def test_words_and_a_base_model_contradict_each_other():
    with pytest.raises(ConfigError, match=r"model\.pieces: words are for a tokenizer from nothing"):
        ModelConfig(base="sonoisa/t5-base-japanese", pieces="words")


def test_a_student_made_of_words_says_which_dictionary_cut_them():
    config = ModelConfig(vocab_size=8000, d_model=16, d_ff=16, num_layers=1, num_heads=2, pieces="words")
    student = new_student(config, TEXTS)

    assert student.words is not None
    assert student.words.startswith("SudachiDict (Apache-2.0) ")
    assert "みかん" in student.tokenizer.get_vocab()
