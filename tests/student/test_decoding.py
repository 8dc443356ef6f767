"""One to five distinct inventory emoji, whatever the weights say: through our processor and through plain `generate`."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from emojit.emoji import INVENTORY
from emojit.errors import ConfigError, StudentError
from emojit.recipe import DecodingConfig
from emojit.student.decoding import FILE_NAME, EmojiOnly, Settings
from emojit.student.decoding.calibration import DecodingCalibration
from emojit.student.decoding.torch_network import TorchNetwork
from emojit.student.predict import load_student, make_student

TEXTS = [
    "",
    "雨",
    "おにぎりがおいしい",
    "🎉" * 30,
    "電車が遅れて会議に間に合わなかったので駅から走った" * 3,
    "abc 123 <extra_id_0>",
]

PLAIN = """
import json, sys
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

folder, texts = sys.argv[1], json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSeq2SeqLM.from_pretrained(folder)
special = set(tokenizer.all_special_ids)
found = {}
for beams in (1, 4):
    torch.manual_seed(1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=1.5)
    inputs = tokenizer(texts, return_tensors="pt", padding=True)
    ids = model.generate(**inputs, num_beams=beams).tolist()
    found[beams] = [tokenizer.convert_ids_to_tokens([i for i in row if i not in special]) for row in ids]
found["emojit"] = any(name.split(".")[0] == "emojit" for name in sys.modules)
print(json.dumps(found))
"""


def assert_lawful(rows, *, fewest=1, most=5):
    for row in rows:
        assert fewest <= len(row) <= most
        assert len(set(row)) == len(row)
        assert set(row) <= set(INVENTORY)


def shake(student, seed: int) -> None:
    """Give the student weights that want anything but a lawful answer."""
    torch.manual_seed(seed)
    for parameter in student.model.parameters():
        torch.nn.init.normal_(parameter, std=1.5)


METHODS = [
    {"method": "greedy"},
    {"method": "beam", "num_beams": 4},
    {"method": "diverse_beam", "num_beams": 4},
    {"method": "sample"},
    {"method": "mbr"},
    {"method": "mbr", "samples": 8},
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: "-".join(map(str, method.values())))
@pytest.mark.parametrize(("fewest", "most"), [(1, 5), (1, 1), (5, 5), (2, 3)])
def test_random_weights_answer_lawfully(model_folder, method, fewest, most):
    student = load_student(model_folder)
    student = make_student(
        student.model,
        student.tokenizer,
        student.vocabulary,
        DecodingConfig(min_emojis=fewest, max_emojis=most, **method),
        source="test",
        commit=None,
    )
    for seed in range(3):
        shake(student, seed)

        assert_lawful(student.predict(TEXTS, batch_size=4), fewest=fewest, most=most)


def test_plain_generate_in_a_process_without_emojit_answers_lawfully(model_folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-I", "-c", PLAIN, str(model_folder), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)

    assert found.pop("emojit") is False
    assert len(found) == 2
    for rows in found.values():
        assert len(rows) == len(TEXTS)
        assert_lawful(rows)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("end_bias", [0.0, 3.0, -3.0])
def test_our_loop_and_plain_generate_choose_the_same(model_folder, seed, end_bias):
    student = load_student(model_folder)
    student = make_student(
        student.model,
        student.tokenizer,
        student.vocabulary,
        DecodingConfig(length="calibrated"),
        source="test",
        commit=None,
        calibration=biased(end_bias),
    )
    shake(student, seed)
    inputs = student.tokenizer(TEXTS, return_tensors="pt", padding=True)

    plain = student.model.eval().generate(**inputs)

    assert [student.vocabulary.decode(row) for row in plain.tolist()] == student.predict(TEXTS)


def biased(end_bias: float) -> DecodingCalibration:
    return DecodingCalibration(
        method="greedy",
        samples=0,
        rows=9,
        jaccard=0.3,
        uncalibrated_jaccard=0.2,
        end_bias=end_bias,
        scale=2.2,
        size=2.6,
    )


def networks():
    """Encoder-decoders of every kind, tied and untied, with and without a bias behind the head."""
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        MBartConfig,
        MBartForConditionalGeneration,
        MT5Config,
        MT5ForConditionalGeneration,
        T5Config,
        T5ForConditionalGeneration,
    )

    sizes = {"vocab_size": 60, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    t5 = {**sizes, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 2, "num_heads": 2}
    bart = {
        **sizes, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 64,
        "forced_eos_token_id": None, "bos_token_id": 2,
    }  # fmt: skip
    torch.manual_seed(0)
    return {
        "t5": T5ForConditionalGeneration(T5Config(**t5)),
        "t5 1.1": T5ForConditionalGeneration(
            T5Config(**t5, tie_word_embeddings=False, feed_forward_proj="gated-gelu")
        ),
        "mt5": MT5ForConditionalGeneration(MT5Config(**t5)),
        "bart": BartForConditionalGeneration(BartConfig(**bart)),
        "mbart": MBartForConditionalGeneration(MBartConfig(**bart)),
    }


@pytest.mark.parametrize("kind", ["t5", "t5 1.1", "mt5", "bart", "mbart"])
def test_steps_on_the_cache_with_the_small_head_are_the_model_s_own_logits(kind):
    model = networks()[kind].eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.normal_()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    columns = [*range(20, 60), 1]
    texts = [[5, 6, 7, 1], [8, 1], [9, 10, 1]]
    session = TorchNetwork(model, columns, pad_id=0).open(texts)
    session.step(None)
    session.step(np.array([3, 4, 5]))
    session.keep(np.array([2, 0, 0]))

    found = session.step(np.array([7, 8, 9]))

    for row, (text, written) in enumerate([(2, [5, 7]), (0, [3, 8]), (0, [3, 9])]):
        begun = torch.tensor([[model.config.decoder_start_token_id, *(columns[column] for column in written)]])
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([texts[text]]), decoder_input_ids=begun).logits
        assert found[row] == pytest.approx(logits[0, -1, columns].numpy(), abs=1e-3)
    assert model.get_output_embeddings().weight.shape[0] == 60
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_what_was_saved_is_loaded_and_set_overrides_it(model_folder, tmp_path):
    student = load_student(model_folder)
    student = make_student(
        student.model,
        student.tokenizer,
        student.vocabulary,
        DecodingConfig(method="mbr", length="calibrated", max_emojis=3, seed=4),
        source="test",
        commit=None,
        calibration=dataclasses.replace(biased(0.0), method="mbr", scale=1.4, size=3.2),
    )
    student.model.save_pretrained(tmp_path)
    student.tokenizer.save_pretrained(tmp_path)
    student.save_decoding(tmp_path)

    loaded = load_student(tmp_path)

    assert (loaded.settings, loaded.calibration) == (student.settings, student.calibration)
    assert (loaded.settings.scale, loaded.settings.size, loaded.settings.max_emojis) == (1.4, 3.2, 3)
    assert loaded.predict(TEXTS) == student.predict(TEXTS)
    changed = load_student(tmp_path, overrides=["decoding.method=greedy", "decoding.length=model"])
    assert (changed.settings.method, changed.settings.seed, changed.settings.scale) == ("greedy", 4, Settings().scale)
    with pytest.raises(ConfigError, match="its calibration is for 'mbr'"):
        load_student(tmp_path, overrides=["decoding.method=greedy"])
    with pytest.raises(ConfigError, match=r"command line: unknown key decoding\.beams"):
        load_student(tmp_path, overrides=["decoding.beams=4"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expecting property name"),
        ("[]", "schema version 1 is known"),
        ('{"schema_version": 2, "decoding": {}}', "schema version 1 is known"),
        ('{"schema_version": 1}', "decoding"),
        ('{"schema_version": 1, "decoding": {"method": "oracle"}}', "method 'oracle' is none of"),
        ('{"schema_version": 1, "decoding": {"max_emojis": 50}}', "not within 1 to 5"),
        ('{"schema_version": 1, "decoding": {"max_emojis": true}}', "max_emojis is True"),
        ('{"schema_version": 1, "decoding": {"colour": 1}}', "unknown key colour"),
        ('{"schema_version": 1, "decoding": {}, "calibration": {"method": 1}}', r"calibration\.method is 1"),
    ],
)
def test_a_damaged_decoding_file_is_an_error_that_names_it(model_folder, tmp_path, text, message):
    shutil.copytree(model_folder, tmp_path / "m")
    (tmp_path / "m" / FILE_NAME).write_text(text, encoding="utf-8")

    with pytest.raises(StudentError, match=message):
        load_student(tmp_path / "m")


@pytest.mark.parametrize(
    "given",
    [
        {"method": "beam"},
        {"method": "mbr", "num_beams": 4},
        {"samples": 8},
        {"method": "sample", "temperature": 0.0},
        {"diversity_penalty": -1.0},
        {"seed": -1},
    ],
)
def test_settings_that_do_not_go_together_are_refused(given):
    with pytest.raises(ConfigError, match=r"^decoding"):
        DecodingConfig(**given)


def test_candidates_are_lawful_and_begin_with_the_answer(model_folder):
    student = load_student(model_folder)

    found = student.candidates(TEXTS[2], 5)

    assert len(found) == 5
    assert found[0].emojis == student.predict([TEXTS[2]])[0]
    assert_lawful([one.emojis for one in found])


def test_the_processor_needs_no_help_from_the_generation_config(new):
    rule = EmojiOnly(new.vocabulary, min_emojis=2, max_emojis=3)
    first, second, third = list(new.vocabulary.emoji_of)[:3]
    eos, start = new.vocabulary.eos_id, new.vocabulary.pad_id
    scores = torch.zeros(1, len(new.tokenizer))

    def allowed(*written: int) -> set[int]:
        row = rule(torch.tensor([[start, *written]]), scores)[0]
        return set(torch.isfinite(row).nonzero().flatten().tolist())

    everything = set(new.vocabulary.emoji_of)
    assert allowed() == everything
    assert allowed(first) == everything - {first}
    assert allowed(first, second) == everything - {first, second} | {eos}
    assert allowed(first, second, third) == {eos}


def test_greedy_with_beams_is_beam_search_as_in_recipes_that_know_no_method() -> None:
    assert DecodingConfig(num_beams=4) == DecodingConfig(method="beam", num_beams=4)
