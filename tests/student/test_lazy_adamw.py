"""AdamW that updates of the embedding only the rows of the batch: the law it follows, what it leaves alone, and trainings that stop and go on."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import embedding

from emojit.errors import ConfigError
from emojit.recipe import StageConfig, TrainConfig, TrainRecipe, dump
from emojit.student import read_run, train
from emojit.student.lazy_adamw import LazyAdamW, clip_gradients
from emojit.student.model import new_student
from emojit.student.rows import encode_texts


@pytest.fixture
def lazy(recipe) -> TrainRecipe:
    return with_train(recipe, optimiser="lazy_adamw")


def with_train(recipe: TrainRecipe, **changes: object) -> TrainRecipe:
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, **changes))


def losses(folder: Path) -> list[float]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model" / "model.safetensors")


def network(rows: int) -> tuple[torch.nn.Parameter, torch.nn.Linear]:
    torch.manual_seed(0)
    return torch.nn.Parameter(torch.randn(rows, 4)), torch.nn.Linear(4, 3)


def optimiser_of(table: torch.nn.Parameter, rest: torch.nn.Linear, beta2: float = 0.99) -> LazyAdamW:
    groups = [{"params": list(rest.parameters()), "weight_decay": 0.1}]
    return LazyAdamW(groups, [table], lr=0.01, betas=(0.9, beta2), eps=1e-8)


def loss_of(table: torch.nn.Parameter, rest: torch.nn.Linear, ids: list[int], *, sparse: bool) -> torch.Tensor:
    return rest(embedding(torch.tensor(ids), table, sparse=sparse)).square().sum()


@given(st.lists(st.permutations(range(5)), min_size=1, max_size=6))
def test_a_table_whose_rows_are_all_in_every_batch_moves_as_by_adam(batches):
    one, two = network(5), network(5)
    lazy = optimiser_of(*one)
    plain = torch.optim.AdamW(
        [{"params": list(two[1].parameters()), "weight_decay": 0.1}, {"params": [two[0]], "weight_decay": 0.0}],
        lr=0.01,
        betas=(0.9, 0.99),
    )
    for ids in batches:
        for optimiser, sides, sparse in ((lazy, one, True), (plain, two, False)):
            optimiser.zero_grad()
            loss_of(*sides, list(ids), sparse=sparse).backward()
            optimiser.step()

    torch.testing.assert_close(one[0], two[0], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(one[1].weight, two[1].weight, rtol=1e-4, atol=1e-6)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_row_moves_when_its_token_is_in_the_batch_and_only_then(batches):
    table, rest = network(10)
    optimiser = optimiser_of(table, rest)
    for ids in batches:
        before = table.detach().clone()
        optimiser.zero_grad()
        loss_of(table, rest, ids, sparse=True).backward()
        optimiser.step()

        moved = (table.detach() != before).any(dim=1)
        assert set(moved.nonzero()[:, 0].tolist()) == set(ids)


def test_a_schedule_sets_the_learning_rate_of_both_parts_also_after_a_state_was_loaded():
    table, rest = network(4)
    optimiser = optimiser_of(table, rest)
    other = optimiser_of(*network(4))
    optimiser.load_state_dict(other.state_dict())
    before = table.detach().clone(), rest.weight.detach().clone()
    for group in optimiser.param_groups:
        group["lr"] = 0.0
    loss_of(table, rest, [0, 1, 2, 3], sparse=True).backward()
    optimiser.step()

    assert len(optimiser.param_groups) == 2
    assert torch.equal(table, before[0])
    assert torch.equal(rest.weight, before[1])


@pytest.mark.parametrize("most", [0.5, 1e6], ids=["clipped", "short-enough"])
def test_gradients_of_rows_are_clipped_as_whole_ones_are(most):
    ids = [3, 1, 3, 3]  # one of them three times: its gradients add up before the norm is taken
    one, two = network(6), network(6)
    loss_of(*one, ids, sparse=True).backward()
    loss_of(*two, ids, sparse=False).backward()

    mine = clip_gradients([one[0], *one[1].parameters()], most)
    theirs = torch.nn.utils.clip_grad_norm_([two[0], *two[1].parameters()], most)

    torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(one[0].grad.to_dense(), two[0].grad)
    torch.testing.assert_close(one[1].weight.grad, two[1].weight.grad)


def test_a_run_learns_and_rows_of_tokens_that_no_text_has_stay_as_they_began(build, rows, lazy, tmp_path):
    result = train(lazy, dataset=build, out=tmp_path / "run", quiet=True)

    texts = [row[column] for row in rows["train"] for column in ("sns_text", "original_text")]
    torch.manual_seed(lazy.train.seed)
    answers = [row["emojis"] for row in rows["train"]]
    start = new_student(lazy.model, texts, answers=answers)
    read = {token for ids in encode_texts(start.tokenizer, texts, max_tokens=128).input_ids for token in ids}
    emoji = set(start.vocabulary.id_of.values())
    ordinary = sorted(set(range(len(start.tokenizer))) - read - emoji - set(start.tokenizer.all_special_ids))
    trained, before = weights(result.folder)["shared.weight"], start.model.get_input_embeddings().weight
    assert len(ordinary) > 100
    assert torch.equal(trained[ordinary], before[ordinary])
    assert not torch.equal(trained[sorted(read)], before[sorted(read)])
    assert not torch.equal(trained[sorted(emoji)], before[sorted(emoji)])
    log = losses(result.folder)
    assert log[-1] < log[0]


def test_two_steps_of_four_rows_are_one_step_of_eight(build, lazy, tmp_path, tiny):
    still = dataclasses.replace(with_train(lazy, epochs=1), model=dataclasses.replace(tiny, dropout=0.0))
    ends = []
    for size, steps in ((8, 1), (4, 2)):
        changed = with_train(still, batch_size=size, gradient_accumulation=steps)
        ends.append(train(changed, dataset=build, out=tmp_path / str(size), quiet=True).folder)

    assert losses(ends[0]) == pytest.approx(losses(ends[1]), rel=1e-5)
    for name, tensor in weights(ends[0]).items():
        torch.testing.assert_close(tensor, weights(ends[1])[name], rtol=1e-2, atol=1e-4)


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_to_the_same_weights(build, lazy, warm, tmp_path, until_saved):
    import signal

    longer = with_train(lazy, epochs=6, save_steps=2)
    (tmp_path / "tiny.toml").write_text(dump(longer), encoding="utf-8")
    process = warm.start("train", "tiny.toml", "--dataset", str(build), "--out", "run", cwd=tmp_path)
    until_saved(tmp_path / "run" / "checkpoints", 8, lambda: process.poll() is None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "run" / "run.json").exists()

    train(longer, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    straight = train(longer, dataset=build, out=tmp_path / "straight", quiet=True).folder
    assert read_run(tmp_path / "run").training.resumed_from >= 8
    one, two = weights(straight), weights(tmp_path / "run")
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert losses(straight) == losses(tmp_path / "run")


def test_text_is_learned_with_every_row_and_that_is_said(build, lazy, rows, tmp_path, caplog):
    source = tmp_path / "texts.txt"
    source.write_text("".join(f"{row['original_text']}\n" for row in rows["train"]), encoding="utf-8")
    gaps = StageConfig(name="gaps", objective="span_corruption", source=str(source), rows=24, epochs=1)
    with caplog.at_level("INFO", logger="emojit.student.trainer"):
        train(dataclasses.replace(lazy, stages=(gaps,)), dataset=build, out=tmp_path / "run", quiet=True)

    said = [message for message in caplog.messages if "lazy_adamw" in message]
    assert said == ["train.optimiser lazy_adamw: every row of the embedding has a gradient here; training with adamw"]


def test_compiling_does_not_go_with_it():
    with pytest.raises(ConfigError, match=r"lazy_adamw and train\.torch_compile do not go together"):
        TrainConfig(optimiser="lazy_adamw", torch_compile=True)
