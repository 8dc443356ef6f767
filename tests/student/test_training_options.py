"""What the section `[train]` can ask for: optimisers, schedules, averages, checkpoints, reports. Each is trained with for real."""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from emojit.errors import ConfigError, StudentError
from emojit.recipe import StageConfig, TrainConfig
from emojit.student import load_student, train
from emojit.student.arguments import training_arguments
from emojit.student.averaging import Candidates, mean_weights
from emojit.student.fit import train_stage
from emojit.student.rows import training_rows
from emojit.student.trainer import EmojiTrainer


def with_train(recipe, **changes):
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, **changes))


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_learning_rate_rises_and_follows_its_schedule(schedule, tmp_path):
    from transformers import get_scheduler

    from emojit.recipe import TrainRecipe
    from emojit.student.arguments import training_arguments

    config = TrainConfig(epochs=10, batch_size=8, schedule=schedule, warmup_ratio=0.1, learning_rate=1.0)
    arguments = training_arguments(TrainRecipe(train=config), tmp_path, rows=80)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(arguments.lr_scheduler_type, optimiser, arguments.get_warmup_steps(100), 100)
    rates = []
    for _ in range(100):
        rates.append(scheduler.get_last_lr()[0])
        optimiser.step()
        scheduler.step()

    assert rates[0] == 0
    assert rates[10] == 1
    assert rates[55] == pytest.approx({"linear": 0.5, "cosine": 0.5, "constant": 1.0}[schedule])
    assert rates[99] == pytest.approx({"linear": 0.011, "cosine": 0.0003, "constant": 1.0}[schedule], abs=1e-3)


def test_schedule_free_adamw_warms_up_in_whole_steps_and_ends_at_its_average(build, recipe, tmp_path):
    from emojit.student.arguments import training_arguments

    free = with_train(recipe, optimiser="schedule_free", schedule="constant", warmup_ratio=0.2, learning_rate=1e-2)
    arguments = training_arguments(free, tmp_path, rows=48)

    result = train(free, dataset=build, out=tmp_path / "run", quiet=True)

    assert arguments.warmup_steps == 4  # of 18; a share would be a first step of five times the learning rate
    log = log_of(tmp_path / "run")
    assert float(log[-1]["loss"]) < float(log[0]["loss"])
    best = max(log, key=lambda row: float(row["eval_jaccard"]))
    assert result.record.validation["jaccard"] == pytest.approx(float(best["eval_jaccard"]))


def test_compiling_without_a_compiler_is_said_before_the_first_step(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(StudentError, match=r"train\.torch_compile: no .+ on this machine") as caught:
        training_arguments(with_train(recipe, torch_compile=True), tmp_path, rows=8)
    assert "--set train.torch_compile=false" in caught.value.hint


def test_schedule_free_with_a_decay_is_a_mistake_of_the_recipe():
    with pytest.raises(ConfigError, match=r"schedule_free has no decay, got train\.schedule linear") as caught:
        TrainConfig(optimiser="schedule_free")

    assert "constant" in (caught.value.hint or "")


@pytest.mark.parametrize("save_steps", [-1.0, 1.5])
def test_checkpoints_come_after_whole_updates(save_steps):
    with pytest.raises(ConfigError, match=rf"train\.save_steps must be a whole number.*got {save_steps}"):
        TrainConfig(save_steps=save_steps)


def test_the_loss_can_choose_the_checkpoint(build, recipe, tmp_path):
    result = train(with_train(recipe, best_by="loss"), dataset=build, out=tmp_path / "run", quiet=True)

    log = log_of(tmp_path / "run")
    best = min(log, key=lambda row: float(row["eval_loss"]))
    assert result.record.training.best_step == int(best["step"])


def test_checkpointed_gradients_and_fixed_order_give_the_same_losses(build, recipe, tmp_path, tiny):
    still = dataclasses.replace(with_train(recipe, epochs=1), model=dataclasses.replace(tiny, dropout=0.0))
    plain = train(still, dataset=build, out=tmp_path / "plain", quiet=True)
    careful = train(
        with_train(still, gradient_checkpointing=True, deterministic=True),
        dataset=build,
        out=tmp_path / "careful",
        quiet=True,
    )

    assert not torch.are_deterministic_algorithms_enabled()
    assert plain.record.training.train_loss == pytest.approx(careful.record.training.train_loss, rel=1e-6)


def test_bfloat16_where_there_is_none_is_said(build, recipe, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    with caplog.at_level("WARNING", logger="emojit"):
        arguments = training_arguments(with_train(recipe, bf16=True), tmp_path, rows=8, deterministic=True)

    assert not arguments.bf16
    assert caplog.messages == ["train.bf16: this CPU would be slower with it; training in float32"]


def test_every_stage_trains_in_bfloat16_and_what_is_measured_is_what_somebody_else_loads(
    build, recipe, rows, tmp_path, monkeypatch
):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"amx_bf16": True})  # without it only slower
    source = tmp_path / "silver.jsonl"
    source.write_text(
        "".join(json.dumps({"text": row["original_text"], "emojis": row["emojis"]}) + "\n" for row in rows["train"]),
        encoding="utf-8",
    )
    stage = StageConfig(name="silver", objective="pairs", source=str(source), epochs=1)
    kinds: list[tuple[int, torch.dtype]] = []
    step = EmojiTrainer.training_step

    def watched(self, model, inputs, *rest):
        head = model.get_output_embeddings()
        hook = head.register_forward_hook(lambda _, given, logits: kinds.append((id(self), logits.dtype)))
        found = step(self, model, inputs, *rest)
        hook.remove()
        return found

    monkeypatch.setattr(EmojiTrainer, "training_step", watched)
    run = dataclasses.replace(with_train(recipe, bf16=True), stages=(stage,))
    result = train(run, dataset=build, out=tmp_path / "run", quiet=True)

    assert result.record.training.bf16
    assert len({trainer for trainer, _ in kinds}) == 2
    assert {kind for _, kind in kinds} == {torch.bfloat16}
    student = load_student(result.folder)
    texts = [row["sns_text"] for row in rows["test"]]
    predicted = pq.read_table(result.folder / "predictions.parquet", filters=[("split", "==", "test")])
    assert predicted["student"].to_pylist() == student.predict(texts)


def test_tensorboard_reads_the_curves_from_the_run_folder(build, recipe, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(with_train(recipe, report_to="tensorboard"), dataset=build, out=tmp_path / "run", quiet=True)

    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    log = log_of(tmp_path / "run")
    shown = {event.step: event.value for event in events.Scalars("eval/jaccard")}
    assert shown == {int(row["step"]): pytest.approx(float(row["eval_jaccard"])) for row in log}


@pytest.mark.skipif(importlib.util.find_spec("trackio") is not None, reason="trackio is installed")
def test_a_viewer_that_is_not_installed_is_named_with_its_extra(build, recipe, tmp_path):
    from emojit.errors import MissingExtraError

    with pytest.raises(MissingExtraError, match="trackio is not installed") as caught:
        train(with_train(recipe, report_to="trackio"), dataset=build, out=tmp_path / "run", quiet=True)

    assert caught.value.hint == "pip install 'emojit[trackio]'"


def test_candidates_are_the_last_or_the_best_and_survive_a_second_beginning(tmp_path):
    from safetensors.torch import save_file

    scores = {}
    last = Candidates(folder=tmp_path / "last", which="last", count=2, greater_is_better=True)
    best = Candidates(folder=tmp_path / "best", which="best", count=2, greater_is_better=True)
    for step, score in ((1, 0.5), (2, 0.1), (3, 0.4), (4, 0.2)):
        save_file({"w": torch.full((2,), float(step))}, tmp_path / "model.safetensors")
        scores[step] = score
        for candidates in (last, best):
            candidates.keep(tmp_path / "model.safetensors", step, scores)
        (tmp_path / "model.safetensors").unlink()

    assert (last.steps(), best.steps()) == ([3, 4], [1, 3])
    assert best.average()["w"].tolist() == [2.0, 2.0]
    last.forget_after(3)
    assert last.steps() == [3]


def test_the_mean_of_weights_is_theirs(tmp_path):
    from safetensors.torch import save_file

    files = []
    for index in range(3):
        torch.manual_seed(index)
        files.append(tmp_path / f"{index}.safetensors")
        save_file({"a": torch.randn(3, 4), "b": torch.randn(2).to(torch.bfloat16)}, files[-1])

    mean = mean_weights(files)

    torch.manual_seed(0)
    first = torch.randn(3, 4)
    assert mean["b"].dtype == torch.bfloat16
    assert not torch.equal(mean["a"], first)
    stacked = []
    for index in range(3):
        torch.manual_seed(index)
        stacked.append(torch.randn(3, 4).double())
    assert torch.equal(mean["a"], (sum(stacked) / 3).float())


def test_the_average_is_taken_only_where_it_is_better(build, recipe, tmp_path):
    # By the loss, which tells the two apart on eight rows. Steps that are far too large scatter around the optimum: their mean is better.
    jumping = with_train(recipe, best_by="loss", learning_rate=3e-2, schedule="constant", epochs=4)

    alone = train(jumping, dataset=build, out=tmp_path / "alone", quiet=True)
    both = train(with_train(jumping, average="best"), dataset=build, out=tmp_path / "both", quiet=True)

    training = both.record.training
    log = log_of(tmp_path / "both")
    best = min(float(row["eval_loss"]) for row in log)
    assert training.average_score is not None
    assert (training.averaged is not None) == (training.average_score < best)
    assert same(weights(tmp_path / "alone"), weights(tmp_path / "both")) == (training.averaged is None)
    assert alone.record.training.averaged is None


def test_an_average_that_is_worse_leaves_the_best_epoch(build, recipe, tmp_path):
    # While the loss still falls fast, the mean lags behind the last epoch.
    falling = with_train(recipe, best_by="loss", schedule="constant", epochs=4)
    alone = train(falling, dataset=build, out=tmp_path / "alone", quiet=True)

    both = train(with_train(falling, average="last"), dataset=build, out=tmp_path / "both", quiet=True)

    assert both.record.training.averaged is None
    assert both.record.training.average_score is not None
    assert same(weights(alone.folder), weights(both.folder))


def test_stages_run_one_after_the_other_and_a_finished_one_is_not_repeated(new, recipe, rows, tmp_path):
    import copy

    features = {
        split: training_rows(new.tokenizer, new.vocabulary, rows[split], recipe.data, augment=False).features
        for split in ("train", "validation")
    }

    def stage(student, name, **changes):
        return train_stage(
            student,
            with_train(recipe, epochs=1, **changes),
            train=features["train"],
            validation=features["validation"],
            folder=tmp_path / name,
            resume=True,
            quiet=True,
        )

    from emojit.student.decoding import generation_config

    first = dataclasses.replace(new, model=copy.deepcopy(new.model))
    first.model.generation_config = generation_config(
        new.vocabulary, vocabulary_size=len(new.tokenizer), decoding=recipe.decoding
    )
    second = dataclasses.replace(first, model=copy.deepcopy(first.model))

    done = stage(first, "one", best_by="loss", learning_rate=5e-3)
    again = stage(second, "one", best_by="loss", learning_rate=5e-3)

    assert same(first.model.state_dict(), second.model.state_dict())
    assert again.resumed_from == done.steps == 3
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"chosen.safetensors", "stage.json"}
    assert json.loads((tmp_path / "one" / "stage.json").read_text(encoding="utf-8"))["steps"] == 3
    stage(first, "two")
    assert not same(first.model.state_dict(), second.model.state_dict())


def test_the_order_of_rows_is_that_of_the_library():
    from transformers.trainer_pt_utils import LengthGroupedSampler

    from emojit.student.order import GroupedOrder

    lengths = torch.randint(3, 90, (500,), generator=torch.Generator().manual_seed(0)).tolist()
    torch.manual_seed(7)
    theirs = list(LengthGroupedSampler(8, lengths=lengths)), list(LengthGroupedSampler(8, lengths=lengths))
    torch.manual_seed(7)
    order = GroupedOrder(lengths, 8, processes=1)
    ours = list(order), list(order)

    assert ours == theirs
    order.draw_next_from = order.drawn_from
    torch.manual_seed(8)
    assert list(order) == ours[1]


@pytest.mark.slow
def test_the_benchmark_for_gpus_runs_on_a_cpu(monkeypatch, capsys):
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu_training.py"
    spec = importlib.util.spec_from_file_location("gpu_training", path)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr("sys.argv", ["gpu_training.py", "--tiny", "--steps", "20", "--batch", "4"])

    code = benchmark.main()

    measured = json.loads(capsys.readouterr().out)
    assert (code, measured["steps"], measured["resumed_apart"]) == (0, 20, 0)
    assert measured["last_loss"] < measured["first_loss"]
