"""Silver rows with the mean of a baseline's scores and a student's."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil

import pytest
import torch
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.dataset.silver_record import SilverRecord, read_record, record_path, silver_file, write_record
from emojit.errors import StudentError, UsageError
from emojit.student import load_student
from emojit.student.mean_scores import MOST, average_scores

ROWS = [
    {"text": "おにぎりがおいしい", "emojis": ["🍙", "😋"], "scores": {"🍙": 0.9, "😋": 0.5, "🍚": 0.2}},
    {"text": "雨が降ってきたので家に帰る", "emojis": ["☔"], "scores": {"☔": 1.4}},
    {"text": "電車に乗った", "emojis": ["🚃", "🚉", "😊"]},
]
MEAN = 2.0  # emoji of an answer


@pytest.fixture(scope="module")
def student(model_folder):
    return load_student(model_folder)


@pytest.fixture
def silver(tmp_path):
    path = tmp_path / "silver.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def chances(student, text):
    """Probability of each emoji as the first one, by a plain forward pass."""
    inputs = student.tokenizer(text, return_tensors="pt")
    start = torch.tensor([[student.model.config.decoder_start_token_id]])
    with torch.no_grad():
        logits = student.model(**inputs, decoder_input_ids=start).logits[0, 0]
    ids = list(student.vocabulary.emoji_of)
    return dict(zip(student.vocabulary.emoji_of.values(), torch.softmax(logits[ids], -1).tolist(), strict=True))


@pytest.mark.parametrize("weight", [0.25, 0.5])
def test_scores_are_the_mean_and_the_answer_is_its_best(student, silver, tmp_path, weight):
    out = tmp_path / "second.jsonl"

    assert average_scores(silver, student, out, weight=weight, quiet=True) == 3

    for before, after in zip(ROWS, read(out), strict=True):
        given = before.get("scores") or dict.fromkeys(before["emojis"], 1.0)
        first = chances(student, before["text"])
        own = sorted(first, key=lambda emoji: -first[emoji])[:MOST]
        assert after["text"] == before["text"]
        assert 1 <= len(after["scores"]) <= MOST
        for emoji, value in after["scores"].items():
            mine = min(1.0, MEAN * first[emoji]) if emoji in own else 0.0
            assert value == pytest.approx((1 - weight) * min(1.0, given.get(emoji, 0.0)) + weight * mine, abs=2e-4)
        assert list(after["scores"].values()) == sorted(after["scores"].values(), reverse=True)
        assert after["emojis"] == list(after["scores"])[: len(before["emojis"])]


def test_the_record_goes_along_and_names_the_student_and_no_path(student, silver, tmp_path, model_folder):
    record = SilverRecord(
        sha256=hashlib.sha256(silver.read_bytes()).hexdigest(), baseline="linear", data={"name": "builds"}, corpus=None,
        licence="cc-by-sa-4.0", rows={"posts": 3}, parts=2, seed=0, versions={}, code={},
    )  # fmt: skip
    write_record(silver, record)
    out = tmp_path / "second.jsonl"

    average_scores(silver, student, out, quiet=True)

    found = read_record(out)  # checks the digest
    assert found is not None
    assert (found.licence, found.baseline) == ("cc-by-sa-4.0", "linear")
    assert found.student == {
        "name": model_folder.name,
        "commit": None,
        "weights_sha256": hashlib.sha256((model_folder / "model.safetensors").read_bytes()).hexdigest(),
        "weight": 0.5,
    }
    assert str(tmp_path) not in record_path(out).read_text(encoding="utf-8")


def test_the_same_call_gives_the_same_bytes_and_a_file_without_a_record_stays_without(student, silver, tmp_path):
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"

    average_scores(silver, student, one, quiet=True)
    average_scores(silver, student, other, quiet=True)

    assert one.read_bytes() == other.read_bytes()
    assert read_record(one) is None
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("weight", [0.0, 1.0, -0.5, float("nan")])
def test_a_weight_that_leaves_one_of_them_out_is_refused(student, silver, tmp_path, weight):
    with pytest.raises(UsageError, match="--weight must lie between 0 and 1"):
        average_scores(silver, student, tmp_path / "second.jsonl", weight=weight, quiet=True)


def test_the_file_that_is_read_is_not_written(student, silver):
    before = silver.read_bytes()

    with pytest.raises(UsageError, match="is the file that is read"):
        average_scores(silver, student, silver, quiet=True)

    assert silver.read_bytes() == before


def test_a_line_that_is_no_pair_is_named_and_nothing_is_left_behind(student, silver, tmp_path):
    silver.write_text('{"text": "雨だ", "emojis": ["☔"]}\n{"text": 3}\n', encoding="utf-8")

    with pytest.raises(StudentError, match=r"silver\.jsonl:2: no text with emoji"):
        average_scores(silver, student, tmp_path / "second.jsonl", quiet=True)

    assert [path.name for path in tmp_path.iterdir()] == ["silver.jsonl"]


@pytest.mark.parametrize("lines", ["", "\n", '{"text": "雨だ", "emojis": []}\n'])
def test_a_file_without_any_emoji_is_refused(student, silver, tmp_path, lines):
    silver.write_text(lines, encoding="utf-8")

    with pytest.raises(StudentError, match=r"silver\.jsonl: no text with emoji in \d lines"):
        average_scores(silver, student, tmp_path / "second.jsonl", quiet=True)

    assert not (tmp_path / "second.jsonl").exists()


def test_a_text_without_emoji_stays_without(student, silver, tmp_path):
    with silver.open("a", encoding="utf-8") as file:
        file.write('{"text": "はい", "emojis": []}\n')

    average_scores(silver, student, tmp_path / "second.jsonl", quiet=True)

    assert read(tmp_path / "second.jsonl")[-1]["emojis"] == []


def test_only_an_error_at_the_file_itself_is_said_to_be_one_of_out(tmp_path):
    with pytest.raises(FileNotFoundError, match="corpus"), silver_file(tmp_path / "out.jsonl"):
        (tmp_path / "corpus.jsonl").open()
    with pytest.raises(UsageError, match=r"--out .*cannot be written"), silver_file(tmp_path / "no" / "out.jsonl"):
        pass
    with pytest.raises(UsageError, match=r"--out .*cannot be written \(No space"), silver_file(tmp_path / "out.jsonl"):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert not list(tmp_path.iterdir())


def test_a_baseline_is_no_student(silver, tmp_path):
    (tmp_path / "linear").mkdir()
    (tmp_path / "linear" / "baseline.json").write_text("{}", encoding="utf-8")

    said = CliRunner().invoke(
        app,
        [
            "baseline",
            "average",
            str(silver),
            "--student",
            str(tmp_path / "linear"),
            "--out",
            str(tmp_path / "o.jsonl"),
        ],
    )

    assert said.exit_code == 1
    assert "no config.json, so this is no model" in str(said.exception)
    assert not (tmp_path / "o.jsonl").exists()


def test_the_command_writes_what_the_function_does(student, silver, tmp_path, model_folder):
    wanted, out = tmp_path / "wanted.jsonl", tmp_path / "second.jsonl"
    average_scores(silver, student, wanted, weight=0.3, quiet=True)

    said = CliRunner().invoke(
        app,
        ["baseline", "average", str(silver), "--student", str(shutil.copytree(model_folder, tmp_path / "m")),
         "--weight", "0.3", "--out", str(out)],
    )  # fmt: skip

    assert said.exit_code == 0, said.output
    assert "3 rows" in said.output
    assert out.read_bytes() == wanted.read_bytes()
