"""The losses in the real Trainer: accumulation, orders of the answers, resuming, votes."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter

import pytest
import torch
from transformers import TrainerCallback

from emojit.recipe import DataConfig, DecodingConfig, LossConfig
from emojit.student.changing_rows import ShuffledAnswers
from emojit.student.collator import AnswerCollator
from emojit.student.losses import IGNORED
from emojit.student.rows import training_rows

LOSSES = {
    "cross_entropy": LossConfig(),
    "focal": LossConfig(name="focal"),
    "class_weighted": LossConfig(name="class_weighted"),
    "dice": LossConfig(name="dice"),
    "majority_or_minority": LossConfig(name="majority_or_minority"),
    "set": LossConfig(name="set"),
    "set with votes": LossConfig(name="set", soft_votes=True),
    "cross_entropy with votes": LossConfig(soft_votes=True),
}


class Gradients(TrainerCallback):
    """Keeps the gradients of the first update."""

    def __init__(self):
        self.found = {}

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
        if not self.found:
            self.found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def student_of(new):
    """The session's tiny student with weights of its own and without dropout."""
    from emojit.student.decoding import generation_config

    student = dataclasses.replace(new, model=copy.deepcopy(new.model))
    for module in student.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):  # of attention
            module.dropout = 0.0
    student.model.generation_config = generation_config(
        new.vocabulary, vocabulary_size=len(new.tokenizer), decoding=DecodingConfig()
    )
    return student


def features(new, rows, loss):
    voted = [{**row, "votes": [row["emojis"], row["emojis"][:1], ["🎉"]]} for row in rows]
    return training_rows(
        new.tokenizer, new.vocabulary, voted, DataConfig(), augment=False, soft_votes=loss.soft_votes
    ).features


def trainer_of(student, recipe, train, folder, **settings):
    from emojit.student.trainer import make_trainer

    callbacks = settings.pop("callbacks", ())
    loss = settings.pop("loss", LossConfig())
    recipe = dataclasses.replace(recipe, loss=loss, train=dataclasses.replace(recipe.train, **settings))
    return make_trainer(
        student,
        recipe,
        train=train,
        validation=train[:2],
        checkpoints=folder / "checkpoints",
        reports=folder / "reports",
        callbacks=callbacks,
        quiet=True,
    )


@pytest.mark.parametrize("name", LOSSES)
def test_eight_rows_at_once_are_twice_four_rows(new, rows, recipe, tmp_path, name):
    loss = LOSSES[name]
    train = features(new, rows["train"][:8], loss)
    assert len({len(row["labels"]) for row in train}) > 1
    found = []
    for batch_size, accumulation in ((8, 1), (4, 2)):
        gradients = Gradients()
        trainer = trainer_of(
            student_of(new), recipe, train, tmp_path / str(accumulation), loss=loss, epochs=1.0, batch_size=batch_size,
            gradient_accumulation=accumulation, callbacks=[gradients],
        )  # fmt: skip
        trainer.args.eval_strategy = trainer.args.save_strategy = "no"  # one update is all that is looked at
        trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        assert trainer.state.global_step == 1
        found.append((losses, gradients.found))

    (one, whole), (two, parts) = found
    assert one == pytest.approx(two, rel=1e-5)
    assert whole.keys() == parts.keys()
    for key, gradient in whole.items():
        assert torch.allclose(gradient, parts[key], rtol=1e-3, atol=1e-6), key


def test_the_orders_differ_by_row_and_epoch_and_are_those_of_the_seed():
    rows = [{"input_ids": [5, 1], "labels": [10, 11, 12, 13, 1]} for _ in range(40)]
    answers = ShuffledAnswers(rows, seed=3)

    first = [row["labels"] for row in answers]
    answers.start_epoch(1)
    second = [row["labels"] for row in answers]
    answers.start_epoch(0)
    torch.rand(5)

    assert [row["labels"] for row in answers] == first == [row["labels"] for row in ShuffledAnswers(rows, seed=3)]
    assert first != second
    assert first != [row["labels"] for row in ShuffledAnswers(rows, seed=4)]
    assert all(sorted(labels[:-1]) == [10, 11, 12, 13] and labels[-1] == 1 for labels in [*first, *second])
    assert len({tuple(labels) for labels in first}) > 10
    assert rows[0]["labels"] == [10, 11, 12, 13, 1]


def test_every_order_comes_equally_often():
    answers = ShuffledAnswers([{"input_ids": [5, 1], "labels": [10, 11, 12, 1]}] * 3000, seed=0)

    counts = Counter(tuple(row["labels"]) for row in answers)

    assert len(counts) == 6
    assert all(abs(count - 500) < 4 * 500**0.5 for count in counts.values())


def test_a_run_resumed_within_an_epoch_sees_the_orders_of_the_straight_run(new, rows, recipe, tmp_path):
    loss = LossConfig(name="set")
    train = features(new, rows["train"], loss)
    settings = {"loss": loss, "epochs": 2.0, "batch_size": 4, "save_steps": 2, "save_total_limit": 9}

    straight = trainer_of(student_of(new), recipe, train, tmp_path, **settings)
    straight.train()
    again = trainer_of(student_of(new), recipe, train, tmp_path, **settings)
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoints" / "checkpoint-8"))

    assert straight.state.global_step == again.state.global_step == 12
    for one, other in zip(straight.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_order_of_the_data_set_stays_where_it_is_asked_for(new, rows, recipe, tmp_path):
    train = features(new, rows["train"], LossConfig())

    kept = trainer_of(student_of(new), recipe, train, tmp_path, loss=LossConfig(name="set", order="teacher"))
    drawn = trainer_of(student_of(new), recipe, train, tmp_path, loss=LossConfig(name="set"))

    assert [row["labels"] for row in kept.train_dataset] == [row["labels"] for row in train]
    assert [row["labels"] for row in drawn.train_dataset] != [row["labels"] for row in train]


def test_votes_are_counted_over_every_emoji_that_one_holds(new):
    row = {"sns_text": "花見", "emojis": ["🌸", "🍻"], "votes": [["🌸", "🍻"], ["🌸", "😊"], ["🎉", "🌸"]]}
    alone = {"sns_text": "雨", "emojis": ["☔"], "votes": None}

    first, second = training_rows(
        new.tokenizer, new.vocabulary, [row, alone], DataConfig(), augment=False, soft_votes=True
    ).features

    ids = new.vocabulary.id_of
    assert first["vote_ids"] == [ids["🌸"], ids["🍻"], ids["😊"], ids["🎉"]]
    assert first["vote_shares"] == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])
    assert (second["vote_ids"], second["vote_shares"]) == ([ids["☔"]], [1])


def test_a_batch_pads_texts_answers_and_votes(new):
    collate = AnswerCollator(new.tokenizer, new.model)
    rows = [
        {"input_ids": [5, 6, 1], "labels": [10, 11, 1], "vote_ids": [10, 11, 12], "vote_shares": [1.0, 0.5, 0.5]},
        {"input_ids": [7, 1], "labels": [13, 1], "vote_ids": [13], "vote_shares": [1.0]},
    ]

    batch = collate(rows)

    assert set(batch) == {"input_ids", "attention_mask", "labels", "decoder_input_ids", "vote_ids", "vote_shares"}
    assert batch["labels"].tolist() == [[10, 11, 1], [13, 1, IGNORED]]
    assert batch["decoder_input_ids"].tolist() == [[0, 10, 11], [0, 13, 1]]
    assert batch["vote_ids"].tolist() == [[10, 11, 12], [13, IGNORED, IGNORED]]
    assert batch["vote_shares"].tolist() == [[1, 0.5, 0.5], [1, 0, 0]]
    assert "vote_ids" in rows[0]
