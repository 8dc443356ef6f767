"""`emojit train`: the command around `emojit.student.train`."""

from __future__ import annotations

import json
import sys

import pytest

from emojit.cli import app
from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.recipe import TrainRecipe, load
from emojit.resources import resource

RECIPE = """
name = "tiny"
[model]
vocab_size = 2000
d_model = 16
d_ff = 16
num_layers = 1
num_heads = 2
[train]
epochs = 1
batch_size = 8
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "tiny-build"
    lines = iter(resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines())
    for split, size in (("train", 16), ("validation", 4), ("test", 4)):
        with TableWriter(folder / data_file(split), PAIR_COLUMNS) as table:
            for index in range(size):
                row = json.loads(next(lines))
                table.add(
                    {
                        "id": f"{split}-{index}",
                        "original_text": row["text"],
                        "sns_text": row["sns_text"],
                        "emojis": row["emojis"],
                        "licence": "CC0-1.0",
                    }
                )
    write_manifest(folder, {"name": "tiny"})
    return folder


@pytest.fixture
def emojit(tmp_path, monkeypatch, capsys):
    """Run `emojit train` in this process and in an empty folder; return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(RECIPE, encoding="utf-8")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["emojit", "train", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


def test_json_prints_exactly_one_object_and_the_run_is_there(emojit, build, tmp_path):
    code, out, err = emojit("tiny.toml", "--dataset", build, "--out", "run", "--set", "train.seed=7", "--json")

    result = json.loads(out)
    assert code == 0, err
    assert result["out"] == "run"
    assert result["seed"] == 7
    assert (
        json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["validation"] == result["validation"]
    )


def test_the_same_command_twice_is_refused_with_a_hint(emojit, build):
    code, out, err = emojit("tiny.toml", "--dataset", build, "--out", "run")
    assert code == 0, err
    assert out.splitlines()[0].startswith("validation Jaccard 0.")
    assert out.splitlines()[-1] == f"next: emojit evaluate --model run --dataset {build}"

    code, out, err = emojit("tiny.toml", "--dataset", build, "--out", "run")

    assert code == 2
    assert err == "error: run holds a finished run\nhint: give a new folder as --out\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny.toml", "--set", "train.epoch=3"], "unknown key train.epoch\nhint: valid keys: epochs"),
        (["tiny.toml", "--set", "train.epochs=many"], "train.epochs must be a number, got 'many'"),
        (["nothing.toml"], "error: nothing.toml: no such recipe"),
        (["tiny.toml"], "error: no data set is named\nhint: give --dataset"),
        (["tiny.toml", "--dataset", "x", "--resume"], "error: nothing to resume"),
        (["tiny.toml", "--set", "decoding.min_emojis=4", "--set", "decoding.max_emojis=3"], "need 1 <= min_emojis"),
    ],
)
def test_wrong_usage_is_one_line_with_a_hint_and_exit_code_two(emojit, arguments, message):
    code, out, err = emojit(*arguments)

    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_a_missing_data_set_is_an_error(emojit):
    code, _out, err = emojit("tiny.toml", "--dataset", "./nothing")

    assert code == 1
    assert err.startswith("error: ./nothing: no such folder")


def test_the_packaged_recipes_load_and_differ_where_it_matters():
    demo, real = load(TrainRecipe, "demo"), load(TrainRecipe, "t5-base-japanese")

    assert demo.model.base is None
    assert real.model.base == "sonoisa/t5-base-japanese"
    assert real.train.bf16


def test_a_base_model_that_cannot_be_used_leaves_no_run_folder_behind(emojit, build, tmp_path):
    code, _out, err = emojit("tiny.toml", "--dataset", build, "--out", "run", "--set", "model.base=./nothing")

    assert code == 1
    assert "nothing" in err
    assert not (tmp_path / "run").exists()
