"""One to five distinct inventory emoji, whatever the weights say: through our processor and through plain `generate`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from emojit.emoji import INVENTORY
from emojit.recipe import DecodingConfig
from emojit.student.decoding import EmojiOnly
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


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize(("fewest", "most"), [(1, 5), (3, 5), (1, 1), (5, 5), (2, 3)])
def test_random_weights_answer_lawfully(model_folder, beams, fewest, most):
    student = load_student(model_folder)
    student = make_student(
        student.model,
        student.tokenizer,
        student.vocabulary,
        DecodingConfig(min_emojis=fewest, max_emojis=most, num_beams=beams),
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


def test_our_processor_and_plain_generate_choose_the_same(model_folder):
    student = load_student(model_folder)
    shake(student, 7)
    inputs = student.tokenizer(TEXTS, return_tensors="pt", padding=True)

    plain = student.model.eval().generate(**inputs)

    assert [student.vocabulary.decode(row) for row in plain.tolist()] == student.predict(TEXTS)


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
