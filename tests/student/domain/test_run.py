"""A domain run: it learns, leaves what it promises, goes on after a kill to the same weights, and says in one line what is wrong."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest
import torch
import yaml
from transformers import AutoModelForMaskedLM, AutoTokenizer, ModernBertConfig, ModernBertForMaskedLM

from emojit.errors import ConfigError, StudentError, UsageError
from emojit.lineage import read_lineage
from emojit.recipe import DomainRecipe, TrainRecipe, dump, load_text, load_training
from emojit.student import read_run
from emojit.student.domain import train_domain
from emojit.student.domain.trainer import MaskedTrainer
from emojit.student.kept import KEPT, kept_epoch, kept_files, load_kept
from emojit.student.run_folder import last_checkpoint


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def log(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_words_of_articles_that_were_never_read_are_guessed_better_than_by_the_base(run):
    record = run.record

    assert record.best.hit_at_1 > record.before.hit_at_1 + 0.2
    assert record.best.hit_at_1 <= record.best.hit_at_5
    assert record.best.loss < record.before.loss
    change = record.change["hit_at_1"]
    assert change.mean == pytest.approx(record.best.hit_at_1 - record.before.hit_at_1)
    assert 0 < change.low < change.mean < change.high
    assert record.change["loss"].mean == pytest.approx(record.best.loss - record.before.loss, abs=1e-5)
    assert record.text.articles["train"] > record.text.articles["held_out"] > 0


def test_it_is_measured_every_half_epoch_and_every_measure_has_a_checkpoint(run, tiny):
    rows = log(run.folder)

    assert list(rows[0]) == [
        "step",
        "epoch",
        "loss",
        "learning_rate",
        "grad_norm",
        "eval_loss",
        "hit_at_1",
        "hit_at_5",
    ]
    assert [round(float(row["epoch"]) * 2) for row in rows] == list(range(1, 9))
    assert all(value for row in rows for value in row.values())
    kept = kept_files(run.folder / KEPT)
    assert list(kept) == [int(row["step"]) for row in rows]
    assert [kept_epoch(path) for path in kept.values()] == pytest.approx(
        [float(row["epoch"]) for row in rows], abs=1e-4
    )
    best = max(rows, key=lambda row: float(row["hit_at_1"]))
    assert run.record.training.best_step == int(best["step"])
    assert run.record.best.hit_at_1 == pytest.approx(float(best["hit_at_1"]))
    other = AutoModelForMaskedLM.from_pretrained(tiny)
    load_kept(other, kept[run.record.training.best_step])
    chosen = AutoModelForMaskedLM.from_pretrained(run.model_folder)
    assert same(other.state_dict(), chosen.state_dict())


def test_the_run_folder_says_everything(run, tiny):
    record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    config = yaml.safe_load((run.folder / "config.yaml").read_text(encoding="utf-8"))
    card = (run.model_folder / "README.md").read_text(encoding="utf-8")

    assert record["objective"] == config["objective"] == "mlm"
    assert record["model"]["base"] == config["model"]["base"] == tiny.name  # no path of this machine
    assert str(tiny.parent) not in json.dumps(record) + json.dumps(config) + card
    assert record["model"]["base_licence"] == "mit"
    assert record["text"]["licence"] == "cc-by-sa-4.0"
    assert record["text"]["left_out"]["held_out_article"] > 0
    assert record["text"]["words"] in ("sudachi", "characters")
    assert "| hit@1 |" in (run.folder / "summary.md").read_text(encoding="utf-8")
    assert (run.folder / "plots" / "training.png").stat().st_size > 1000
    assert not (run.folder / "checkpoints").exists()
    assert card.startswith("---\nlicense: cc-by-sa-4.0\n")
    lineage = read_lineage(run.model_folder)
    assert lineage is not None
    assert lineage.licences == ("mit", "cc-by-sa-4.0")
    assert lineage.step == run.record.training.best_step


def test_plain_transformers_loads_the_chosen_encoder_whole(run):
    tokenizer = AutoTokenizer.from_pretrained(run.model_folder)
    model, report = AutoModelForMaskedLM.from_pretrained(run.model_folder, output_loading_info=True)

    assert not any(report.values())
    logits = model(**tokenizer("父は海で[MASK]を釣る。", return_tensors="pt")).logits
    assert logits.shape == (1, 11, len(tokenizer))


def test_batches_of_eight_and_twice_four_are_the_same_training(build, recipe, changed, tiny, tmp_path):
    base = AutoModelForMaskedLM.from_pretrained(tiny, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    base.save_pretrained(tmp_path / "base")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "base")
    short = changed(recipe, model={"base": str(tmp_path / "base")}, text={"rows": 60}, evaluation={"words": 4})
    logs = []
    for size, steps in ((8, 1), (4, 2)):
        train = {"epochs": 1.0, "batch_size": size, "gradient_accumulation": steps, "evaluate_every": 1.0}
        logs.append(
            log(train_domain(changed(short, train=train), dataset=build, out=tmp_path / str(size), quiet=True).folder)
        )

    assert [float(row["loss"]) for row in logs[0]] == pytest.approx([float(row["loss"]) for row in logs[1]], rel=1e-4)
    assert float(logs[0][0]["eval_loss"]) == pytest.approx(float(logs[1][0]["eval_loss"]), rel=1e-4)


@pytest.fixture(scope="module")
def modern(tiny, tmp_path_factory) -> Path:
    """A ModernBERT of two layers with random weights."""
    folder = tmp_path_factory.mktemp("base") / "modern"
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    config = ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        **ids,
    )
    ModernBertForMaskedLM(config).save_pretrained(folder)
    return folder


def test_a_modernbert_that_was_interrupted_in_an_epoch_goes_on_to_the_same_weights(
    build, recipe, changed, modern, tmp_path, monkeypatch
):
    train = {"epochs": 2.0, "evaluate_every": 0.6}
    short = changed(recipe, model={"base": str(modern)}, text={"rows": 60}, train=train, evaluation={"words": 8})
    straight = train_domain(short, dataset=build, out=tmp_path / "straight", quiet=True)
    assert straight.record.model.kind == "modernbert"
    due = list(kept_files(straight.folder / KEPT))
    step = MaskedTrainer.training_step

    def killed(self, *arguments):
        if self.state.global_step == due[1] - 1:
            raise KeyboardInterrupt
        return step(self, *arguments)

    monkeypatch.setattr(MaskedTrainer, "training_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train_domain(short, dataset=build, out=tmp_path / "run", quiet=True)
    monkeypatch.undo()
    other = changed(short, text={"mask_share": 0.3})
    with pytest.raises(UsageError, match=r"text\.mask_share \(0\.25, now 0\.3\)"):
        train_domain(other, dataset=build, out=tmp_path / "run", resume=True, quiet=True)
    resumed = train_domain(short, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    assert resumed.record.training.resumed_from == due[0]
    assert due[0] < due[-1] / 2 < due[-1]  # inside the first epoch
    assert same(weights(straight.folder), weights(resumed.folder))
    assert log(straight.folder) == log(resumed.folder)
    assert (resumed.record.before, resumed.record.change) == (straight.record.before, straight.record.change)
    assert list(kept_files(resumed.folder / KEPT)) == due


@pytest.mark.slow
def test_killed_by_the_system_it_goes_on_to_the_same_weights(build, recipe, changed, tmp_path, warm, until_saved):
    longer = changed(recipe, text={"rows": 80}, train={"epochs": 8.0, "evaluate_every": 1.0}, evaluation={"words": 8})
    (tmp_path / "tiny.toml").write_text(dump(longer), encoding="utf-8")
    process = warm.start("train", "tiny.toml", "--dataset", str(build), "--out", "run", cwd=tmp_path)
    until_saved(tmp_path / "run" / "checkpoints", 1, lambda: process.poll() is None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "run" / "run.json").exists()

    resumed = train_domain(longer, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    straight = train_domain(longer, dataset=build, out=tmp_path / "straight", quiet=True)
    assert resumed.record.training.resumed_from
    assert same(weights(straight.folder), weights(resumed.folder))
    assert log(straight.folder) == log(resumed.folder)


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_step(build, recipe, changed, tmp_path):
    wild = changed(recipe, train={"learning_rate": 1e30, "warmup_ratio": 0.9, "epochs": 1.0}, evaluation={"words": 8})

    with pytest.raises(
        StudentError, match=r"(the loss is (nan|inf) at|weights are no numbers after) step \d+"
    ) as caught:
        train_domain(wild, dataset=build, out=tmp_path / "run", quiet=True)

    assert "train.learning_rate" in (caught.value.hint or "")


def test_no_memory_is_said_with_what_to_change(build, recipe, tmp_path, monkeypatch):
    def out_of_memory(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(MaskedTrainer, "training_step", out_of_memory)

    with pytest.raises(StudentError, match=r"too small for train\.batch_size 4") as caught:
        train_domain(recipe, dataset=build, out=tmp_path / "run", quiet=True)

    assert "train.gradient_accumulation" in (caught.value.hint or "")


def test_a_base_that_cannot_fill_masked_words_is_named_and_leaves_no_folder(
    build, recipe, changed, tiny, model_folder, tmp_path
):
    no_mask = tmp_path / "no-mask"
    AutoModelForMaskedLM.from_pretrained(tiny).save_pretrained(no_mask)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(no_mask)
    bare = tmp_path / "bare"
    AutoModelForMaskedLM.from_pretrained(tiny).save_pretrained(bare)
    (tmp_path / "empty").mkdir()
    cases = {
        str(model_folder): "t5 is no encoder that fills masked words",
        str(no_mask): "its tokenizer has no mask token",
        str(bare): "no tokenizer",
        str(tmp_path / "empty"): r"no config\.json, so this is no model",
        "nowhere": "no such folder, and no repository name",
    }
    for base, message in cases.items():
        with pytest.raises(StudentError, match=message):
            train_domain(changed(recipe, model={"base": base}), dataset=build, out=tmp_path / "run", quiet=True)
    with pytest.raises(StudentError, match=r"text\.max_tokens 65: tiny-bert reads at most 64 tokens"):
        train_domain(changed(recipe, text={"max_tokens": 65}), dataset=build, out=tmp_path / "run", quiet=True)
    with pytest.raises(UsageError, match="no data set is named"):
        train_domain(recipe, out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_the_recipe_says_which_objective_it_has(tmp_path, recipe):
    path = tmp_path / "one.toml"
    path.write_text('objective = "mlm"\n[text]\nmask_share = 0.3\n', encoding="utf-8")
    assert isinstance(load_training(path), DomainRecipe)
    assert isinstance(load_training("demo"), TrainRecipe)
    packaged = load_training("bert-domain", overrides=["train.bf16=false"])
    assert isinstance(packaged, DomainRecipe)
    assert load_text(DomainRecipe, dump(packaged), where="again") == packaged
    with pytest.raises(ConfigError, match="objective must be 'mlm', got 'clm'"):
        load_training(path, overrides=["objective=clm"])
    for text, message in (
        ("[loss]\nname = 'set'", "unknown key loss"),
        ("[text]\nmask_share = 1.0", "text.mask_share must be in"),
        ("[train]\nevaluate_every = 0", "train.evaluate_every must be > 0"),
        ("[train]\nepochs = -1", "train.epochs must be > 0"),
        ("[evaluation]\nwords = 0", "evaluation.words must be > 0"),
    ):
        path.write_text(f'objective = "mlm"\n{text}\n', encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            load_training(path)


def test_whoever_wants_a_student_is_told_what_the_folder_holds(run):
    with pytest.raises(StudentError, match="an encoder that learned masked words, no student") as caught:
        read_run(run.folder)

    assert f"--set base={run.folder}" in (caught.value.hint or "")
    assert last_checkpoint(run.folder) is None
