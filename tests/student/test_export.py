"""Exports of a tiny student with random weights, made, loaded and asked for real."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from emojit.cli.app import main
from emojit.errors import MissingExtraError, StudentError, UsageError
from emojit.student import load_student
from emojit.student.decoding import Settings, answers
from emojit.student.export import export, find_records, load_exported
from emojit.student.export.onnx_int8 import quantise, relative_error, rungs
from emojit.student.export.onnx_network import OnnxNetwork
from emojit.student.rows import encode_texts

SETTINGS = (
    Settings(),
    Settings(min_emojis=2, max_emojis=4, end_bias=3.0),
    Settings(method="beam", num_beams=3),
    Settings(method="diverse_beam", num_beams=2),
    Settings(method="sample", seed=3),
    Settings(method="mbr"),
    Settings(method="mbr", samples=4),
)


@pytest.fixture(scope="session")
def asked(texts) -> list[str]:
    return [*texts[:30], "", "😊🎉", "同じ文" * 80]


@pytest.fixture(scope="session")
def texts_file(asked, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("".join(f"{text}\n" for text in asked), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def exported(model_folder, texts_file, tmp_path_factory) -> Path:
    """A model folder with both exports beside the weights."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    shutil.copytree(model_folder, folder)
    for form in ("onnx", "ctranslate2"):
        export(folder, form, texts=texts_file)
    return folder


def ask(network, student, texts, settings):
    ids = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens).input_ids
    return [answer for start in range(0, len(ids), 8) for answer in answers(network, ids[start : start + 8], settings)]


@pytest.mark.parametrize("form", ["onnx", "ctranslate2"])
def test_torch_keeps_its_threads_whatever_exports_are_opened(exported, asked, monkeypatch, form):
    """Else a training in the same process, one that goes on after a crash say, would end with other last bits."""
    import torch

    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", str(before + 2))
    opened = []
    for _ in range(2):  # CTranslate2 leaves the threads alone when the first of a process is opened
        opened.append(load_exported(exported, form))
        opened[-1].answer(asked[:2])

    assert torch.get_num_threads() == before


@pytest.mark.parametrize("form", ["onnx", "ctranslate2"])
def test_an_export_answers_as_the_original_by_every_method(exported, asked, form):
    original, student = load_student(exported), load_exported(exported, form)
    for settings in SETTINGS:
        expected = ask(original.network(), original, asked, settings)
        assert ask(student.network(), student, asked, settings) == expected, settings.method
    assert student.answer(asked).emojis == original.answer(asked).emojis
    assert [choice.emojis for choice in student.candidates(asked[0])] == [
        choice.emojis for choice in original.candidates(asked[0])
    ]


def test_an_export_says_how_it_was_checked_and_of_what_it_was_made(exported, asked):
    onnx, ctranslate2 = find_records(exported)
    assert (onnx.format, ctranslate2.format) == ("onnx", "ctranslate2")
    assert onnx.check.passed
    assert onnx.check.texts == onnx.check.equal == len({text for text in asked if text.strip()})
    assert onnx.precision == "float32"
    assert list(onnx.weights) == ["model.safetensors"]
    assert sorted(onnx.files) == ["decoder.onnx", "encoder.onnx"]
    assert str(exported) not in (exported / "onnx" / "export.json").read_text(encoding="utf-8")


def test_the_head_of_an_export_has_the_permitted_columns_alone(exported):
    import onnx

    outputs = onnx.load(exported / "onnx" / "decoder.onnx").graph.output
    student = load_exported(exported, "onnx")
    assert outputs[0].type.tensor_type.shape.dim[1].dim_value == len(student.vocabulary.id_of) + 1


def test_the_command_line_gives_the_same_answers_by_every_backend(exported, capsys, monkeypatch, asked):
    said = []
    for backend in ("transformers", "onnx", "ctranslate2"):
        monkeypatch.setattr(
            "sys.argv", ["emojit", "predict", "--model", str(exported), "--backend", backend, *asked[:3]]
        )
        with pytest.raises(SystemExit) as exit_:
            main()
        assert exit_.value.code == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] == said[2]
    assert said[0].startswith(asked[0])


@pytest.fixture
def damaged(exported, tmp_path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "model"))


def test_a_damaged_export_is_refused(damaged):
    path = damaged / "onnx" / "decoder.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StudentError, match=r"decoder\.onnx: damaged"):
        load_exported(damaged, "onnx")
    path.unlink()
    with pytest.raises(StudentError, match=r"decoder\.onnx is missing"):
        load_exported(damaged, "onnx")
    (damaged / "onnx" / "export.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StudentError, match=r"export\.json: cannot be read"):
        load_exported(damaged, "onnx")


def test_an_export_of_other_weights_is_refused(damaged):
    with (damaged / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(StudentError, match="other weights") as caught:
        load_exported(damaged, "ctranslate2")
    assert caught.value.hint == f"emojit export {damaged} --to ctranslate2"


def test_a_model_without_an_export_says_how_to_make_one(model_folder):
    with pytest.raises(StudentError, match="no folder onnx/") as caught:
        load_exported(model_folder, "onnx")
    assert caught.value.hint == f"emojit export {model_folder} --to onnx"


def test_an_export_that_answers_otherwise_is_not_kept_unless_forced(
    model_folder, texts_file, tmp_path, capsys, monkeypatch
):
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    command = ["emojit", "export", str(folder), "--to", "ctranslate2", "--int8", "--texts", str(texts_file)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 1
    assert "98% are asked for" in capsys.readouterr().err
    assert sorted(folder.iterdir()) == sorted(folder / path.name for path in model_folder.iterdir())
    monkeypatch.setattr("sys.argv", [*command, "--force", "--json"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] is False
    assert said["equal"] < 0.98 * said["texts"]
    assert load_exported(folder, "ctranslate2").record.check.equal == said["equal"]


def test_an_export_stands_alone_in_a_folder_without_weights(model_folder, texts_file, tmp_path, asked):
    out = tmp_path / "alone"
    result = export(model_folder, "ctranslate2", out=out, texts=texts_file)
    assert result.folder == out / "ctranslate2"
    assert not list(out.glob("*.safetensors"))
    assert load_exported(out, "ctranslate2").predict(asked) == load_student(model_folder).predict(asked)
    with pytest.raises(UsageError, match="not an empty folder"):
        export(model_folder, "ctranslate2", out=out)
    with pytest.raises(UsageError, match="needs a folder"):
        export("you/student", "ctranslate2")


def test_the_rungs_of_int8_go_from_everything_to_little(exported, tmp_path, asked):
    ladder = rungs(exported / "onnx")
    student = load_student(exported)
    ids = encode_texts(student.tokenizer, asked, max_tokens=128).input_ids
    whole = student.network().open(ids).step(None)
    errors = []
    for number, rung in enumerate((ladder[0], ladder[-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        quantise(exported / "onnx", folder, rung)
        small = OnnxNetwork(folder, pad_id=student.vocabulary.pad_id, emojis=len(student.vocabulary.id_of))
        errors.append(float(np.abs(small.open(ids).step(None) - whole).max()))
    assert 0 < errors[1] < errors[0] < 0.2 * float(np.abs(whole).max())
    assert len(ladder[-1].kept) > len(ladder[0].kept)


def test_a_matrix_with_outliers_has_a_large_error_in_int8():
    matrix = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    assert 0.005 < relative_error(matrix) < 0.01
    assert relative_error(matrix + 100 * np.eye(64, dtype=np.float32)) > 0.015
    assert relative_error(np.zeros((4, 4), np.float32)) == 0


def test_a_missing_runtime_names_the_extra(model_folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="not installed: onnxruntime") as caught:
        load_exported(model_folder, "onnx")
    assert caught.value.hint == "pip install 'emojit[onnx]'"
    with pytest.raises(MissingExtraError, match="ctranslate2") as caught:
        export(model_folder, "ctranslate2")
    assert caught.value.hint == "pip install 'emojit[ctranslate2,train]'"
