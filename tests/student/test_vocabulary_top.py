"""A student that can write the most frequent emoji only."""

from __future__ import annotations

import pytest

from emojit.dataset.parquet import read_rows
from emojit.errors import ConfigError, StudentError
from emojit.recipe import ModelConfig
from emojit.student import load_student, read_run, train
from emojit.student.library import library_quiet
from emojit.student.model import new_student
from emojit.student.vocabulary import most_frequent


def test_the_most_frequent_emoji_are_taken_those_of_inventory_order_first():
    answers = [["🎉", "😊"], ["🎉"], ["🐶", "😊"], ["🍙"], ["🐶"]]

    assert most_frequent(answers, 2) == ["😊", "🐶"]  # 🎉 is as frequent and comes later
    assert set(most_frequent(answers, 3)) == {"😊", "🐶", "🎉"}
    assert len(most_frequent(answers, 100)) == 4
    assert len(most_frequent(answers, 0)) == 1906


@pytest.fixture(scope="module")
def run(build, tmp_path_factory):
    from emojit.recipe import DataConfig, DecodingConfig, TrainConfig, TrainRecipe

    recipe = TrainRecipe(
        name="top",
        data=DataConfig(),
        model=ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2, emojis=12),
        train=TrainConfig(epochs=1, batch_size=8, early_stopping=0),
        decoding=DecodingConfig(batch_size=4),
    )
    return train(recipe, dataset=build, out=tmp_path_factory.mktemp("top") / "run", quiet=True)


def test_it_writes_these_alone_and_says_so(run, rows):
    frequent = set(most_frequent([row["emojis"] for row in rows["train"]], 12))
    record = read_run(run.folder)
    student = load_student(run.folder)

    assert record.model.emojis == 12
    assert record.data.unanswerable == sum(not frequent & {*row["emojis"]} for row in rows["train"])
    assert set(student.vocabulary.id_of) == frequent
    assert len(student.tokenizer) == student.model.get_input_embeddings().weight.shape[0]
    answers = student.predict([row["sns_text"] for row in rows["test"]])
    assert all(1 <= len(answer) <= 5 and set(answer) <= frequent for answer in answers)
    allowed = set(range(len(student.tokenizer))) - set(student.model.generation_config.suppress_tokens)
    assert allowed == set(student.vocabulary.allowed_ids)


def test_it_is_measured_on_everything_that_the_teacher_answered(run, rows):
    predictions = [row for row in read_rows(run.folder / "predictions.parquet") if row["split"] == "validation"]

    assert [row["emojis"] for row in predictions] == [row["emojis"] for row in rows["validation"]]
    shares = [
        len({*row["student"]} & {*row["emojis"]}) / len({*row["student"]} | {*row["emojis"]}) for row in predictions
    ]
    assert run.record.validation["jaccard"] == pytest.approx(sum(shares) / len(shares))
    log = (run.folder / "train_log.csv").read_text(encoding="utf-8").splitlines()
    measured = dict(zip(log[0].split(","), log[-1].split(","), strict=True))
    assert float(measured["eval_jaccard"]) == pytest.approx(run.record.validation["jaccard"])
    assert float(measured["eval_distinct"]) == len({emoji for row in predictions for emoji in row["student"]})
    assert 0 <= float(measured["eval_outside_top"]) <= 1


def test_a_whole_student_can_go_on_with_fewer_emoji(model_folder):
    with library_quiet():
        student = new_student(ModelConfig(base=str(model_folder), emojis=2), [], answers=[["🎉"], ["🐶"], ["🎉"]])

    assert set(student.vocabulary.id_of) == {"🎉", "🐶"}
    assert student.new_emoji == 0


def test_an_emoji_it_cannot_write_is_left_out_of_a_label_and_no_emoji_at_all_is_refused(new):
    few = new.vocabulary.only(["🎉"])

    assert few.encode(["🎉", "🐶"]) == [few.id_of["🎉"], few.eos_id]
    assert few.encode(["🐶"]) == [few.eos_id]
    with pytest.raises(StudentError, match="'犬' is not one emoji"):
        few.encode(["犬"])


def test_fewer_than_none_is_refused():
    with pytest.raises(ConfigError, match=r"model\.emojis must be >= 0"):
        ModelConfig(emojis=-1)
