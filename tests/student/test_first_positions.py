"""A stage that learns first positions alone: what its rows are, what its loss is, and what the next stage makes of it."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
import torch

from emojit.dataset.loading import load_rows
from emojit.errors import ConfigError
from emojit.recipe import LossConfig, StageConfig, TrainRecipe
from emojit.student import load_student, read_run, train
from emojit.student.losses.order_free import order_free
from emojit.student.losses.positions import IGNORED, AnswerSpace
from emojit.student.stages.held_out import HeldOut
from emojit.student.stages.rows import stage_rows

LINES = [
    {"text": "雨が降ってきた", "emojis": ["☔", "👍"], "scores": {"🌧️": 0.2, "☔": 0.4, "🦄": 0.1}},
    {"text": "電車に乗る", "emojis": ["🚃"]},
    {"text": "花が咲いた", "emojis": ["🌸", "😊", "🌷"], "scores": {"🌸": 0.9, "😊": 0.3}},
]


@pytest.fixture
def silver(tmp_path):
    path = tmp_path / "silver.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES), encoding="utf-8")
    return path


def test_a_row_has_its_best_emoji_no_end_and_every_score(silver, build, new):
    first = StageConfig(name="a", objective="pairs", source=str(silver), positions="first", best_by="loss")
    whole = dataclasses.replace(first, positions="all")

    def rows(stage):
        made = stage_rows(
            stage, new.tokenizer, new.vocabulary, train=load_rows(build, "train"), held_out=HeldOut([]), max_tokens=64,
            seed=0, soft=True, quiet=True,
        )  # fmt: skip
        return [*made.train, *made.kept_back]

    for short, long in zip(rows(first), rows(whole), strict=True):
        assert short["labels"] == long["labels"][:1]
        assert new.vocabulary.eos_id not in short["labels"]
        assert {**short, "labels": long["labels"]} == long


def test_its_loss_is_the_cross_entropy_against_the_shares_of_all_scored_emoji():
    space = AnswerSpace([1, 5, 6, 7, 9], 12, end=1)
    labels = torch.tensor([[6], [9]])
    votes = (torch.tensor([[6, 5, 9], [9, IGNORED, IGNORED]]), torch.tensor([[1.0, 0.5, 0.25], [1.0, 0.0, 0.0]]))
    logits = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    found = order_free(label_smoothing=0.0)(logits, space.positions(labels, votes))

    for row, wanted in zip(range(2), ({2: 1 / 1.75, 1: 0.5 / 1.75, 4: 0.25 / 1.75}, {4: 1.0}), strict=True):
        every = [float(value) for value in logits[row]]
        norm = math.log(sum(map(math.exp, every)))
        assert float(found[row]) == pytest.approx(sum(share * (norm - every[c]) for c, share in wanted.items()))


def test_the_loss_of_kept_back_rows_chooses_and_the_last_stage_teaches_the_end(silver, build, recipe, tmp_path):
    with silver.open("a", encoding="utf-8") as file:
        for number in range(40):
            row = {"text": f"{number}番の電車に乗る", "emojis": ["🚃", "🚉"], "scores": {"🚃": 0.9, "🚉": 0.5}}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    stage = StageConfig(name="first", objective="pairs", source=str(silver), positions="first", learning_rate=3e-3)
    staged = dataclasses.replace(
        recipe,
        stages=(stage,),
        loss=LossConfig(name="set"),
        train=dataclasses.replace(recipe.train, epochs=8.0, learning_rate=1e-2),
    )

    result = train(staged, dataset=build, out=tmp_path / "run", quiet=True)

    (record,) = read_run(result.folder).stages
    assert (record.chosen_by, record.rows + record.kept_back) == ("loss", 43)
    assert record.kept_back > 0
    student = load_student(result.folder, overrides=["decoding.min_emojis=1"])
    answers = student.predict(["電車に乗る", "雨が降ってきた"])
    assert all(1 <= len(answer) < 5 for answer in answers)


def test_the_shares_of_a_first_position_are_the_same_in_whole_and_short_rows(new):
    """So that a stage of each kind pulls the first step to the same place."""
    votes = (torch.tensor([[6, 5, 9]]), torch.tensor([[1.0, 0.5, 0.25]]))
    space = AnswerSpace([1, 5, 6, 7, 9], 12, end=1)
    logits = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = order_free(label_smoothing=0.0)

    whole = loss(logits[:3], space.positions(torch.tensor([[6, 5, 1]]), votes))
    short = loss(logits[:1], space.positions(torch.tensor([[6]]), votes))

    assert whole[0] == short[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"objective": "keyword_pairs", "source": "dataset"},
            "positions first is for the objective pairs, got keyword",
        ),
        ({"best_by": "jaccard"}, "cannot end an answer, so no Jaccard can choose"),
    ],
)
def test_a_stage_that_can_learn_no_first_positions_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        StageConfig(**{"name": "a", "objective": "pairs", "source": "a.jsonl", "positions": "first", **changes})

    assert caught.value.hint


def test_a_loss_that_cannot_learn_scores_is_refused():
    stage = StageConfig(name="a", objective="pairs", source="a.jsonl", positions="first")

    with pytest.raises(
        ConfigError, match=r"stages\.a: positions first needs the loss set, got cross_entropy"
    ) as caught:
        TrainRecipe(stages=(stage,))

    assert 'loss.name = "set"' in (caught.value.hint or "")
