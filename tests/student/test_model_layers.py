"""A student from nothing whose decoder has a depth of its own, up to one without any encoder layer: trained, stopped, saved, asked and exported for real."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from emojit.cli.app import main
from emojit.errors import ConfigError
from emojit.recipe import (
    DataConfig,
    DecodingConfig,
    ModelConfig,
    StageConfig,
    TrainConfig,
    TrainRecipe,
    dump,
    load_text,
)
from emojit.student import load_student, read_run, train
from emojit.student.decoding import Settings, answers
from emojit.student.export import export, load_exported
from emojit.student.export.onnx_int8 import quantise, rungs
from emojit.student.export.onnx_network import OnnxNetwork
from emojit.student.model import new_student
from emojit.student.resumable import ResumableTrainer
from emojit.student.rows import encode_texts
from emojit.student.run_folder import begin

METHODS = (
    Settings(min_emojis=2, end_bias=1.0),
    Settings(method="beam", num_beams=3),
    Settings(method="diverse_beam", num_beams=2),
    Settings(method="sample", seed=3),
    Settings(method="mbr"),
    Settings(method="mbr", samples=4),
)


def a_recipe(tiny: ModelConfig, silver: Path, texts: Path) -> TrainRecipe:
    return TrainRecipe(
        name="bag",
        data=DataConfig(also_columns=("original_text",)),
        model=dataclasses.replace(
            tiny, num_layers=0, num_decoder_layers=2, d_ff=32, cross_attention_init="identity", dropout=0.0
        ),
        stages=(
            StageConfig(name="gaps", objective="span_corruption", source=str(texts), rows=24, epochs=1),
            StageConfig(name="silver", objective="pairs", source=str(silver), epochs=1, learning_rate=1e-3),
        ),
        train=TrainConfig(
            epochs=2, batch_size=8, learning_rate=1e-3, early_stopping=0, optimiser="lazy_adamw", save_steps=2
        ),
        decoding=DecodingConfig(method="mbr"),
    )


@pytest.fixture(scope="module")
def bag(tiny, sample, tmp_path_factory) -> TrainRecipe:
    folder = tmp_path_factory.mktemp("sources")
    silver, texts = folder / "silver.jsonl", folder / "texts.txt"
    lines = [{"text": row["sns_text"], "emojis": row["emojis"]} for row in sample[60:84]]
    silver.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    texts.write_text("".join(f"{row['text']}\n" for row in sample[60:100]), encoding="utf-8")
    return a_recipe(tiny, silver, texts)


@pytest.fixture(scope="module")
def trained(bag, build, tmp_path_factory):
    return train(bag, dataset=build, out=tmp_path_factory.mktemp("runs") / "bag", quiet=True)


@pytest.fixture(scope="module")
def asked(texts) -> list[str]:
    return [*texts[:20], "", "😊🎉", "同じ文" * 80]


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ask(student, texts, settings):
    ids = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens).input_ids
    network = student.network()
    return [answer for start in range(0, len(ids), 8) for answer in answers(network, ids[start : start + 8], settings)]


@pytest.mark.parametrize(
    ("sizes", "message", "hint"),
    [
        ({"num_layers": 0}, "num_layers is 0 and model.num_decoder_layers is not set", "model.num_decoder_layers=1"),
        ({"num_layers": -1}, "model.num_layers must be >= 0, got -1", None),
        ({"num_decoder_layers": 0}, "model.num_decoder_layers must be > 0, got 0", None),
    ],
)
def test_a_model_needs_a_decoder(sizes, message, hint):
    with pytest.raises(ConfigError, match=message) as caught:
        ModelConfig(**sizes)

    assert hint is None or hint in caught.value.hint


@pytest.mark.parametrize(
    ("stated", "expected"), [("num_layers = 2", (2, 2)), ("num_layers = 1\nnum_decoder_layers = 3", (1, 3))]
)
def test_a_recipe_that_does_not_state_the_decoders_layers_has_as_many_as_the_encoders(stated, expected, tiny, texts):
    recipe = load_text(TrainRecipe, f"[model]\n{stated}\n", where="test")
    sizes = {name: getattr(recipe.model, name) for name in ("num_layers", "num_decoder_layers")}
    model = new_student(dataclasses.replace(tiny, **sizes), texts).model

    assert (len(model.encoder.block), len(model.decoder.block)) == expected
    assert load_text(TrainRecipe, dump(recipe), where="test") == recipe


def test_a_run_that_was_begun_before_there_was_such_a_key_goes_on(tmp_path):
    config = dataclasses.asdict(ModelConfig())
    assert config["num_decoder_layers"] is None
    before = {name: value for name, value in config.items() if name != "num_decoder_layers"}
    begin(tmp_path / "run", {"model": before}, resume=False)

    begin(tmp_path / "run", {"model": config}, resume=True)


def test_a_student_without_encoder_layers_learns_in_stages_and_is_loaded_by_plain_transformers(trained, bag, asked):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    record = read_run(trained.folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(trained.model_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained.model_folder)
    inputs = tokenizer(asked[:8], return_tensors="pt", padding=True)
    written = model.generate(**inputs)
    beams = model.generate(**inputs, num_beams=3)

    losses = [float(row["loss"]) for row in log_of(trained.folder)]
    assert losses[-1] < losses[0]
    assert [stage.name for stage in record.stages] == ["gaps", "silver"]
    assert record.recipe["model"]["num_decoder_layers"] == bag.model.num_decoder_layers == 2
    assert record.model.parameters == sum(weight.numel() for weight in model.parameters())
    assert (len(model.encoder.block), len(model.decoder.block)) == (0, 2)
    student = load_student(trained.folder)
    greedy = ask(student, asked[:8], Settings())
    tokens = list(student.vocabulary.emoji_of)
    found = [[token for token in row[1:].tolist() if token > tokenizer.eos_token_id] for row in written]
    assert found == [[tokens[column] for column in answer] for answer in greedy]
    assert {*beams.flatten().tolist()} <= {*tokens, tokenizer.eos_token_id, tokenizer.pad_token_id}


def test_it_reads_a_text_as_a_bag_of_pieces(trained):
    student = load_student(trained.folder)
    (ids,) = encode_texts(student.tokenizer, ["今日は電車で海に行った"], max_tokens=64).input_ids

    sessions = [student.network().open([order]) for order in (ids, ids[::-1])]

    torch.testing.assert_close(*(torch.from_numpy(one.step(None)) for one in sessions))


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(trained, bag, build, tmp_path, monkeypatch):
    from safetensors.torch import load_file

    step = ResumableTrainer.training_step

    def stopped(self, *given):
        if self.state.global_step == 5:  # only the last stage has as many
            raise KeyboardInterrupt
        return step(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(ResumableTrainer, "training_step", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(bag, dataset=build, out=tmp_path / "run", quiet=True)
    again = train(bag, dataset=build, out=tmp_path / "run", resume=True, quiet=True)

    assert again.record.training.resumed_from == 4
    one, two = (load_file(run.model_folder / "model.safetensors") for run in (trained, again))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_checkpointed_gradients_give_the_same_loss(bag, build, tmp_path):
    ends = []
    for checkpointed in (False, True):
        config = dataclasses.replace(bag.train, epochs=1, save_steps=0, gradient_checkpointing=checkpointed)
        recipe = dataclasses.replace(bag, stages=(), train=config)
        ends.append(train(recipe, dataset=build, out=tmp_path / str(checkpointed), quiet=True).record)

    assert ends[0].training.train_loss == pytest.approx(ends[1].training.train_loss, rel=1e-6)


@pytest.fixture(scope="module")
def exported(trained, asked, tmp_path_factory) -> Path:
    """A folder without weights for each runtime, and the texts that its export was checked with."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "texts.txt").write_text("".join(f"{text}\n" for text in asked), encoding="utf-8")
    for form in ("onnx", "ctranslate2"):
        result = export(trained.model_folder, form, out=folder / form, texts=folder / "texts.txt")
        assert result.record.check.equal == result.record.check.texts
    return folder


@pytest.mark.parametrize("form", ["onnx", "ctranslate2"])
def test_its_exports_answer_as_the_original_by_every_method(trained, exported, form, asked, monkeypatch, capsys):
    original, student = load_student(trained.folder), load_exported(exported / form, form)

    assert student.answer(asked).emojis == original.answer(asked).emojis
    for settings in METHODS:
        assert ask(student, asked, settings) == ask(original, asked, settings), settings.method
    said = []
    for model, backend in ((trained.folder, "transformers"), (exported / form, form)):
        command = ["emojit", "predict", "--model", str(model), "--backend", backend, *asked[:3]]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as exit_:
            main()
        assert exit_.value.code == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_in_int8_onnx_keeps_the_feed_forward_layers_of_the_decoder_to_the_last(trained, exported, asked, tmp_path):
    original = load_student(trained.folder)
    ids = encode_texts(original.tokenizer, asked, max_tokens=128).input_ids
    whole = original.network().open(ids).step(None)
    ladder = rungs(exported / "onnx" / "onnx")
    errors = []
    for number, rung in enumerate(ladder):
        folder = tmp_path / str(number)
        folder.mkdir()
        quantise(exported / "onnx" / "onnx", folder, rung)
        small = OnnxNetwork(folder, pad_id=original.vocabulary.pad_id, emojis=len(original.vocabulary.id_of))
        errors.append(float(np.abs(small.open(ids).step(None) - whole).max()))

    assert ladder[-1].kept[-2:] == ("output head", "attention")
    assert 1e-5 < errors[-1] < errors[0] < 0.2 * float(np.abs(whole).max())  # float32 is within 1e-6


def test_in_int8_ctranslate2_is_near(trained, exported, asked, tmp_path):
    out = tmp_path / "out"
    export(trained.model_folder, "ctranslate2", int8=True, force=True, out=out, texts=exported / "texts.txt")
    original, student = load_student(trained.folder), load_exported(out, "ctranslate2")
    ids = encode_texts(original.tokenizer, asked, max_tokens=128).input_ids
    whole, small = (one.network().open(ids).step(None) for one in (original, student))

    assert 1e-5 < float(np.abs(small - whole).max()) < 0.2 * float(np.abs(whole).max())
