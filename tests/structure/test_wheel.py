"""The wheel works by itself: installed in an environment of its own, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `emojit` command of an environment that holds the wheel, and the tests' own third-party packages by path.

    A path file gives the packages without the editable install of this checkout, whose own path file is not read that way.
    """
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "emojit"


def run(command, *arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(command), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_wheel_holds_templates_recipes_modules_sample_and_type_marker(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    for name in (
        "emojit/py.typed",
        "emojit/sample/articles.jsonl",
        "emojit/sample/replies.jsonl",
        "emojit/_resources/recipes/demo.toml",
        "emojit/_resources/recipes/experiments/v3-small.toml",
        "emojit/_resources/eval_modules/emoji_jaccard/emoji_jaccard.py",
        "emojit/_resources/spaces/demo/app.py",
        "emojit/_resources/spaces/demo/README.md.jinja",
    ):
        assert name in names
    assert any(name.startswith("emojit/_resources/dataset_cards/") for name in names)
    assert any(name.startswith("emojit/_resources/model_cards/") for name in names)


def test_the_installed_wheel_builds_a_data_set_trains_and_predicts_outside_the_checkout(installed, tmp_path):
    where = run(installed.with_name("python"), "-c", "import emojit; print(emojit.__file__)", cwd=tmp_path)
    assert str(ROOT) not in where.stdout

    shown = run(installed, "--help", cwd=tmp_path)
    built = run(installed, "build-dataset", "--out", "v1", "--json", cwd=tmp_path)
    small = ["train.epochs=1", "model.d_model=16", "model.d_ff=16", "model.num_layers=1"]
    small += ["data.max_train_rows=32", "data.emoji_name_rows=0"]
    sets = [argument for override in small for argument in ("--set", override)]
    trained = run(installed, "train", "demo", "--dataset", "v1", "--out", "run", *sets, "--json", cwd=tmp_path)
    predicted = run(installed, "predict", "--model", "run", "雨の日は家で本を読む", "--json", cwd=tmp_path)
    planned = run(installed, "experiment", "run", "v3-small", "--dry-run", "--jobs", "1", cwd=tmp_path)

    assert shown.returncode == 0
    assert "build-dataset" in shown.stdout
    assert built.returncode == 0, built.stderr
    assert trained.returncode == 0, trained.stderr
    assert predicted.returncode == 0, predicted.stderr
    assert planned.stdout.startswith("v3-small: 10 runs of 5 variants"), planned.stderr
    assert json.loads(predicted.stdout)
