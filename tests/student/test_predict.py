"""A student that is loaded and asked."""

from __future__ import annotations

import json
import shutil

import pytest

from emojit.emoji import INVENTORY
from emojit.errors import MissingExtraError, StudentError
from emojit.student import load_student

TEXTS = ["電車が遅れて会議に間に合わなかったので駅から走った", "", "雨", "おにぎりがおいしい", "雨"]


@pytest.fixture(scope="module")
def student(model_folder):
    return load_student(model_folder)


def test_answers_come_in_the_order_of_the_texts_whatever_the_batches(student):
    one_by_one = [student.predict([text])[0] for text in TEXTS]

    assert student.predict(TEXTS, batch_size=2) == one_by_one
    assert student.predict(TEXTS, batch_size=64) == one_by_one


def test_a_text_without_words_is_answered_like_any_other(student):
    answers = student.predict(["", "  ", "\n"])

    assert all(1 <= len(answer) <= 5 and set(answer) <= set(INVENTORY) for answer in answers)


def test_no_texts_give_no_answers(student):
    assert student.predict([]) == []


def test_long_texts_are_counted(student, caplog):
    answers = student.answer(["短い", "とても長い文です" * 300])

    assert answers.cut == 1
    assert len(answers.emojis) == 2


def test_a_run_folder_stands_for_its_model(model_folder, tmp_path, student):
    shutil.copytree(model_folder, tmp_path / "run" / "model")

    assert load_student(tmp_path / "run").predict(TEXTS) == student.predict(TEXTS)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(StudentError, match="no such folder, and no repository name"):
        load_student(tmp_path / "nothing")


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(StudentError, match=r"no config\.json, so this is no model"):
        load_student(tmp_path)


def test_a_folder_without_a_tokenizer_is_an_error(model_folder, tmp_path):
    for name in ("config.json", "model.safetensors", "generation_config.json", "tokenizer_config.json"):
        shutil.copy(model_folder / name, tmp_path)

    with pytest.raises(StudentError, match=r"no tokenizer \(none of tokenizer\.json, spiece\.model") as caught:
        load_student(tmp_path)

    assert "emojit train" in (caught.value.hint or "")


def test_a_model_that_only_decodes_is_an_error(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "m")
    (tmp_path / "m" / "config.json").write_text(json.dumps({"model_type": "gpt2"}), encoding="utf-8")

    with pytest.raises(StudentError, match="gpt2 is no encoder-decoder"):
        load_student(tmp_path / "m")


def test_damaged_weights_are_an_error(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").write_bytes(b"\0" * 100)

    with pytest.raises(StudentError, match="cannot be loaded"):
        load_student(tmp_path / "m")


def test_a_t5_without_the_emoji_is_an_error(model_folder, tmp_path, texts):
    from emojit.student.tokenizer import train_tokenizer

    shutil.copytree(model_folder, tmp_path / "m")
    train_tokenizer(texts, 2000).save_pretrained(tmp_path / "m")

    with pytest.raises(StudentError, match="lacks 1906 of the 1906 inventory emoji"):
        load_student(tmp_path / "m")


def test_a_folder_has_no_revision(model_folder):
    with pytest.raises(StudentError, match="a folder has no revision 'v1'"):
        load_student(model_folder, revision="v1")


def test_a_missing_extra_is_one_line_with_the_command(model_folder, monkeypatch):
    monkeypatch.setattr("emojit.student.extra._NEEDED", ("torch", "not_installed_package"))

    with pytest.raises(MissingExtraError, match="not installed: not_installed_package") as caught:
        load_student(model_folder)

    assert caught.value.hint == "pip install 'emojit[train]'"
