"""`emojit predict`: texts from arguments, files and stdin."""

from __future__ import annotations

import io
import json
import sys

import pytest

from emojit.cli import app


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny student with random weights."""
    import torch

    from emojit.recipe import DecodingConfig, ModelConfig
    from emojit.student.decoding import generation_config
    from emojit.student.model import new_student

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    new = new_student(ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2), ["雨が降る"])
    new.model.generation_config = generation_config(
        new.vocabulary, vocabulary_size=len(new.tokenizer), decoding=DecodingConfig()
    )
    new.model.save_pretrained(folder)
    new.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def emojit(model, monkeypatch, capsys):
    """Run `emojit predict --model …` in this process; return exit code, stdout and stderr."""

    def run(*arguments: object, stdin: str | None = None, model: object = model) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["emojit", "predict", "--model", str(model), *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


def test_texts_as_arguments_are_answered_one_line_each(emojit):
    code, out, _err = emojit("雨が降る", "晴れた")

    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert [line[0] for line in lines] == ["雨が降る", "晴れた"]
    assert all(1 <= len(line[1].split(" ")) <= 5 for line in lines)


def test_a_json_lines_file_keeps_its_fields_and_its_order(emojit, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": index, "body": "雨が降る" * (index % 7 + 1)} for index in range(80)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    code, out, _err = emojit("--input", source, "--field", "body", "--output", target)

    answered = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert code == 0
    assert [{"id": row["id"], "body": row["body"]} for row in answered] == rows
    assert all(1 <= len(row["emojis"]) <= 5 for row in answered)
    assert out == f"80 rows: {target}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_stdin_is_one_text_a_line_and_gives_json_lines(emojit):
    code, out, _err = emojit(stdin="雨が降る\n\n晴れた\n")

    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row["text"] for row in rows] == ["雨が降る", "", "晴れた"]
    assert [bool(row["emojis"]) for row in rows] == [True, False, True]  # nobody asks about an empty line


def test_json_lines_on_stdin_keep_their_fields(emojit):
    rows = [{"id": 7, "body": "雨が降る", "tags": [1]}, {"id": 8, "body": "晴れた"}]

    code, out, _err = emojit("--field", "body", stdin="".join(json.dumps(row) + "\n" for row in rows))

    answered = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert all(1 <= len(row.pop("emojis")) <= 5 for row in answered)
    assert answered == rows


def test_a_bad_line_on_stdin_is_named(emojit):
    code, out, err = emojit(stdin='{"text": "雨"}\n{oops\n')

    assert (code, out) == (2, "")
    assert err.startswith("error: stdin:2: no JSON")


def test_json_prints_exactly_one_object(emojit):
    code, out, _err = emojit("雨が降る", "--json")

    result = json.loads(out)
    assert code == 0
    assert result["rows"] == 1
    assert result["cut"] == 0
    assert list(result["predictions"][0]) == ["text", "emojis"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "missing.jsonl"], "error: --input missing.jsonl: cannot be read"),
        (["雨", "--input", "x.txt"], "error: give either texts or --input, not both"),
        (
            ["雨", "--output", "no/such/folder/out.jsonl"],
            "error: --output no/such/folder/out.jsonl: no file can be written",
        ),
        (["雨", "--resume"], "error: --resume goes on with a file, and no --output is named"),
        (["雨", "--answer-field", "text"], "error: --answer-field text: the text stands there"),
        (["雨", "--set", "decoding.methd=greedy"], "error: command line: unknown key decoding.methd"),
        (["雨", "--set", "decoding.samples=4"], "error: command line: decoding.samples 4 does not go with"),
    ],
)
def test_wrong_usage_is_one_line_with_a_hint_and_exit_code_two(emojit, arguments, message):
    code, out, err = emojit(*arguments)

    assert code == 2
    assert out == ""
    assert err.startswith(message)
    assert "\nhint: " in err
    assert "Traceback" not in err


def test_a_bad_line_is_named_and_nothing_is_written(emojit, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "雨"}\n{oops\n', encoding="utf-8")

    code, _out, err = emojit("--input", source, "--output", target)

    assert code == 2
    assert f"error: {source}:2: no JSON" in err
    assert not target.exists()


def test_a_folder_that_is_no_model_is_one_line_with_a_hint(emojit, tmp_path):
    code, _out, err = emojit("雨", model=tmp_path)

    assert code == 1
    assert err.startswith(f"error: {tmp_path}: no config.json, so this is no model\nhint: ")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ([], "晴れた\n雨\udcff\n", "stdin:2: no valid UTF-8 at character 2"),
        (["晴れた", "\udcff\udcfe"], None, "arguments, text 2: no valid UTF-8 at character 1"),
    ],
)
def test_a_text_that_is_no_utf_8_is_named_by_its_number(emojit, arguments, stdin, message):
    code, out, err = emojit(*arguments, stdin=stdin)

    assert (code, out) == (2, "")
    assert f"error: {message}" in err


def test_half_a_surrogate_pair_in_a_json_line_is_one_line_and_writes_nothing(emojit, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "晴れ"}\n{"text": "\\ud83d雨"}\n', encoding="utf-8")

    code, _out, err = emojit("--input", source, "--output", target)

    assert code == 2
    assert f"error: {source}:2: no valid UTF-8" in err
    assert not target.exists()


def test_set_reads_the_answers_otherwise(emojit):
    code, out, _err = emojit("雨が降る", "--set", "decoding.min_emojis=4", "--set", "decoding.max_emojis=4")

    assert code == 0
    assert len(out.strip().split("\t")[1].split(" ")) == 4
