"""Words and their vectors."""

from __future__ import annotations

import numpy as np
import pytest

from emojit.lexicon.vectors import WIDTH, WordVectors, source
from emojit.lexicon.words import WordReader


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    return WordVectors()


@pytest.fixture(scope="module")
def reader() -> WordReader:
    return WordReader()


def test_content_words_come_in_one_spelling(reader: WordReader) -> None:
    words = reader.words("1977年の国連の会議で決めたのにマジか😊")
    assert [word.normalized for word in words] == ["年", "国連", "会議", "決める", "まじ"]


@pytest.mark.parametrize("text", ["", "   ", "、。！", "😊", "\n", "\x00"])
def test_a_text_without_words_has_none(reader: WordReader, text: str) -> None:
    assert reader.words(text) == []


def test_a_text_longer_than_the_library_takes_is_cut(reader: WordReader) -> None:
    assert len(reader.words("犬が走る。" * 10_000)) > 1000


def test_words_of_like_meaning_have_like_vectors(vectors: WordVectors) -> None:
    dog, cat, tax = (vectors.find(word) for word in ("犬", "猫", "税金"))
    assert dog is not None
    assert cat is not None
    assert tax is not None
    assert np.linalg.norm(dog) == pytest.approx(1, abs=1e-5)
    assert dog @ cat > 2 * abs(dog @ tax)


def test_an_unknown_spelling_has_no_vector(vectors: WordVectors) -> None:
    assert vectors.find("ﾇﾙﾎﾟﾎﾟﾎﾟﾜ") is None
    assert vectors.of_letters("") is None


def test_the_mean_has_length_one_or_is_zero(vectors: WordVectors, reader: WordReader) -> None:
    words = reader.words("犬と猫が公園で遊ぶ")
    assert np.linalg.norm(vectors.mean(words, [1.0] * len(words))) == pytest.approx(1, abs=1e-5)
    assert not vectors.mean([], []).any()
    assert vectors.mean([], []).shape == (WIDTH,)


def test_the_source_is_named_with_its_version() -> None:
    assert source().startswith("chiVe (Apache-2.0), in ja-ginza 5")
